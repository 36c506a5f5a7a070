import { createReadStream } from "node:fs";
import { chmod, mkdir, open as openFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Clock, createDigestStream, GstoreError, isGstoreError } from "@gstore/core";
import { open, type RootDatabase } from "lmdb";
import { FREE_BYTES_MIN } from "../constants.ts";
import { diskError, storeFull } from "../disk-errors.ts";
import { readFolderState, writeFolderState } from "./folder-state.ts";
import { probeLmdb } from "./lmdb-probe.ts";

type ByteDatabase = RootDatabase<Uint8Array, Uint8Array>;

export interface LmdbFolderOptions {
  readonly folder: string;
  /** What the content belongs to. A folder with another tag is emptied. */
  readonly tag: string;
  /** 32 ASCII characters. */
  readonly encryptionKey?: string;
  readonly clock: Clock;
  /** Empties the folder whatever is in it. */
  readonly startsEmpty?: boolean;
}

/**
 * An LMDB file that can always be made anew. LMDB trusts its pages: on a truncated or garbled file it kills the process by
 * SIGBUS, SIGSEGV or an assertion, or gives other values. So the file is opened only if it has the digest it had when it
 * was closed, or, after a crash, if a process of its own could read and check all of it and write to it. Otherwise the
 * folder is emptied. Every value carries a check sum.
 */
export class LmdbFolder {
  /** Whether the folder was empty or had to be emptied. */
  readonly isNew: boolean;
  readonly #database: ByteDatabase;
  readonly #options: LmdbFolderOptions;
  #isDamaged = false;

  private constructor(options: LmdbFolderOptions, opened: { database: ByteDatabase; isNew: boolean }) {
    this.#options = options;
    this.#database = opened.database;
    this.isNew = opened.isNew;
  }

  static async open(options: LmdbFolderOptions): Promise<LmdbFolder> {
    try {
      const isUsable = options.startsEmpty !== true && (await isFolderUsable(options));
      if (!isUsable) await emptyFolder(options.folder);
      await writeFolderState(options.folder, { tag: options.tag, closedDigest: null });
      const database = await openDatabase(options);
      return new LmdbFolder(options, { database, isNew: !isUsable });
    } catch (cause) {
      throw isGstoreError(cause) ? cause : diskError(cause, options.folder);
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#database.get(key);
    return stored && this.#checked(key, stored);
  }

  /** At most `limit` records from `start` (inclusive) to `end` (exclusive), ascending. */
  *range(options: { start: Uint8Array; end: Uint8Array; limit: number }): Generator<ByteRecord> {
    for (const { key, value } of this.#database.getRange(options))
      yield { key, value: this.#checked(key, value) };
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    await this.#database.clearAsync();
  }

  /** Makes changes as one transaction and resolves when it is synced. Rejects with `STORE_FULL`, or the system's or LMDB's error. */
  async writeBatch(changes: Iterable<{ key: Uint8Array; value: Uint8Array | null }>): Promise<void> {
    const writes = new Set<Promise<unknown>>();
    const batch = this.#database.batch(() => {
      for (const { key, value } of changes) {
        writes.add(value === null ? this.#database.remove(key) : this.#database.put(key, sealed(key, value)));
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
    }
  }

  /** Closes the database. What is closed without being consistent, or was found to be damaged, is tried out next time. */
  async close({ isConsistent }: { isConsistent: boolean }): Promise<void> {
    const { folder, tag } = this.#options;
    await this.#database.close();
    if (!isConsistent || this.#isDamaged) return;
    try {
      await writeFolderState(folder, { tag, closedDigest: await fileDigest(dataPath(folder)) });
    } catch {
      // It is then tried out when it is opened, as after a crash.
    }
  }

  #checked(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const value = unsealed(key, stored);
    if (value) return value;
    this.#isDamaged = true;
    const { folder } = this.#options;
    throw new GstoreError(
      "STORE_DAMAGED",
      `The index in ${folder} is damaged. Restart this node: it is then made anew.`,
      {
        path: folder,
      },
    );
  }
}

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

const dataPath = (folder: string): string => join(folder, "data.mdb");

async function isFolderUsable(options: LmdbFolderOptions): Promise<boolean> {
  const { folder, tag, encryptionKey, clock } = options;
  const state = await readFolderState(folder);
  if (state === undefined || state.tag !== tag) return false;
  try {
    if (state.closedDigest !== null) return (await fileDigest(dataPath(folder))) === state.closedDigest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  return probeLmdb({ folder, encryptionKey, clock });
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // LMDB takes the umask's permissions where it makes the files itself; an empty file is a new database to it.
  await (await openFile(dataPath(folder), "w", 0o600)).close();
}

async function openDatabase({ folder, encryptionKey }: LmdbFolderOptions): Promise<ByteDatabase> {
  const lockPath = join(folder, "lock.mdb");
  await rm(lockPath, { force: true });
  const options = {
    path: folder,
    keyEncoding: "binary",
    encoding: "binary",
    // With it a commit resolves before it is on the disk.
    overlappingSync: false,
    // With it a commit that fails also rejects a promise that nobody has: that ends the process.
    eventTurnBatching: false,
    maxDbs: 1,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  } as const;
  let database: ByteDatabase;
  try {
    database = open<Uint8Array, Uint8Array>(options);
  } catch (cause) {
    throw new GstoreError(
      "STORE_DAMAGED",
      `The index in ${folder} can't be opened. Delete that folder and start again.`,
      {
        path: folder,
        cause,
      },
    );
  }
  await chmod(lockPath, 0o600);
  return database;
}

async function fileDigest(path: string): Promise<string> {
  const digest = createDigestStream();
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    digest.update(bytes as Buffer);
  return digest.digest();
}
