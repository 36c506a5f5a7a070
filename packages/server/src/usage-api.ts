import type { SpaceId } from "@gstore/core";
import type { NamedNode } from "./api.ts";
import type { Counted } from "./copies-api.ts";

/** Blobs, and their bytes as stored. */
export interface BlobCount {
  readonly blobs: number;
  readonly bytes: number;
}

/** Versions of which this node holds a copy. Blobs that several versions share are counted for each. */
export interface SpaceUsage {
  readonly id: SpaceId;
  /** Null where this node has no keys of it. */
  readonly name: string | null;
  /** That readers see, or would if it were not for a conflict. */
  readonly live: Counted;
  /** Older ones, which are kept as history. */
  readonly history: Counted;
}

export interface UsageReport {
  /** When it was begun, milliseconds since 1970. */
  readonly checkedMs: number;
  /** All blobs here, and those of them that no version kept here names: the next collection takes these. */
  readonly stored: BlobCount;
  readonly garbage: BlobCount;
  /** Version records, of what is elsewhere too. */
  readonly entries: number;
  /** Of the packs and indexes, of the indexes alone, and what the disk has free. */
  readonly disk: { readonly usedBytes: number; readonly indexBytes: number; readonly freeBytes: number };
  /** Those with most in them first. */
  readonly spaces: readonly SpaceUsage[];
  /** What the members can hold, by what they state; this node first. */
  readonly members: readonly (NamedNode & { readonly capacityBytes: number | null })[];
}

export interface UsageOptions {
  readonly signal?: AbortSignal;
  /** Steps done, of so many. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What the keys below a prefix take. */
export interface FolderUsage {
  readonly prefix: string;
  readonly files: number;
  /** Of the files as they are read. */
  readonly bytes: number;
  /** Of their blobs as stored, wherever they are; what several files have in common is counted for each. */
  readonly storedBytes: number;
  /** Versions that are kept besides those that readers see, and their bytes as stored. */
  readonly olderVersions: number;
  readonly olderBytes: number;
}

export interface FolderUsageOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Folders so many levels below the prefix are told of one by one; default 1, 0 for none. */
  readonly depth?: number;
  readonly signal?: AbortSignal;
  /** Keys looked at, of so many where that is known. */
  readonly onProgress?: (progress: { readonly keys: number; readonly keysTotal: number | null }) => void;
  /** Is told of each folder after all in it, and waited for. */
  readonly onFolder?: (folder: FolderUsage) => Promise<void>;
}

/** The part of a node that is about what takes how much. */
export interface UsageOperations {
  /** What this node's store is used for. Reads all entries and all lists of chunks, in bounded memory. */
  usage(options?: UsageOptions): Promise<UsageReport>;
  /** Sums the files whose keys begin with a prefix, wherever their copies are. Memory is that of a page of versions. Rejects with `KEY_MISSING` on a vault. */
  du(prefix: string, options?: FolderUsageOptions): Promise<FolderUsage>;
}
