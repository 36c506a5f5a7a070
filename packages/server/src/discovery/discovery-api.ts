import type { ConnectedPeer, DhtStatus, ReachabilityState, Role } from "@gstore/core";
import type { NamedNode } from "../api.ts";
import type { RecordRefusal } from "./address-exchange.ts";
import type { Incompatibility } from "./member-dialer.ts";
import type { PeerRate } from "./peer-rates.ts";

/**
 * By what a node came to the address of a connection that it dialled: one that its user gave, the LAN, a former run's notes,
 * what members tell of each other, or a lookup in the DHT.
 */
export type FoundBy = "address" | "lan" | "address book" | "member list" | "dht";

export interface DiscoveryStatus {
  /** Members whose addresses are known, this node included. */
  readonly addressesKnown: number;
  /** Address records of members that were not taken since the start, by reason. */
  readonly refusedRecords: Readonly<Record<RecordRefusal, number>>;
  /** Null where the DHT is off. */
  readonly dht: DhtStatus | null;
  readonly reach: ReachStatus;
  readonly holders: HolderStatus;
}

/** What the DHT was told and asked of who holds what (docs/dht.md). Counts are since the start. */
export interface HolderStatus {
  /** Versions held here beyond what the placement says of which the DHT is told, and how often it was. */
  readonly versions: number;
  readonly told: number;
  /** Lookups of who holds a version, and of these, those that named somebody who was not connected. */
  readonly lookups: number;
  readonly found: number;
  /** Members that were named and could not be reached, or did not have it. */
  readonly refuted: number;
}

/** Whether others can dial this node, through whom they reach it if not, and what it does for others. */
export interface ReachStatus extends Omit<ReachabilityState, "relays"> {
  readonly relays: readonly NamedNode[];
}

export interface PeerStatus extends NamedNode {
  readonly role: Role;
  readonly connected: boolean;
  /** That it speaks an older or newer protocol than this node, and so can't connect; null where nothing says so. */
  readonly incompatible: Incompatibility | null;
  /** Null unless connected. */
  readonly connection:
    | (Omit<ConnectedPeer, "peer" | "certificate" | "agent"> &
        PeerRate & {
          /** Of gstore there, as it says; null where it does not. */
          readonly version: string | null;
          /** Null where the other node dialled this one, or both did at once. */
          readonly foundBy: FoundBy | null;
          /** Through whom the connection goes; null for a direct one. */
          readonly relay: NamedNode | null;
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
  /** Addresses that this node stays connected to whatever it knows besides. */
  readonly bootstrap: BootstrapOperations;
  /** Measures the round trip to a member by id or name. Rejects with `NOT_A_MEMBER`, `PEER_UNREACHABLE`, `TIMEOUT`. */
  ping(idOrName: string, options?: { signal?: AbortSignal }): Promise<PingResult>;
}

export interface BootstrapOperations {
  /** Those that the node was started with, and that were added or connected to since. */
  list(): BootstrapAddress[];
  /** Stays connected to an address until the node stops. It is dialled at once, and need not answer. Throws `INVALID_ARGUMENT`. */
  add(address: string): void;
  /** No longer; the connection stays. False where it was none of these. */
  remove(address: string): boolean;
}

export interface BootstrapAddress {
  readonly address: string;
  /** Who is connected at it now. */
  readonly connectedTo: NamedNode | null;
}

export interface PingResult extends NamedNode {
  readonly roundTripMs: number;
  readonly address: string;
}
