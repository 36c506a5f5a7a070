import {
  DIGEST_BYTES,
  digestFromBytes,
  digestOf,
  digestToBytes,
  type EntryId,
  GstoreError,
  ID_BYTES,
  idToBytes,
  KEY_BYTES_MAX,
  keyIdFromBytes,
  LIST_PAGE_MAX,
  type NamedRecord,
  type NameIndex,
  type NameRecord,
  type Random,
  type SpaceId,
} from "@gstore/core";
import { NAMES_DELTA_RECORDS_MAX } from "./constants.ts";
import { storeClosed } from "./disk-errors.ts";
import type { ByteDatabase, OpenByteDatabase } from "./index/byte-database.ts";
import type { FolderCheckOptions } from "./index/folder-check.ts";
import { KeyValueIndex } from "./index/key-value-index.ts";
import { prefixEnd } from "./index/keys.ts";
import { SealedRows } from "./index/sealed-rows.ts";
import { SealedTree } from "./index/sealed-tree.ts";

const CURSOR_KEY: Uint8Array = Uint8Array.of(0x01);
const COUNT_TABLE = 0x02;
const NAME_TABLE = 0x03;
const CONFLICT_TABLE = 0x04;
const CONFLICT_COUNT_TABLE = 0x05;
const PRESENT: Uint8Array = Uint8Array.of(1);

type Change = Parameters<NameIndex["apply"]>[0][number];
type NamesPage = Parameters<NameIndex["list"]>[1];

export interface DiskNameIndexOptions extends FolderCheckOptions {
  /** 32 bytes. */
  readonly encryptionKey: Uint8Array;
  readonly random: Random;
  readonly openDatabase: OpenByteDatabase;
  /** Bytes that the disk of the folder has free. */
  readonly freeBytes: () => Promise<number>;
}

/**
 * Names on disk, sealed, under a delta in memory that is committed now and then, names and cursor together: a put waits
 * for no second disk write. What the key can't open, or what is damaged, begins empty.
 */
export class DiskNameIndex implements NameIndex {
  readonly #database: ByteDatabase;
  readonly #index: KeyValueIndex;
  readonly #path: string;
  #isClosed = false;

  private constructor(database: ByteDatabase, index: KeyValueIndex, path: string) {
    this.#database = database;
    this.#index = index;
    this.#path = path;
  }

  static async open(options: DiskNameIndexOptions): Promise<DiskNameIndex> {
    const { folder, encryptionKey, random, clock, freeBytes, checkBytesMax } = options;
    // Another key can open nothing here: the tag tells before it is tried.
    const tag = `names v3 ${keyed("gstore name index tag", encryptionKey)}`;
    const database = await options.openDatabase({ folder, clock, checkBytesMax, tag });
    const key = digestToBytes(keyed("gstore name index key", encryptionKey));
    const committed = new SealedTree(new SealedRows(database, { key, random }));
    const recordsMax = NAMES_DELTA_RECORDS_MAX;
    const index = new KeyValueIndex({ committed, folder, freeBytes, clock, recordsMax });
    return new DiskNameIndex(database, index, folder);
  }

  /** Resolves when the changes are seen by readers; they are committed a moment later. */
  async apply(changes: readonly Change[], cursor: string): Promise<(EntryId | null)[]> {
    const index = this.#opened();
    const counts = new CountChanges();
    const shownBefore: (EntryId | null)[] = [];
    for (const { space, name, record } of changes) {
      const key = nameKey(NAME_TABLE, space, name);
      const before = index.get(key);
      const known = before && decodeRecord(before);
      shownBefore.push(known?.entryId ?? null);
      const wasConflict = known?.isConflict === true;
      const isConflict = record?.isConflict === true;
      if (record !== null) index.put(key, encodeRecord(record));
      else if (before !== undefined) index.remove(key);
      if (isConflict && !wasConflict) index.put(nameKey(CONFLICT_TABLE, space, name), PRESENT);
      if (wasConflict && !isConflict) index.remove(nameKey(CONFLICT_TABLE, space, name));
      counts.add(COUNT_TABLE, space, Number(record !== null) - Number(before !== undefined));
      counts.add(CONFLICT_COUNT_TABLE, space, Number(isConflict) - Number(wasConflict));
    }
    for (const { table, space, by } of counts.all()) this.#step(countKey(table, space), by);
    index.put(CURSOR_KEY, Buffer.from(cursor));
    await index.room();
    return shownBefore;
  }

  cursor(): string | null {
    const value = this.#opened().get(CURSOR_KEY);
    return value ? Buffer.from(value).toString() : null;
  }

  clear(): Promise<void> {
    return this.#opened().clear();
  }

