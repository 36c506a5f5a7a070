import type { CertificateChain } from "../formats/membership.ts";
import type { PeerId } from "../ids.ts";
import type { DhtHandlers, MemberDht } from "./member-dht.ts";

/** What requests are about: each purpose has one kept stream per peer. */
export type RequestPurpose = "entries" | "blobs" | "membership";

/** A member we have a connection to, its certificate checked. */
export interface ConnectedPeer {
  readonly peer: PeerId;
  readonly certificate: CertificateChain;
  /** Name and version of its program as it says, printable and short: `gstore/1.2.3`. Proves nothing. */
  readonly agent: string;
  /** Address of the connection, as multiaddr. */
  readonly address: string;
  readonly direction: "inbound" | "outbound";
  /** Made through two routers by both sides' connecting at once: nobody can dial the address. */
  readonly punched: boolean;
  readonly connectedAtMs: number;
  /** Last round-trip time; null before the first ping. */
  readonly roundTripMs: number | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** A bulk connection in use for one transfer: frames both ways with the flow control of the link below. */
export interface BulkChannel {
  readonly peer: PeerId;
  /** Sends one frame of at most `BULK_FRAME_BYTES_MAX`, its parts put together on the way. Resolves when the link takes more. */
  send(...parts: Uint8Array[]): Promise<void>;
  /** The next frame, or null when the peer has ended the transfer. The caller owns the bytes. */
  receive(): Promise<Uint8Array | null>;
  /** Gives the memory of a received frame back, for frames to come: nobody looks at `bytes`, or the rest of the frame, again. */
  recycle(bytes: Uint8Array): void;
  /** Ends our side in order. When both sides have ended, the connection goes back to the pool. */
  end(): Promise<void>;
  /** Breaks the transfer off and closes the connection. */
  abort(reason: Error): void;
}

/** What a node does for its peers. Rejections with a `GstoreError` travel to the peer as their code and message. */
export interface PeerHandlers {
  /** Answers one request. The signal fires when the peer goes away. */
  request(
    from: PeerId,
    purpose: RequestPurpose,
    message: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  /** Serves one bulk transfer that a peer began; the channel is ended or aborted when it resolves or rejects. */
  bulk(from: PeerId, channel: BulkChannel): Promise<void>;
  /** Decides on a peer's certificate after TLS proved its PeerId. Throws `CERTIFICATE_INVALID`, `WRONG_NETWORK` or `NOT_A_MEMBER`. */
  admit(peer: PeerId, certificate: CertificateChain): void;
  /**
   * Answers the one message that a peer which has shown no certificate may send. TLS has proved `from`. `binding` is the TLS
   * exporter's value of this session, the same 32 bytes at both ends and nowhere else: a proof made over it is of no use
   * elsewhere. Rejections with `REQUEST_REFUSED`, `TICKET_INVALID` or `TOO_BUSY` travel as their code and message, all others
   * as a bare `REQUEST_REFUSED`. The stranger may be gone before the answer reaches it. Without this handler strangers are
   * not heard at all.
   */
  stranger?(from: PeerId, message: Uint8Array, binding: Uint8Array): Promise<Uint8Array>;
  connected(peer: ConnectedPeer): void;
  /**
   * A connected peer has made another connection. It may have lost the first and gone on alone for a while before this side
   * noticed: what it did then it told nobody here.
   */
  connectedAgain?(peer: ConnectedPeer): void;
  disconnected(peer: PeerId): void;
  /** A node of this network says that it is on the local network, at these addresses. Only a hint: anybody there can say so. */
  seenOnLan?(peer: PeerId, addresses: readonly string[]): void;
  /** Without these there is no DHT. */
  readonly dht?: DhtHandlers;
}

/** Bytes per second of bulk transfers, all peers together; null for no limit. */
export interface BulkLimits {
  readonly upBytesPerSecond: number | null;
  readonly downBytesPerSecond: number | null;
}

/** What a node knows of being reached, and does so that others are. */
export interface ReachabilityState {
  /** Whether members that were asked could dial it; `unknown` where nobody could say. */
  readonly reached: "unknown" | "yes" | "no";
  /** Through whom others reach it. */
  readonly relays: readonly PeerId[];
  /** Members that it has places for, connections that it relays now, and requests to relay that it refused since its start. */
  readonly places: number;
  readonly relayed: number;
  readonly refused: number;
  /** Tries since the start to get a direct way to one that is connected through a relay, and those that did. */
  readonly punchesTried: number;
  readonly punchesMade: number;
  /** Connections that it refused since its start before their other end was admitted: strangers, and who came above a cap. */
  readonly turnedAway: number;
  /** The port that the router says it forwards to this node; null for none. */
  readonly forwardedPort: number | null;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** Does not wait for other dials of the same peer: several of its addresses may be dialled at once. Needs `/p2p/…`. */
  readonly apart?: boolean;
}

/** Connections to members. Whoever has not passed the handshake is not seen above this port. */
export interface PeerNetwork {
  readonly self: PeerId;
  /** Null or undefined where it is off, and before the start. */
  readonly dht?: MemberDht | null;
  start(handlers: PeerHandlers): Promise<void>;
  stop(): Promise<void>;
  /** Full multiaddrs (with `/p2p/…`) this node listens on. */
  addresses(): string[];
  peers(): ConnectedPeer[];
  /** Left out by networks in which everybody reaches everybody. */
  reachability?(): ReachabilityState;
  /** Keeps a connection to this multiaddr: dialled at once and again, with backoff, whenever it is lost. */
  keepConnected(address: string): void;
  /** Ends what {@link keepConnected} began; the connection itself stays. */
  forgetAddress(address: string): void;
  /** Dials once. Rejects with `PEER_UNREACHABLE`, `PEER_MISMATCH`, `HANDSHAKE_FAILED`, `WRONG_NETWORK`, … */
  connect(address: string, options?: ConnectOptions): Promise<PeerId>;
  /** Drops every connection of a peer. */
  disconnect(peer: PeerId): Promise<void>;
  /** Sends a request on the purpose's kept stream and gives the answer. Rejects with the peer's error, `PEER_UNREACHABLE`, `CONNECTION_LOST` or `TIMEOUT`. */
  request(
    peer: PeerId,
    purpose: RequestPurpose,
    message: Uint8Array,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<Uint8Array>;
  /** The round-trip time (ms) to a connected peer, measured now. Rejects with `PEER_UNREACHABLE`, `TIMEOUT` or `CONNECTION_LOST`. */
  ping(peer: PeerId, options?: { signal?: AbortSignal }): Promise<number>;
  /** Takes a bulk connection from the pool, or makes one. */
  openBulk(peer: PeerId, options?: { signal?: AbortSignal }): Promise<BulkChannel>;
  /**
   * Limits bulk transfers, those that are under way too. Requests are never held back, and what a transfer sends first goes
   * before the rest. Throws `INVALID_ARGUMENT` for a limit below which transfers would be taken for stalled.
   */
  limitBulk(limits: BulkLimits): void;
  bulkLimits(): BulkLimits;
}
