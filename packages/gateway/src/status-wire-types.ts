import type { SafetySummaryRecord } from "./copies-wire-types.ts";
import type { RepairRecord } from "./repair-wire-types.ts";
import type { IdAnswer, NodeRef } from "./wire-types.ts";

/** What a node is, holds and does now (docs/spec/http.md, "The node and the others"). */
export interface StatusAnswer extends IdAnswer {
  readonly role: string;
  readonly version: string;
  readonly started: string;
  readonly members: number;
  readonly connected: number;
  /** Members that are being emptied; the node itself may be one. */
  readonly draining: readonly NodeRef[];
  readonly keys: number;
  /** Keys in conflict. */
  readonly conflicts: number;
  readonly entries: number;
  readonly blobs: number;
  readonly blobBytes: number;
  readonly diskUsedBytes: number;
  readonly diskFreeBytes: number;
  readonly catchingUp: number;
  /** Versions that it should hold and has no room for. */
  readonly noRoom: number;
  readonly full: boolean;
  /** Null where nobody has looked at all versions' copies since the node was started. */
  readonly safety: SafetySummaryRecord | null;
  /** Why old history is kept however old it is, and members whose clocks this node's is ahead of (or behind, where negative). */
  readonly clock: {
    readonly historyPaused: "clock set" | "clocks apart" | null;
    readonly apart: readonly (NodeRef & { readonly aheadMs: number })[];
  };
  readonly scrub: ScrubRecord;
  readonly repair: RepairRecord;
  readonly discovery: DiscoveryRecord;
}

/** How the re-reading of all that is stored goes on. */
export interface ScrubRecord {
  readonly periodMs: number;
  /** When everything was last read to the end; null before the first time. */
  readonly lastEnded: string | null;
  /** Of the round under way; null between two. */
  readonly progress: { readonly bytes: number; readonly bytesTotal: number } | null;
  readonly damagedFound: number;
  readonly repaired: number;
  readonly unrepaired: number;
  /** The first files that what is unrepaired belongs to. */
  readonly unrepairedFiles: readonly { readonly space: string; readonly key: string }[];
}

/** What the node knows of where the others are. */
export interface DiscoveryRecord {
  /** Members whose addresses are known, the node included. */
  readonly addressesKnown: number;
  /** Address records of members that were not taken since the start, by reason (docs/spec/address-record.md). */
  readonly refusedRecords: Readonly<
    Record<"malformed" | "foreign" | "outdated" | "stranger" | "forged", number>
  >;
  /** Null where the DHT is off. */
  readonly dht: DhtRecord | null;
  readonly reach: ReachRecord;
  /** What the DHT was told and asked of who holds what (docs/dht.md). */
  readonly holders: Readonly<Record<"versions" | "told" | "lookups" | "found" | "refuted", number>>;
}

/** Whether others can dial the node, and what it relays. */
export interface ReachRecord {
  /** Whether the members that it asked could dial it; `unknown` where nobody could say. */
  readonly reached: "unknown" | "yes" | "no";
  /** Through whom others reach it. */
  readonly relays: readonly NodeRef[];
  /** Members that are reached through it, connections that it relays now, and requests to relay that it refused. */
  readonly places: number;
  readonly relayed: number;
  readonly refused: number;
  /** Tries since the start to get a direct way to one that is connected through a relay, and those that did. */
  readonly punchesTried: number;
  readonly punchesMade: number;
  /** Connections refused before their other end was admitted. */
  readonly turnedAway: number;
  /** The port that the router says it forwards to the node (UPnP); null for none. */
  readonly forwardedPort: number | null;
}

/** What the members' hash table has done since the start (docs/dht.md). */
export interface DhtRecord {
  /** Members in the routing table. */
  readonly members: number;
  /** Members that are said to hold something. */
  readonly holderRecords: number;
  readonly lookups: number;
  readonly found: number;
  /** Requests sent to other members, and answered. */
  readonly asked: number;
  readonly answered: number;
  /** What was wrong with what members answered or asked, by reason. */
  readonly refused: Readonly<Record<"record" | "stranger" | "surplus" | "unreachable" | "address", number>>;
}
