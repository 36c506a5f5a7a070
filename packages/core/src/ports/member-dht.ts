import type { Digest } from "../digest.ts";
import type { PeerId } from "../ids.ts";

/** What was wrong with an answer of a member, or with what it put or asked. */
export type DhtRefusal =
  /** An address record that is malformed, forged, of another network or of no member. */
  | "record"
  /** Somebody named in an answer who is no member. */
  | "stranger"
  /** More in an answer or a request than there may be. */
  | "surplus"
  /** A member that others name, and that does not answer where they say. */
  | "unreachable"
  /** A member beyond those of one address that are taken. */
  | "address";

export interface DhtStatus {
  /** Members in the routing table. */
  readonly members: number;
  /** Members that are said to hold something. */
  readonly holderRecords: number;
  /** Since the start, of this node. */
  readonly lookups: number;
  readonly found: number;
  /** Requests that this node's lookups have sent to other members, and that it has answered to theirs. */
  readonly asked: number;
  readonly answered: number;
  readonly refused: Readonly<Record<DhtRefusal, number>>;
}

/** What the DHT is told by the node: whom it may talk of, and which address records hold. */
export interface DhtHandlers {
  isMember(peer: PeerId): boolean;
  /** The signed address record that is known of a member, this node included. */
  record(peer: PeerId): Uint8Array | null;
  /** The addresses in that record, without `/p2p/…`. */
  addresses(peer: PeerId): readonly string[];
  /** Takes in a record that somebody gave of a member, if it is news. False where it does not hold. */
  offered(peer: PeerId, record: Uint8Array): boolean;
}

/**
 * Lookups in a hash table spread over the members, for what the lists that all of them have do not say. All are bounded in
 * time, members asked and memory, and end early when the signal fires.
 */
export interface MemberDht {
  /**
   * Asks for a member's address record. What holds is given to {@link DhtHandlers.offered} and returned, the newest first; empty
   * where nobody asked has one. Rejects with `TOO_BUSY` or `ABORTED`.
   */
  findRecords(peer: PeerId, options?: { signal?: AbortSignal }): Promise<Uint8Array[]>;
  /** Members that have said they hold a blob, or what it is the root of. To be asked; it need not be so. Rejects as above. */
  findHolders(digest: Digest, options?: { signal?: AbortSignal }): Promise<PeerId[]>;
  /** Says that this node holds something. Others know for `DHT_RECORD_MS`. Gives how many were told. Rejects as above. */
  tellHolding(digest: Digest, options?: { signal?: AbortSignal }): Promise<number>;
  /** Connects to a member where it is known or said to be. Rejects with `PEER_UNREACHABLE`, `NOT_A_MEMBER` or `ABORTED`. */
  reach(peer: PeerId, options?: { signal?: AbortSignal }): Promise<void>;
  /** Looks for the members next to this node, and leaves its address record where others look for it. */
  refresh(options?: { signal?: AbortSignal }): Promise<void>;
  status(): DhtStatus;
}
