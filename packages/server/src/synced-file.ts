import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type ErrorCode, GstoreError } from "@gstore/core";

/** A small file of a node's folder that is read and replaced as a whole (I8): the simulator keeps it on a disk of its own. */
export interface SyncedFile {
  /** Names it in errors. */
  readonly path: string;
  /** What it holds; null where there is none. */
  read(): Promise<Uint8Array | null>;
  /**
   * Once it resolves the new content survives a power cut; before that the old or the new one does. Rejects with
   * `STORE_FULL`, `STORE_READ_ONLY` or `STORE_IO` where the disk refuses.
   */
  replace(bytes: Uint8Array): Promise<void>;
}

/** A {@link SyncedFile} on the machine's disk. */
export function syncedFile(path: string): SyncedFile {
  return {
    path,
    read: async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },
    replace: (bytes) => writeFileSynced(path, bytes),
  };
}

/** Writes a small file as a whole, readable by its owner only, also under a lax umask. See {@link SyncedFile.replace}. */
export async function writeFileSynced(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replace(path, bytes);
  } catch (cause) {
    throw refusedByDisk(cause, path);
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "STORE_FULL",
  EDQUOT: "STORE_FULL",
  EROFS: "STORE_READ_ONLY",
  EACCES: "STORE_READ_ONLY",
  EPERM: "STORE_READ_ONLY",
};

/** The coded error for what the system said about a file of the node's folder. */
export function refusedByDisk(cause: unknown, path: string): GstoreError {
  const systemCode = String((cause as NodeJS.ErrnoException).code);
  return new GstoreError(
    CODES[systemCode] ?? "STORE_IO",
    `The file ${path} could not be written (${systemCode}). Check the disk that holds it, and try again.`,
    { path, systemCode, cause, retryable: true },
  );
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  await folder.sync().finally(() => folder.close());
}

/** Whether a file is there that can be read. Rejects where that can't be told. */
export async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, "r")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
