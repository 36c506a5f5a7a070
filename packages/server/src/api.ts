import type { Digest, EntryId, PeerId, Role } from "@gstore/core";
import type { CollectionOperations } from "./collection-api.ts";
import type { CopiesOperations } from "./copies-api.ts";
import type { DiscoveryOperations } from "./discovery/discovery-api.ts";
import type { FileOptions, HistoryOperations, RemoveOptions } from "./history-api.ts";
import type { PinOperations } from "./pins/pins-api.ts";
import type { PolicyOperations } from "./policy-api.ts";
import type { Source } from "./source.ts";
import type { NodeStatus } from "./status-api.ts";
import type { UpkeepOperations } from "./upkeep-api.ts";
import type { UploadOperations } from "./uploads/uploads-api.ts";
import type { UsageOperations } from "./usage-api.ts";

export type { Source };

/** `local`: synced here. `min`: synced on the policy's least number of nodes. `all`: on as many as wanted. */
export type WaitFor = "local" | "min" | "all";

export interface StoreOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Copies wanted, this node's included. Default: 3, or as many as there are members. */
  readonly copies?: number;
  /** Without it: `min`, or as many as are reachable if fewer, within `waitTimeoutMs`, and missing that is no error. */
  readonly wait?: WaitFor;
  /** How long to wait for copies (ms); default 30 s. */
  readonly waitTimeoutMs?: number;
  readonly contentType?: string;
  /** The file's modification time, milliseconds since 1970. */
  readonly modifiedMs?: number;
  /** Permission bits. */
  readonly mode?: number;
  readonly userMetadata?: Readonly<Record<string, string>>;
  /** Bytes the source will give, where known: another number is `SOURCE_CHANGED` and stores nothing. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly bytes: number }) => void;
}

export interface NamedNode {
  readonly peer: PeerId;
  readonly name: string;
}

export interface StoreResult {
  readonly key: string;
  /** Digest of the file's bytes. */
  readonly digest: Digest;
  readonly version: EntryId;
  readonly size: number;
  /** Nodes that hold all of it synced now, this one included. */
  readonly copies: number;
  readonly wanted: number;
  readonly holders: readonly NamedNode[];
  /** Bytes of new blobs this put added here; 0 where all of it was known already. */
  readonly storedBytes: number;
}

export interface PutResult extends StoreResult {
  /** Whether there was no file under the key before, as far as this node knew. */
  readonly isNew: boolean;
}

/** First and last byte, both included, as in HTTP. A missing `end` means to the end; `suffix` the last so many bytes. */
export type ByteRange = { readonly start: number; readonly end?: number } | { readonly suffix: number };

export interface FileInfo {
  readonly key: string;
  readonly version: EntryId;
  readonly size: number;
  readonly digest: Digest;
  readonly contentType: string | null;
  /** When it was stored, milliseconds since 1970 (the author's clock). */
  readonly storedMs: number;
  readonly modifiedMs: number | null;
  readonly mode: number | null;
  readonly author: NamedNode;
  readonly userMetadata: Readonly<Record<string, string>>;
}

export interface GetResult extends FileInfo {
  /** The bytes that `stream` will give: first and last, both included; length 0 where the file is empty. */
  readonly range: { readonly start: number; readonly end: number; readonly length: number };
  /** Each byte is verified before it comes out. Errors: `NO_HOLDER_REACHABLE`, `ABORTED`, … Cancelling it stops fetching. What it gives belongs to its reader. */
  readonly stream: ReadableStream<Uint8Array>;
}

export interface ListOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** With a delimiter, keys that share what follows the prefix up to it are given once, as a folder. */
  readonly delimiter?: string;
  /** Begin after this key or folder. */
  readonly after?: string;
  /** At most this many; default and maximum 1000. */
  readonly limit?: number;
}

export type ListItem =
  | ({ readonly kind: "file" } & FileInfo)
  | { readonly kind: "folder"; readonly key: string };

export interface ListPage {
  readonly items: readonly ListItem[];
  /** Give this as `after` for the next page; null at the end. */
  readonly next: string | null;
}

export interface NodeEvents {
  /** A version became visible here, stored by this node or by another. */
  readonly change: {
    /** Name of the space that the key is in. */
    readonly space: string;
    readonly key: string;
    readonly version: EntryId;
    readonly op: "put" | "remove";
    readonly author: PeerId;
  };
  readonly peer: { readonly peer: PeerId; readonly name: string; readonly connected: boolean };
  /** All that a peer knew of members and entries when it was asked is known here. Each time it connects. */
  readonly synced: NamedNode;
  /** A copy of a version became complete at a node, this one included. */
  readonly held: { readonly version: EntryId; readonly holder: PeerId };
}

export interface MemberStatus extends NamedNode {
  readonly role: Role;
  /** Names of the spaces the role holds in; null for all. */
  readonly spaces: readonly string[] | null;
  readonly isSelf: boolean;
  /** Bytes that it can hold, and a label of where it stands; null where nobody stated it. */
  readonly capacityBytes: number | null;
  readonly zone: string | null;
  /** It refused a copy for want of room not long ago, or is this node and has none. */
  readonly full: boolean;
  readonly isDraining: boolean;
  /** When it was admitted, by its admitter's clock. */
  readonly admittedMs: number;
  readonly connected: boolean;
  /** When this node last had a connection to it: now, where there is one. Null where there never was. */
  readonly lastSeenMs: number | null;
  /** Of the connection, or of the last one; null where there never was one. */
  readonly address: string | null;
}

