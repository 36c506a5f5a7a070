import {
  DIGEST_BYTES,
  digestFromBytes,
  digestOf,
  digestToBytes,
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

type Change = Parameters<NameIndex["apply"]>[0][number];

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
    const tag = `names v2 ${keyed("gstore name index tag", encryptionKey)}`;
    const database = await options.openDatabase({ folder, clock, checkBytesMax, tag });
    const key = digestToBytes(keyed("gstore name index key", encryptionKey));
    const committed = new SealedTree(new SealedRows(database, { key, random }));
    const recordsMax = NAMES_DELTA_RECORDS_MAX;
    const index = new KeyValueIndex({ committed, folder, freeBytes, clock, recordsMax });
    return new DiskNameIndex(database, index, folder);
  }

  /** Resolves when the changes are seen by readers; they are committed a moment later. */
  async apply(changes: readonly Change[], cursor: string): Promise<void> {
    const index = this.#opened();
    const counts = new Map<SpaceId, number>();
    for (const { space, name, record } of changes) {
      const key = nameKey(space, name);
      const isThere = index.get(key) !== undefined;
      if (record !== null) index.put(key, encodeRecord(record));
      else if (isThere) index.remove(key);
      const step = Number(record !== null) - Number(isThere);
      if (step !== 0) counts.set(space, (counts.get(space) ?? this.count(space)) + step);
    }
    for (const [space, count] of counts) index.put(countKey(space), Buffer.from(String(count)));
    index.put(CURSOR_KEY, Buffer.from(cursor));
    await index.room();
  }

  cursor(): string | null {
    const value = this.#opened().get(CURSOR_KEY);
    return value ? Buffer.from(value).toString() : null;
  }

  clear(): Promise<void> {
    return this.#opened().clear();
  }

  get(space: SpaceId, name: string): NamedRecord | undefined {
    const value = this.#opened().get(nameKey(space, name));
    return value && { name, ...decodeRecord(value) };
  }

  list(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[] {
    const { prefix, after } = options;
    const limit = Math.min(options.limit, LIST_PAGE_MAX);
    const prefixKey = nameKey(space, prefix);
    const afterKey = after === "" ? prefixKey : Buffer.concat([cursorKey(space, after), Uint8Array.of(0)]);
    const start = Buffer.compare(afterKey, prefixKey) > 0 ? afterKey : prefixKey;
    const nameAt = 1 + ID_BYTES.space;
    return this.#opened()
      .range(start, prefixEnd(prefixKey), limit)
      .map(([key, value]) => ({
        name: Buffer.from(key).toString("utf8", nameAt),
        ...decodeRecord(value),
      }));
  }

  count(space: SpaceId): number {
    const value = this.#opened().get(countKey(space));
    return value ? Number(Buffer.from(value).toString()) : 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#index.close();
    // What can't be committed now is read from the entries at the next opening.
    await this.#index.commit().catch(() => undefined);
    await this.#database.close({ isConsistent: true });
  }

  #opened(): KeyValueIndex {
    if (this.#isClosed) throw storeClosed(this.#path);
    return this.#index;
  }
}

function keyed(purpose: string, key: Uint8Array): ReturnType<typeof digestOf> {
  return digestOf(Buffer.concat([Buffer.from(`${purpose}\0`), key]));
}

function countKey(space: SpaceId): Uint8Array {
  return Buffer.concat([Uint8Array.of(COUNT_TABLE), idToBytes(space)]);
}

function nameKey(space: SpaceId, name: string): Uint8Array {
  const bytes = Buffer.from(name);
  if (bytes.length > KEY_BYTES_MAX) {
    throw new GstoreError("INVALID_KEY", `A key has at most ${KEY_BYTES_MAX} bytes.`, {
      limit: KEY_BYTES_MAX,
    });
  }
  return Buffer.concat([Uint8Array.of(NAME_TABLE), idToBytes(space), bytes]);
}

/** Where a listing goes on: may be longer than any name, and is cut to what a name can differ in and one byte more. */
function cursorKey(space: SpaceId, after: string): Uint8Array {
  const bytes = Buffer.from(after).subarray(0, KEY_BYTES_MAX + 1);
  return Buffer.concat([Uint8Array.of(NAME_TABLE), idToBytes(space), bytes]);
}

function encodeRecord(record: NameRecord): Uint8Array {
  return Buffer.concat([idToBytes(record.keyId), digestToBytes(record.entryId), record.summary]);
}

function decodeRecord(value: Uint8Array): NameRecord {
  const entryIdAt = ID_BYTES.key;
  const summaryAt = entryIdAt + DIGEST_BYTES;
  return {
    keyId: keyIdFromBytes(value.subarray(0, entryIdAt)),
    entryId: digestFromBytes(value.subarray(entryIdAt, summaryAt)),
    summary: value.subarray(summaryAt),
  };
}
