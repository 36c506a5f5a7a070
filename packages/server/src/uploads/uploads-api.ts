import type { EntryId } from "@gstore/core";
import type { StoreOptions, StoreResult } from "../api.ts";
import type { Source } from "../source.ts";

/** What is known of a file when its upload begins. */
export interface UploadOptions
  extends Pick<StoreOptions, "space" | "copies" | "contentType" | "modifiedMs" | "mode" | "userMetadata"> {
  /** Bytes that the file will have. */
  readonly length: number;
  /** Whose it is, to bound how many each has; any text. */
  readonly owner?: string;
}

export interface UploadStatus {
  readonly id: string;
  /** Name of the space that the key is in. */
  readonly space: string;
  readonly key: string;
  readonly length: number;
  /** Bytes that have come: these are synced to the disk, and survive whatever becomes of the node's process. */
  readonly offset: number;
  /** When it is given up unless more has come by then, milliseconds since 1970. */
  readonly expiresMs: number;
  /** The version that it became, once all has come; else null. */
  readonly version: EntryId | null;
}

export interface AppendOptions {
  /** Bytes that have come before: it is refused where that is not how many there are. */
  readonly offset: number;
  /** Takes all of the source or nothing of it. Otherwise what came before it broke off stays. */
  readonly isWhole?: boolean;
  readonly signal?: AbortSignal;
}

/** Files that come in pieces, with breaks in between, across restarts of the node. */
export interface UploadOperations {
  /** Rejects with `TOO_LARGE`, `TOO_BUSY` where there are too many, and as `store` does. An empty file still wants one `append`. */
  create(key: string, options: UploadOptions): Promise<UploadStatus>;
  /** Ends what is being appended, waits for it, and tells how much there is. Rejects with `KEY_NOT_FOUND` where there is no such upload. */
  status(id: string): Promise<UploadStatus>;
  /** The same as it was last written down, at once: what is being appended goes on. Throws `KEY_NOT_FOUND`. */
  find(id: string): UploadStatus;
  /**
   * Takes the next bytes, after what else is being appended was ended. Once it resolves they are synced; with the last of
   * them the file is stored (`stored`, as `store` gives it). Rejects with `INVALID_ARGUMENT` for another offset, `TOO_LARGE`
   * for more bytes than the file has, `SOURCE_FAILED` or `ABORTED` where the source broke off.
   */
  append(
    id: string,
    source: Source,
    options: AppendOptions,
  ): Promise<UploadStatus & { readonly stored: StoreResult | null }>;
  /** Gives it up. Rejects with `KEY_NOT_FOUND`. */
  remove(id: string): Promise<void>;
}