/** Current versions: files, removals of files, and the bytes of the former as stored. */
export interface VersionCounts {
  readonly files: number;
  /** Versions that are kept as history. */
  readonly older: number;
  readonly removals: number;
  readonly bytes: number;
}

export interface KeyInSpace {
  readonly space: string;
  readonly key: string;
}

export type LeaveProgress =
  /** Versions known here that were looked at: what do only we hold? */
  | { readonly stage: "checking"; readonly versions: number; readonly versionsTotal: number }
  /** What only this node held is given to others; bytes count as soon as they are synced there. */
  | {
      readonly stage: "handing over";
      readonly versions: number;
      readonly versionsTotal: number;
      readonly bytes: number;
      readonly bytesTotal: number;
    };

export interface LeaveOptions {
  /** Leaves though something is then on no other node. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LeaveProgress) => void;
}

export interface LeaveReport {
  /** What only this node held, and others hold now. */
  readonly handedOver: VersionCounts;
  /** What no connected member held or took, where `force` was given; the names of the first few, where this node can read them. */
  readonly onlyHere: VersionCounts & { readonly keys: readonly KeyInSpace[] };
  /** What this node holds and keeps: it can be read here as before. */
  readonly kept: VersionCounts;
}

export interface InviteOptions {
  /** Default: writer. */
  readonly role?: string;
  /** Names of the spaces the role shall hold in; default: all. */
  readonly spaces?: readonly string[];
  /** How long the ticket can be redeemed (ms); without it, for ever. */
  readonly lifetimeMs?: number;
  /** How often; default: once. */
  readonly uses?: number;
  /** Addresses to put before this node's own. */
  readonly addresses?: readonly string[];
}

export interface InviteStatus {
  readonly id: string;
  readonly role: Role;
  readonly spaces: readonly string[] | null;
  readonly expiresMs: number | null;
  readonly uses: number;
  readonly usesLeft: number;
  readonly createdMs: number;
}

export interface IssuedInvite extends InviteStatus {
  /** The one word to hand over. It is kept nowhere. */
  readonly ticket: string;
}

export interface SpaceStatus {
  readonly id: string;
  readonly name: string;
  readonly keys: number;
}

/** One node of a network, running in this process. Everything may be called concurrently. */
export interface GstoreNode
  extends HistoryOperations,
    CopiesOperations,
    UpkeepOperations,
    PolicyOperations,
    CollectionOperations,
    PinOperations,
    UsageOperations,
    DiscoveryOperations {
  readonly id: PeerId;
  readonly name: string;
  /** Opens the store and starts listening. Rejects with `STORE_LOCKED`, `ADDRESS_IN_USE`, `NOT_INITIALISED`, … */
  start(): Promise<void>;
  /** Lets running work finish for a moment, breaks off the rest, closes everything. Idempotent. */
  stop(): Promise<void>;
  /**
   * Stores a file under a key, as a new version. Once it resolves all of it is synced here. Rejects, with nothing
   * visible, with `INVALID_KEY`, `STORE_FULL`, `SOURCE_FAILED`, `SOURCE_CHANGED`, `ABORTED`, …; with
   * `COPIES_NOT_REACHED` where an asked-for `wait` was missed: then the local copy stays and replication goes on.
   */
  store(key: string, source: Source, options?: StoreOptions): Promise<PutResult>;
  readonly uploads: UploadOperations;
  /** Rejects with `KEY_NOT_FOUND` (every member answered), `NO_HOLDER_REACHABLE` (some could not be asked), `RANGE_NOT_SATISFIABLE`. */
  get(key: string, options?: FileOptions & { range?: ByteRange }): Promise<GetResult>;
  stat(key: string, options?: FileOptions): Promise<FileInfo>;
  list(prefix: string, options?: ListOptions): Promise<ListPage>;
  /** Removes a key by a tombstone. Rejects with `KEY_NOT_FOUND` where there is none here. */
  remove(key: string, options?: RemoveOptions): Promise<{ readonly key: string; readonly version: EntryId }>;
  /** Every member, this node included. */
  members(): MemberStatus[];
  /** Makes an invitation, which this node alone redeems. Rejects with `REQUEST_REFUSED` where it is no admin. */
  invite(options?: InviteOptions): Promise<IssuedInvite>;
  /** Invitations of this node that can still be redeemed. */
  invites(): InviteStatus[];
  withdrawInvite(id: string): Promise<void>;
  /** Removes a member by id or name: its connections are dropped, and what is written from now on is sealed in keys that it lacks. What it read stays readable to it. */
  removeMember(idOrName: string): Promise<{ readonly peer: string; readonly name: string }>;
  setRole(idOrName: string, role: string): Promise<void>;
  /**
   * Takes this node out of its network, once what only it holds was handed over to others, which may take long. Where
   * something can't be handed over (nobody is connected, others are full) it rejects with `LEAVE_INCOMPLETE`, which says what,
   * and leaves only with `force`. What it has can still be read here. When it rejects, or the signal fires before it has left,
   * nothing was changed but that others hold more. Rejects with `NOT_A_MEMBER` where it is out already.
   */
  leave(options?: LeaveOptions): Promise<LeaveReport>;
  spaces(): SpaceStatus[];
  createSpace(name: string): Promise<void>;
  status(): Promise<NodeStatus>;
  on<E extends keyof NodeEvents>(event: E, listener: (value: NodeEvents[E]) => void): () => void;
}
