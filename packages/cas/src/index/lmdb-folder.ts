import { mkdir, open as openFile, rm, statfs } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { GstoreError, isGstoreError } from "@gstore/core";
import {
  FREE_BYTES_MIN,
  INDEX_DOUBTS_MAX,
  INDEX_PROOF_PAUSE_MS,
  INDEX_PROOF_STEP_RECORDS,
} from "../constants.ts";
import { diskError, storeFull } from "../disk-errors.ts";
import type { ByteDatabase, ByteDatabaseOptions } from "./byte-database.ts";
import { checkFolder, dataPath, type FolderVerdict, fileDigest, sizeOf } from "./folder-check.ts";
import { type FolderState, readFolderState, writeFolderState } from "./folder-state.ts";
import { keyAfter } from "./keys.ts";
import { LmdbMap } from "./lmdb-map.ts";

/**
 * A {@link ByteDatabase} in an LMDB file. LMDB trusts its pages: on a truncated or garbled file it kills the process by
 * SIGBUS, SIGSEGV or an assertion, or gives other values. So the file is checked before it is opened (`folder-check.ts`),
 * every value carries a check sum, and what was not checked as a whole is looked at bit by bit while it is in use.
 * What is found unusable is emptied.
 */
export class LmdbFolder implements ByteDatabase {
  readonly isNew: boolean;
  readonly #options: ByteDatabaseOptions;
  readonly #map: LmdbMap;
  #state: FolderState;
  /** Changes of the state file, one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #cancelProof: () => void = () => {};

  private constructor(
    options: ByteDatabaseOptions,
    opened: { map: LmdbMap; state: FolderState; verdict: FolderVerdict },
  ) {
    this.#options = options;
    this.#map = opened.map;
    this.#state = opened.state;
    this.isNew = opened.verdict === "unusable";
    if (opened.verdict === "doubtful") this.#prove(FIRST_KEY);
  }

  static async open(options: ByteDatabaseOptions): Promise<LmdbFolder> {
    const { folder, tag, clock } = options;
    try {
      const known = options.startsEmpty === true ? undefined : await readFolderState(folder);
      const verdict = known?.tag === tag ? await checkFolder(known, options) : "unusable";
      if (verdict === "unusable") await emptyFolder(folder);
      const bytes = (await sizeOf(dataPath(folder))) ?? 0;
      const doubts = verdict === "doubtful" ? (known?.doubts ?? 0) + 1 : 0;
      // Until all of it was looked at it counts as never proven.
      const provenMs = verdict === "doubtful" ? 0 : verdict === "good" ? (known?.provenMs ?? 0) : clock.now();
      const state: FolderState = { tag, closedDigest: null, bytes, doubts, provenMs };
      await writeFolderState(folder, state);
      return new LmdbFolder(options, { map: await LmdbMap.open(folder, clock), state, verdict });
    } catch (cause) {
      throw isGstoreError(cause) ? cause : diskError(cause, folder);
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#map.database().get(key);
    return stored && this.#checked(key, stored);
  }

  borrow(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#map.database().getBinaryFast(key);
    return stored?.subarray(0, Math.max(0, stored.length - CHECK_BYTES));
  }

  *range(options: { start: Uint8Array; end: Uint8Array }): Generator<ByteRecord> {
    const use = this.#map.use();
    try {
      for (const { key, value } of use.database.getRange(options))
        yield { key, value: this.#checked(key, value) };
    } finally {
      use.end();
    }
  }

  async clear(): Promise<void> {
    const use = this.#map.use();
    try {
      await use.database.clearAsync();
    } finally {
      use.end();
    }
  }

  /** Makes changes as one transaction and resolves when it is synced. Rejects with `STORE_FULL`, or the system's or LMDB's error. */
  async writeBatch(changes: Iterable<{ key: Uint8Array; value: Uint8Array | null }>): Promise<void> {
    const writes = new Set<Promise<unknown>>();
    const { database, end } = this.#map.use();
    const batch = database.batch(() => {
      for (const { key, value } of changes) {
        writes.add(value === null ? database.remove(key) : database.put(key, sealed(key, value)));
      }
    });
    // Where the commit fails each of them rejects, and so does a promise within the error.
    for (const write of writes) write.catch?.(() => undefined);
    try {
      await batch;
    } catch (error) {
      const inner = (error as { commitError?: Promise<unknown> }).commitError;
      const cause = await Promise.resolve(inner).then(
        () => error,
        (reason) => reason,
      );
      // LMDB says EIO where a full disk cut its write short.
      const { bavail, bsize } = await statfs(this.#options.folder);
      throw bavail * bsize < FREE_BYTES_MIN ? storeFull(this.#options.folder) : cause;
    } finally {
      end();
    }
  }

  async close({ isConsistent }: { isConsistent: boolean }): Promise<void> {
    this.#cancelProof();
    await this.#map.close();
    if (this.#state.doubts >= INDEX_DOUBTS_MAX) return;
    if (!isConsistent) return this.#change({ doubts: INDEX_DOUBTS_MAX });
    const { folder, checkBytesMax } = this.#options;
    const closedDigest = await fileDigest(dataPath(folder), checkBytesMax).catch(() => null);
    await this.#change({ closedDigest, doubts: 0 });
  }

  #checked(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const value = unsealed(key, stored);
    if (value) return value;
    throw this.damaged();
  }

  damaged(): GstoreError {
    this.#cancelProof();
    void this.#change({ doubts: INDEX_DOUBTS_MAX });
    const { folder } = this.#options;
    return new GstoreError(
      "STORE_DAMAGED",
      `The index in ${folder} is damaged. Restart this node: it is then made anew.`,
      {
        path: folder,
      },
    );
  }

  /** Looks at all records from `from` on, a few at a time. One that is damaged is noted; what kills the process is tried out next time. */
  #prove(from: Uint8Array): void {
    const { clock } = this.#options;
    this.#cancelProof = clock.after(INDEX_PROOF_PAUSE_MS, () => {
      try {
        let last: Uint8Array | undefined;
        let count = 0;
        for (const { key } of this.range({ start: from, end: LAST_KEY })) {
          last = key;
          if (++count === INDEX_PROOF_STEP_RECORDS) break;
        }
        if (last !== undefined && count === INDEX_PROOF_STEP_RECORDS) this.#prove(keyAfter(last));
        else void this.#change({ doubts: 0, provenMs: clock.now() });
      } catch {
        // Noted when it was found. Who asks for that record is told.
      }
    });
  }

  #change(change: Partial<FolderState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    const state = this.#state;
    // Where it fails, the next opening is as after a crash.
    this.#writing = this.#writing.then(() =>
      writeFolderState(this.#options.folder, state).catch(() => undefined),
    );
    return this.#writing;
  }
}

const FIRST_KEY: Uint8Array = Uint8Array.of(0);
const LAST_KEY: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff);

export interface ByteRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const CHECK_BYTES = 4;

/** A value with a check of its key and itself behind it: LMDB has none. The probe knows this layout too. */
function sealed(key: Uint8Array, value: Uint8Array): Uint8Array {
  const stored = Buffer.allocUnsafe(value.length + CHECK_BYTES);
  stored.set(value);
  stored.writeUInt32LE(crc32(value, crc32(key)), value.length);
  return stored;
}

function unsealed(key: Uint8Array, stored: Uint8Array): Uint8Array | undefined {
  const length = stored.length - CHECK_BYTES;
  if (length < 0) return undefined;
  const view = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  const value = view.subarray(0, length);
  return crc32(value, crc32(key)) === view.readUInt32LE(length) ? value : undefined;
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // LMDB takes the umask's permissions where it makes the files itself; an empty file is a new database to it.
  await (await openFile(dataPath(folder), "w", 0o600)).close();
}
