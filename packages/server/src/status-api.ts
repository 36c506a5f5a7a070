import type { Role } from "@gstore/core";
import type { NamedNode } from "./api.ts";
import type { HistoryPause } from "./collection/retention.ts";
import type { SafetySummary } from "./copies-api.ts";
import type { DiscoveryStatus } from "./discovery/discovery-api.ts";
import type { RepairStatus } from "./repair/repair-api.ts";
import type { ScrubStatus } from "./upkeep-api.ts";

/** What a node is, holds and does now. */
export interface NodeStatus {
  readonly node: NamedNode;
  readonly network: string;
  /** Null where this node was removed. */
  readonly role: Role | null;
  readonly version: string;
  readonly startedMs: number;
  readonly addresses: readonly string[];
  readonly members: number;
  readonly connected: number;
  /** Members that are being emptied: they are given nothing to hold. This node may be among them. */
  readonly draining: readonly NamedNode[];
  readonly keys: number;
  /** Keys in conflict. */
  readonly conflicts: number;
  readonly entries: number;
  readonly blobs: number;
  readonly blobBytes: number;
  readonly diskUsedBytes: number;
  readonly diskFreeBytes: number;
  /** Versions whose blobs this node should hold and still fetches, or waits for a peer to fetch from. */
  readonly catchingUp: number;
  /** Versions that it should hold and had no room for when it last looked: others take these. Fetched once there is room. */
  readonly noRoom: number;
  /** Has no room for copies by others; what is put here is stored as long as the disk has room. */
  readonly full: boolean;
  /** What was found when all versions' copies were last looked at; null where that was not since the start. */
  readonly safety: SafetySummary | null;
  /** Why old history is kept however old it is, and members whose clocks are minutes from this node's. */
  readonly clock: {
    readonly historyPaused: HistoryPause | null;
    readonly apart: readonly (NamedNode & { readonly aheadMs: number })[];
  };
  readonly scrub: ScrubStatus;
  readonly repair: RepairStatus;
  readonly discovery: DiscoveryStatus;
}
