import type { GstoreError } from "@gstore/core";
import type { FolderCheckOptions } from "./folder-check.ts";
import type { CommittedRecords } from "./key-value-index.ts";

export interface ByteDatabaseOptions extends FolderCheckOptions {
  /** What the content belongs to. A folder with another tag is emptied. */
  readonly tag: string;
  /** Empties the folder whatever is in it. */
  readonly startsEmpty?: boolean;
}

/** Records in a folder that can always be made anew: LMDB's, or the simulator's. */
export interface ByteDatabase extends CommittedRecords {
  /** Whether the folder was empty or had to be emptied. */
  readonly isNew: boolean;
  /** A value that has a check of its own, as it is: valid until the next call of anything here. */
  borrow(key: Uint8Array): Uint8Array | undefined;
  /** Notes that what is here is damaged: it is tried out before it is used again. The error to tell of it. */
  damaged(): GstoreError;
  /** Closes the database. What is closed without being consistent, or was found to be damaged, is tried out next time. */
  close(options: { isConsistent: boolean }): Promise<void>;
}

export type OpenByteDatabase = (options: ByteDatabaseOptions) => Promise<ByteDatabase>;