  get(space: SpaceId, name: string): NamedRecord | undefined {
    const value = this.#opened().get(nameKey(NAME_TABLE, space, name));
    return value && { name, ...decodeRecord(value) };
  }

  list(space: SpaceId, options: NamesPage): NamedRecord[] {
    return this.#page(NAME_TABLE, space, options).map(([name, value]) => ({ name, ...decodeRecord(value) }));
  }

  count(space: SpaceId): number {
    return this.#number(countKey(COUNT_TABLE, space));
  }

  conflicts(space: SpaceId, options: NamesPage): NamedRecord[] {
    return this.#page(CONFLICT_TABLE, space, options).flatMap(([name]) => this.get(space, name) ?? []);
  }

  conflictCount(space: SpaceId): number {
    return this.#number(countKey(CONFLICT_COUNT_TABLE, space));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#index.close();
    // What can't be committed now is read from the entries at the next opening.
    await this.#index.commit().catch(() => undefined);
    await this.#database.close({ isConsistent: true });
  }

  #page(table: number, space: SpaceId, options: NamesPage): [name: string, value: Uint8Array][] {
    const { prefix, after } = options;
    const limit = Math.min(options.limit, LIST_PAGE_MAX);
    const prefixKey = nameKey(table, space, prefix);
    const afterKey =
      after === "" ? prefixKey : Buffer.concat([cursorKey(table, space, after), Uint8Array.of(0)]);
    const start = Buffer.compare(afterKey, prefixKey) > 0 ? afterKey : prefixKey;
    const nameAt = 1 + ID_BYTES.space;
    return this.#opened()
      .range(start, prefixEnd(prefixKey), limit)
      .map(([key, value]) => [Buffer.from(key).toString("utf8", nameAt), value]);
  }

  #number(key: Uint8Array): number {
    const value = this.#opened().get(key);
    return value ? Number(Buffer.from(value).toString()) : 0;
  }

  #step(key: Uint8Array, by: number): void {
    if (by !== 0) this.#opened().put(key, Buffer.from(String(this.#number(key) + by)));
  }

  #opened(): KeyValueIndex {
    if (this.#isClosed) throw storeClosed(this.#path);
    return this.#index;
  }
}

/** Sums up how counts of spaces change, so that each is written once. */
class CountChanges {
  readonly #sums = new Map<string, { readonly table: number; readonly space: SpaceId; by: number }>();

  add(table: number, space: SpaceId, by: number): void {
    if (by === 0) return;
    const sum = this.#sums.get(`${table} ${space}`) ?? { table, space, by: 0 };
    sum.by += by;
    this.#sums.set(`${table} ${space}`, sum);
  }

  all(): Iterable<{ readonly table: number; readonly space: SpaceId; readonly by: number }> {
    return this.#sums.values();
  }
}

function keyed(purpose: string, key: Uint8Array): ReturnType<typeof digestOf> {
  return digestOf(Buffer.concat([Buffer.from(`${purpose}\0`), key]));
}

function countKey(table: number, space: SpaceId): Uint8Array {
  return Buffer.concat([Uint8Array.of(table), idToBytes(space)]);
}

function nameKey(table: number, space: SpaceId, name: string): Uint8Array {
  const bytes = Buffer.from(name);
  if (bytes.length > KEY_BYTES_MAX) {
    throw new GstoreError("INVALID_KEY", `A key has at most ${KEY_BYTES_MAX} bytes.`, {
      limit: KEY_BYTES_MAX,
    });
  }
  return Buffer.concat([Uint8Array.of(table), idToBytes(space), bytes]);
}

/** Where a listing goes on: may be longer than any name, and is cut to what a name can differ in and one byte more. */
function cursorKey(table: number, space: SpaceId, after: string): Uint8Array {
  const bytes = Buffer.from(after).subarray(0, KEY_BYTES_MAX + 1);
  return Buffer.concat([Uint8Array.of(table), idToBytes(space), bytes]);
}

function encodeRecord(record: NameRecord): Uint8Array {
  const flags = Uint8Array.of(Number(record.isConflict));
  return Buffer.concat([idToBytes(record.keyId), digestToBytes(record.entryId), flags, record.summary]);
}

function decodeRecord(value: Uint8Array): NameRecord {
  const entryIdAt = ID_BYTES.key;
  const flagsAt = entryIdAt + DIGEST_BYTES;
  return {
    keyId: keyIdFromBytes(value.subarray(0, entryIdAt)),
    entryId: digestFromBytes(value.subarray(entryIdAt, flagsAt)),
    isConflict: value[flagsAt] === 1,
    summary: value.subarray(flagsAt + 1),
  };
}
