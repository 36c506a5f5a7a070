import type { StatedRecord } from "./policy-wire-types.ts";

/** What the HTTP API sends as JSON (docs/spec/http.md). Sizes are whole bytes, times RFC 3339 in UTC, modes octal. */

/** A node by its id and its human name. */
export interface NodeRef {
  readonly id: string;
  readonly name: string;
}

/** One version of a file, without its bytes. */
export interface FileRecord {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  /** Digest of the file's bytes. */
  readonly digest: string;
  readonly contentType: string | null;
  /** When it was stored, by its author's clock. */
  readonly stored: string;
  /** The file's own modification time. */
  readonly modified: string | null;
  /** Permission bits, such as `0644`. */
  readonly mode: string | null;
  readonly author: NodeRef;
  readonly metadata: Readonly<Record<string, string>>;
}

/** One line of a listing: a file, or what several keys have in common up to the delimiter. */
export type ListRecord =
  | ({ readonly kind: "file" } & FileRecord)
  | { readonly kind: "folder"; readonly key: string };

export interface ListAnswer {
  readonly items: readonly ListRecord[];
  /** Give this as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** One version of a key. */
export interface VersionRecord {
  readonly key: string;
  readonly version: string;
  readonly op: "put" | "remove";
  /** What it is to readers now; see docs/spec/http.md. */
  readonly state: "current" | "conflict" | "superseded" | "quarantined" | "unreadable" | "purged";
  /** When it was stored, by its author's clock. */
  readonly stored: string;
  readonly author: NodeRef;
  /** Null for a removal, and for what can't be read. */
  readonly size: number | null;
  readonly digest: string | null;
  /** Whether all its blobs are on the node that answers. */
  readonly here: boolean;
}

export interface VersionsAnswer {
  readonly items: readonly VersionRecord[];
  /** Give this as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** One of the versions that arrived last. */
export interface RecentRecord extends VersionRecord {
  /** Of a key that is removed now, the newest file that it held, as far as its content is kept. */
  readonly lastFile: VersionRecord | null;
}

export interface RecentAnswer {
  readonly items: readonly RecentRecord[];
  /** Give this as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/** What a new version shall hold: what that version does. `resolve` only settles a conflict in which it contends. */
export type VersionRequest = { readonly restore: string } | { readonly resolve: string };

/** The new version: a file, or a removal where one was kept. */
export type RestoreAnswer =
  | ({ readonly op: "put" } & StoreAnswer)
  | { readonly op: "remove"; readonly key: string; readonly version: string };

/** A key that several nodes wrote to without seeing one another's versions. */
export interface ConflictRecord {
  readonly key: string;
  /** The versions that contend, the one that readers see first. */
  readonly versions: readonly VersionRecord[];
}

export interface ConflictsAnswer {
  readonly items: readonly ConflictRecord[];
  /** Give this as `after` for the next page; null at the end. */
  readonly next: string | null;
}

export interface StoreAnswer {
  readonly key: string;
  readonly version: string;
  readonly digest: string;
  readonly size: number;
  /** Nodes that hold all of it synced now, and how many are wanted. */
  readonly copies: number;
  readonly wanted: number;
  readonly holders: readonly NodeRef[];
  /** Bytes of new blobs this added to the node; 0 where all of it was known already. */
  readonly storedBytes: number;
}

/** A file that comes in pieces. */
export interface UploadRecord {
  readonly id: string;
  readonly space: string;
  readonly key: string;
  readonly length: number;
  /** Bytes that have come. */
  readonly offset: number;
  /** When it is given up unless more has come by then. */
  readonly expires: string;
  /** What it became; null while it is not whole. */
  readonly version: string | null;
}

export interface RemoveAnswer {
  readonly key: string;
  readonly version: string;
}

export interface IdAnswer extends NodeRef {
  readonly network: string;
  readonly addresses: readonly string[];
}

export interface MemberRecord extends NodeRef, StatedRecord {
  readonly role: string;
  /** Names of the spaces the role holds in; null for all. */
  readonly spaces: readonly string[] | null;
  /** Whether it is the node that answers. */
  readonly self: boolean;
  /** When it was admitted, by its admitter's clock. */
  readonly admitted: string;
  readonly connected: boolean;
  /** When the answering node last had a connection to it: now, where there is one. Null where there never was. */
  readonly lastSeen: string | null;
  /** Of the connection, or of the last one; null where there never was one. */
  readonly address: string | null;
}

/** Current versions: files, removals of files, and the bytes of the former as stored. */
export interface VersionCountsRecord {
  readonly files: number;
  /** Versions that are kept as history. */
  readonly older: number;
  readonly removals: number;
  readonly bytes: number;
}

export type LeaveProgressRecord =
  | { readonly stage: "checking"; readonly versions: number; readonly versionsTotal: number }
  | {
      readonly stage: "handing over";
      readonly versions: number;
      readonly versionsTotal: number;
      readonly bytes: number;
      readonly bytesTotal: number;
    };

/** How an attempt to leave ended; the node is the one that leaves. */
export interface LeaveRecord extends NodeRef {
  readonly handedOver: VersionCountsRecord;
  /** What no connected member holds or took, and the names of the first few. */
  readonly onlyHere: VersionCountsRecord & {
    readonly keys: readonly { readonly space: string; readonly key: string }[];
  };
  /** What the node holds and keeps. */
  readonly kept: VersionCountsRecord;
}

/** One line of leaving: many of the first kind, then one of the second or third. */
export type LeaveEvent =
  | ({ readonly type: "progress" } & LeaveProgressRecord)
  | ({ readonly type: "report" } & LeaveRecord)
  | ({ readonly type: "error" } & ErrorRecord);

export interface InviteRequest {
  /** Default: writer. */
  readonly role?: string;
  /** Names of the spaces the role shall hold in; default: all. */
  readonly spaces?: readonly string[];
  /** How long the ticket can be redeemed, such as `24h`; without it, for ever. */
  readonly lifetime?: string;
  /** How often; default: once. */
  readonly uses?: number;
  /** Addresses to put before the node's own. */
  readonly addresses?: readonly string[];
}

export interface InviteRecord {
  readonly id: string;
  readonly role: string;
  readonly spaces: readonly string[] | null;
  /** Null: never. */
  readonly expires: string | null;
  readonly uses: number;
  readonly usesLeft: number;
  readonly created: string;
}

export interface IssuedInviteRecord extends InviteRecord {
  /** The one word to hand over. No later answer has it. */
  readonly ticket: string;
}

export interface SpaceRecord {
  readonly id: string;
  readonly name: string;
  readonly keys: number;
}

/** One line of a verification: many of the first kind, then one of the second or third. */
/** Bytes per second of bulk transfers; null for no limit. */
export interface LimitsRecord {
  readonly up: number | null;
  readonly down: number | null;
}

export type VerifyEvent =
  | { readonly type: "progress"; readonly blobs: number; readonly bytes: number }
  | ({ readonly type: "report" } & VerifyRecord)
  | ({ readonly type: "error" } & ErrorRecord);

export interface VerifyRecord {
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: readonly { readonly digest: string; readonly reason: string }[];
  /** Versions whose own records are damaged, and how many membership records are. */
  readonly damagedEntries: readonly string[];
  readonly damagedRecords: number;
  readonly damagedSpans: readonly {
    readonly path: string;
    readonly offset: number;
    readonly bytes: number;
  }[];
  /** The first files that the damage belongs to. */
  readonly files: readonly {
    readonly space: string;
    readonly key: string;
    readonly version: string;
    readonly repaired: boolean;
  }[];
  readonly moreFiles: boolean;
  /** Null where no repair was asked for. */
  readonly repair: {
    readonly blobs: number;
    readonly entries: number;
    readonly records: number;
    readonly unrepairedBlobs: readonly string[];
    readonly unrepairedEntries: readonly string[];
  } | null;
}

/** What every answer of status 400 and above holds. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  /** Whether the same request may succeed later without anything being changed. */
  readonly retryable: boolean;
  readonly fields: Readonly<Record<string, string | number>>;
}

export interface ChangeRecord {
  /** Name of the space that the key is in. */
  readonly space: string;
  readonly key: string;
  readonly version: string;
  readonly op: "put" | "remove";
  /** Id of the node that made the change. */
  readonly author: string;
}
