import { type Clock, GstoreError, type PeerId, type RequestPurpose } from "@gstore/core";
import type { MemoryBulkChannel } from "./memory-bulk-channel.ts";

/** A request as a fault sees it. */
export interface PassingRequest {
  readonly purpose: RequestPurpose;
  readonly message: Uint8Array;
}

/** One way of a link, with the faults that a test gives it. */
export class MemoryWay {
  readonly #clock: Clock;
  #resume: (() => void) | null = null;
  #resumed: Promise<void> = Promise.resolve();
  /** Milliseconds that each message and each frame takes. */
  delayMs = 0;
  /** Sees each request before it arrives; what it throws is what the asker gets. */
  onRequest: ((request: PassingRequest) => void) | null = null;
  /** Sees each bulk frame before it arrives; what it throws breaks the transfer off. */
  onFrame: ((frame: Uint8Array) => void) | null = null;
  requests = 0;
  frames = 0;
  bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on nothing arrives: what is sent waits, as behind a cable that was pulled. */
  stall(): void {
    if (this.#resume !== null) return;
    this.#resumed = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Lets what waits arrive. */
  resume(): void {
    this.#resume?.();
    this.#resume = null;
  }

  /** Resolves when what is sent now may arrive. */
  async pass(): Promise<void> {
    while (this.#resume !== null) await this.#resumed;
    if (this.delayMs > 0) {
      await new Promise<void>((resolve) => void this.#clock.after(this.delayMs, resolve));
    }
  }
}

/** The link between two nodes of a hub, whether it is connected or not. */
export class MemoryLink {
  readonly peers: readonly [PeerId, PeerId];
  readonly channels: Set<MemoryBulkChannel> = new Set();
  /** Whether dialling fails. */
  severed = false;
  /** Fires when the connection is lost; null while there is none. */
  connection: AbortController | null = null;
  readonly #ways: readonly [MemoryWay, MemoryWay];

  constructor(peers: readonly [PeerId, PeerId], clock: Clock) {
    this.peers = peers;
    this.#ways = [new MemoryWay(clock), new MemoryWay(clock)];
  }

  get isConnected(): boolean {
    return this.connection !== null;
  }

  /** The way from one of the two to the other. */
  from(peer: PeerId): MemoryWay {
    return this.#ways[peer === this.peers[0] ? 0 : 1];
  }

  /** Stalls both ways, or lets both go on. */
  stall(): void {
    for (const way of this.#ways) way.stall();
  }

  resume(): void {
    for (const way of this.#ways) way.resume();
  }

  /** Takes note of a transfer. */
  add(channel: MemoryBulkChannel): void {
    for (const known of this.channels) if (known.isOver) this.channels.delete(known);
    this.channels.add(channel);
  }

  /** Breaks off all that is under way. */
  lose(): void {
    const lost = () => connectionLost();
    this.connection?.abort(lost());
    this.connection = null;
    for (const channel of this.channels) channel.breakOff(lost(), lost());
    this.channels.clear();
  }
}

export function connectionLost(): GstoreError {
  return new GstoreError("CONNECTION_LOST", "The connection to the peer was lost.", { retryable: true });
}

export function unreachable(peer: PeerId): GstoreError {
  return new GstoreError("PEER_UNREACHABLE", "The peer can't be reached.", { peer, retryable: true });
}
