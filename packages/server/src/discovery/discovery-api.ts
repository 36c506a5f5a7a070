import type { ConnectedPeer, Role } from "@gstore/core";
import type { NamedNode } from "../api.ts";
import type { RecordRefusal } from "./address-exchange.ts";

/**
 * By what a node came to the address of a connection that it dialled: one that its user gave, the LAN, a former run's notes,
 * or what members tell of each other.
 */
export type FoundBy = "address" | "lan" | "address book" | "member list";

export interface DiscoveryStatus {
  /** Members whose addresses are known, this node included. */
  readonly addressesKnown: number;
  /** Address records of members that were not taken since the start, by reason. */
  readonly refusedRecords: Readonly<Record<RecordRefusal, number>>;
}

export interface PeerStatus extends NamedNode {
  readonly role: Role;
  readonly connected: boolean;
  /** Null unless connected. */
  readonly connection:
    | (Omit<ConnectedPeer, "peer" | "certificate"> & {
        /** Null where the other node dialled this one. */
        readonly foundBy: FoundBy | null;
      })
    | null;
}

/** Who else is there, and how they are reached. */
export interface DiscoveryOperations {
  /** Every other member, connected or not. */
  peers(): PeerStatus[];
  /** Where this node listens. */
  addresses(): string[];
  /** Dials a member at a multiaddr and keeps the connection. */
  connect(address: string, options?: { signal?: AbortSignal }): Promise<NamedNode>;
}
