import { createReadStream } from "node:fs";
import { chmod, mkdir, open as openFile, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, createDigestStream, GstoreError, isGstoreError } from "@gstore/core";
import { open, type RootDatabase } from "lmdb";
import { diskError } from "../disk-errors.ts";
import { probeLmdb } from "./lmdb-probe.ts";

/** A database of byte keys and byte values. */
export type ByteDatabase = RootDatabase<Uint8Array, Uint8Array>;

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

/** `state.json` beside an LMDB file. */
interface FolderState {
  readonly version: 1;
  readonly tag: string;
  /** Digest of `data.mdb` as it was when it was closed; null while it is open, and after a crash. */
  readonly closedDigest: string | null;
}

/**
 * An LMDB file that can always be made anew. LMDB trusts its pages: on a truncated or garbled file it kills the process by
 * SIGBUS, SIGSEGV or an assertion. So the file is opened only if it has the digest it had when it was closed, or, after
 * a crash, if a process of its own could read all of it and write to it. Otherwise the folder is emptied.
 */
export class LmdbFolder {
  readonly database: ByteDatabase;
  /** Whether the folder was empty or had to be emptied. */
  readonly isNew: boolean;
  readonly #options: LmdbFolderOptions;

  private constructor(options: LmdbFolderOptions, opened: { database: ByteDatabase; isNew: boolean }) {
    this.#options = options;
    this.database = opened.database;
    this.isNew = opened.isNew;
  }

  static async open(options: LmdbFolderOptions): Promise<LmdbFolder> {
    try {
      const isUsable = options.startsEmpty !== true && (await isFolderUsable(options));
      if (!isUsable) await emptyFolder(options.folder);
      await writeState(options, null);
      const database = await openDatabase(options);
      return new LmdbFolder(options, { database, isNew: !isUsable });
    } catch (cause) {
      throw isGstoreError(cause) ? cause : diskError(cause, options.folder);
    }
  }

  /** Makes changes as one transaction and resolves when it is synced. Rejects with the system's or LMDB's error. */
  async writeBatch(changes: Iterable<{ key: Uint8Array; value: Uint8Array | null }>): Promise<void> {
    const writes = new Set<Promise<unknown>>();
    const batch = this.database.batch(() => {
      for (const { key, value } of changes) {
        const write = value === null ? this.database.remove(key) : this.database.put(key, value);
        writes.add(write);
      }
    });
    // Where the commit fails each of them rejects, and so does a promise within the error.
    for (const write of writes) write.catch?.(() => undefined);
    try {
      await batch;
    } catch (error) {
      const inner = (error as { commitError?: Promise<unknown> }).commitError;
      throw await Promise.resolve(inner).then(
        () => error,
        (cause) => cause,
      );
    }
  }

  /** Closes the database; with `isConsistent` it may be opened again as it is. */
  async close({ isConsistent }: { isConsistent: boolean }): Promise<void> {
    await this.database.close();
    if (!isConsistent) return;
    try {
      await writeState(this.#options, await fileDigest(dataPath(this.#options.folder)));
    } catch {
      // It is then tried out when it is opened, as after a crash.
    }
  }
}

const dataPath = (folder: string): string => join(folder, "data.mdb");

async function isFolderUsable(options: LmdbFolderOptions): Promise<boolean> {
  const { folder, tag, encryptionKey, clock } = options;
  const state = await readState(folder);
  if (state === undefined || state.tag !== tag) return false;
  try {
    if (state.closedDigest !== null) return (await fileDigest(dataPath(folder))) === state.closedDigest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  return probeLmdb({ folder, encryptionKey, clock });
}

async function readState(folder: string): Promise<FolderState | undefined> {
  try {
    const state = JSON.parse(await readFile(join(folder, "state.json"), "utf8")) as Partial<FolderState>;
    const { version, tag, closedDigest } = state;
    const isState = version === 1 && typeof tag === "string";
    if (isState && (closedDigest === null || typeof closedDigest === "string"))
      return { version, tag, closedDigest };
  } catch {
    // Missing or garbled: the folder is made anew.
  }
  return undefined;
}

async function writeState({ folder, tag }: LmdbFolderOptions, closedDigest: string | null): Promise<void> {
  const state: FolderState = { version: 1, tag, closedDigest };
  const temporary = join(folder, "state.json.new");
  const file = await openFile(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, "state.json"));
  const directory = await openFile(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
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
