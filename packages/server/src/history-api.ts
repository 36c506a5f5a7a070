import type { Digest, EntryId } from "@gstore/core";
import type { NamedNode, StoreResult, WaitFor } from "./api.ts";

/** Which version of a key: the one that readers see, unless one of these is given. */
export interface WhichVersion {
  /** The id of a version, or as many characters of its beginning as tell it from the key's others, at least eight. */
  readonly version?: string;
  /** The version that readers saw at this time: milliseconds since 1970, by the clocks of those who wrote. */
  readonly atMs?: number;
}

/** Another version than the current one: rejects with `VERSION_NOT_FOUND` or `VERSION_AMBIGUOUS` where it can't be told. */
export type FileOptions = WhichVersion & { readonly space?: string; readonly signal?: AbortSignal };

/**
 * `current`: what readers see. `conflict`: written by somebody who had not seen the current one, and seen by nobody since.
 * `superseded`: its successor's author had seen it. `quarantined`: its author was not allowed to write it, by the
 * membership log. `unreadable`: sealed in a key that this node lacks, or not as it should be,
 * or without its metadata, which other members are asked for. `purged`: its metadata and content were destroyed.
 */
export type VersionState = "current" | "conflict" | "superseded" | "quarantined" | "unreadable" | "purged";

/** One version of a key: a file, or the removal of one. */
export interface VersionInfo {
  readonly key: string;
  readonly version: EntryId;
  readonly op: "put" | "remove";
  readonly state: VersionState;
  /** Milliseconds since 1970, by the author's clock. */
  readonly storedMs: number;
  readonly author: NamedNode;
  /** Of the file; null for a removal, and for what can't be read. */
  readonly size: number | null;
  readonly digest: Digest | null;
  /** Whether all its blobs are on this node. */
  readonly isHere: boolean;
}

export interface VersionsOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Begin behind this version. */
  readonly after?: string;
  /** At most this many; default and maximum 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface VersionsPage {
  readonly items: readonly VersionInfo[];
  /** Give this as `after` for the next page; null at the end. */
  readonly next: EntryId | null;
}

export interface RestoreOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Of `restore` alone: another key of the space, which gets the new version in place of the one that the content comes from. */
  readonly to?: string;
  /** As for `store`. */
  readonly wait?: WaitFor;
  readonly waitTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RemoveOptions {
  /** Default: `main`. */
  readonly space?: string;
  /**
   * Also gives up, on every node at once, all versions that this node knows of the key, and of a key that was removed before.
   * What a node that is away has written without having seen the removal stays.
   */
  readonly history?: boolean;
  readonly signal?: AbortSignal;
}

export interface PurgeOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** So long the other members are waited for, at most; default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a member has said about a purge. */
export interface MemberPurge extends NamedNode {
  /**
   * `destroyed`: it has signed that nothing of what is purged can be opened with what it keeps. `pending`: it is connected and
   * has not. `away`: there is no connection to it; it carries the purge out when it is back.
   */
  readonly state: "destroyed" | "pending" | "away";
}

export interface PurgeReport {
  readonly key: string;
  /** The entry that purges. */
  readonly version: EntryId;
  /** Of the versions that it covers those whose metadata is destroyed on this node. */
  readonly versions: number;
  /** Those written before gstore could purge: their content is given up, their metadata can't be destroyed. */
  readonly oldVersions: number;
  /** Every member, this node too. */
  readonly members: readonly MemberPurge[];
}

/** A key that several nodes wrote to without seeing one another's versions. */
export interface Conflict {
  readonly key: string;
  /** The versions that contend, the one that readers see first: files, and removals of what another has edited. */
  readonly versions: readonly VersionInfo[];
}

export interface ConflictsOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Begin after this key. */
  readonly after?: string;
  /** At most this many keys; default and maximum 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ConflictsPage {
  readonly items: readonly Conflict[];
  /** Give this as `after` for the next page; null at the end. */
  readonly next: string | null;
}

export interface RecentOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Only keys that are removed now, each by the removal. */
  readonly removed?: boolean;
  /** Go on where a page ended: its `next`. */
  readonly before?: string;
  /** At most this many; default and maximum 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface RecentVersion extends VersionInfo {
  /** Of a key that is removed now, the newest file that it held, as far as its content was not given up. */
  readonly lastFile: VersionInfo | null;
}

export interface RecentPage {
  readonly items: readonly RecentVersion[];
  /** Give this as `before` for the next page; null at the end. A page may have no item and not be the last. */
  readonly next: string | null;
}

export type ResolveResult =
  | ({ readonly op: "put" } & StoreResult)
  | { readonly op: "remove"; readonly key: string; readonly version: EntryId };

/** The part of a node that is about what a key held before. */
export interface HistoryOperations {
  /**
   * One page of the versions of a key that are known here, removals too, newest first by the clocks of their authors.
   * Rejects with `KEY_NOT_FOUND` (every member answered), `NO_HOLDER_REACHABLE` (some could not be asked).
   */
  versions(key: string, options?: VersionsOptions): Promise<VersionsPage>;
  /**
   * Makes a new version of a key with what one of its versions holds, described as that is and on the same nodes; also of
   * a key that was removed. What is missing of it here is fetched first. Supersedes all that is known here of the key.
   * Resolves and rejects as `store` does, and as `get` of a version does.
   */
  restore(key: string, version: string, options?: RestoreOptions): Promise<StoreResult>;
  /**
   * Removes a key with all that is known here of what it held, and has every member destroy the metadata of that, and with it
   * what opens the content. Waits for the members' signed word that they have. What a node that is away has written without
   * having seen the purge stays. A key that is purged is not purged again: the members are asked again. Rejects as `versions`.
   */
  purge(key: string, options?: PurgeOptions): Promise<PurgeReport>;
  /**
   * One page of what was written to keys with a prefix, by any node, the latest to arrive here first: what was written long ago
   * by a node that was away comes with the latest. Looks at some thousand versions at most.
   */
  recent(prefix: string, options?: RecentOptions): Promise<RecentPage>;
  /** One page of the keys with a prefix that are in conflict, in order of their UTF-8 bytes. */
  conflicts(prefix: string, options?: ConflictsOptions): Promise<ConflictsPage>;
  /**
   * Settles a conflict in favour of one of its versions: `restore` of it, or a removal where it is one. Rejects with
   * `NO_CONFLICT` where there is none, and with `INVALID_ARGUMENT` for a version that does not contend.
   */
  resolve(key: string, version: string, options?: RestoreOptions): Promise<ResolveResult>;
}
