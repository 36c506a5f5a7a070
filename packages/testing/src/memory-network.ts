import {
  abortedError,
  type BulkChannel,
  type BulkLimits,
  type CertificateChain,
  type ConnectedPeer,
  DIAL_TIMEOUT_MS,
  GstoreError,
  isGstoreError,
  MESSAGE_BYTES_MAX,
  type PeerHandlers,
  type PeerId,
  type PeerNetwork,
  PING_TIMEOUT_MS,
  RECONNECT_DELAY_MIN_MS,
  REQUEST_TIMEOUT_MS,
  type RequestPurpose,
} from "@gstore/core";
import { MemoryBulkChannel } from "./memory-bulk-channel.ts";
import type { MemoryHub } from "./memory-hub.ts";
import { connectionLost, type MemoryLink, unreachable } from "./memory-link.ts";

export interface MemoryNetworkOptions {
  readonly self: PeerId;
  readonly certificate: CertificateChain;
  /** Puts something between the node and its peers: a peer that lies, counts or fails. */
  readonly wrap?: (handlers: PeerHandlers) => PeerHandlers;
}

/** One node's door to a hub. */
export class MemoryNetwork implements PeerNetwork {
  #limits: BulkLimits = { upBytesPerSecond: null, downBytesPerSecond: null };
  readonly self: PeerId;
  readonly #hub: MemoryHub;
  readonly #options: MemoryNetworkOptions;
  readonly #peers = new Map<PeerId, ConnectedPeer>();
  readonly #kept = new Set<string>();
  #handlers: PeerHandlers | null = null;

  constructor(hub: MemoryHub, options: MemoryNetworkOptions) {
    this.self = options.self;
    this.#hub = hub;
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#handlers !== null;
  }

  async start(handlers: PeerHandlers): Promise<void> {
    this.#handlers = this.#options.wrap?.(handlers) ?? handlers;
  }

  async stop(): Promise<void> {
    this.#kept.clear();
    for (const peer of [...this.#peers.keys()]) this.#hub.disconnect(this.self, peer);
    this.#handlers = null;
  }

  /** Kept, and not kept to: what moves here takes no time to limit. */
  limitBulk(limits: BulkLimits): void {
    this.#limits = limits;
  }

  bulkLimits(): BulkLimits {
    return this.#limits;
  }

  addresses(): string[] {
    return [`/memory/${this.self}/p2p/${this.self}`];
  }

  peers(): ConnectedPeer[] {
    return [...this.#peers.values()];
  }

  keepConnected(address: string): void {
    this.#kept.add(address);
    void this.#dial(address);
  }

  forgetAddress(address: string): void {
    this.#kept.delete(address);
  }

  async ping(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<number> {
    const begun = this.#hub.clock.monotonic();
    await this.#guarded(peer, { signal: options.signal, timeoutMs: PING_TIMEOUT_MS }, async (link) => {
      await link.from(this.self).pass();
      await link.from(peer).pass();
    });
    return this.#hub.clock.monotonic() - begun;
  }

  async connect(address: string, options: { signal?: AbortSignal } = {}): Promise<PeerId> {
    if (options.signal?.aborted) throw abortedError(options.signal);
    const peer = peerOf(address);
    await this.#hub.connect(this.self, peer);
    return peer;
  }

  async disconnect(peer: PeerId): Promise<void> {
    this.#hub.disconnect(this.self, peer);
  }

  async request(
    peer: PeerId,
    purpose: RequestPurpose,
    message: Uint8Array,
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<Uint8Array> {
    if (message.length > MESSAGE_BYTES_MAX) throw new GstoreError("TOO_LARGE", "A message is too large.");
    const { signal, timeoutMs = REQUEST_TIMEOUT_MS } = options;
    const sent = Uint8Array.from(message);
    return await this.#guarded(peer, { signal, timeoutMs }, async (link, remoteSignal) => {
      const there = link.from(this.self);
      there.requests++;
      there.bytes += message.length;
      await there.pass();
      there.onRequest?.({ purpose, message: sent });
      const other = this.#hub.network(peer) as MemoryNetwork;
      const answer = await other.answer(this.self, { purpose, message: sent }, remoteSignal);
      const back = link.from(peer);
      back.bytes += answer.length;
      await back.pass();
      return Uint8Array.from(answer);
    });
  }

  async openBulk(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<BulkChannel> {
    const guard = { signal: options.signal, timeoutMs: DIAL_TIMEOUT_MS };
    return await this.#guarded(peer, guard, async (link, given) => {
      await link.from(this.self).pass();
      await link.from(peer).pass();
      if (given.aborted) throw connectionLost();
      const [here, there] = [this.#channel(link, this.self, peer), this.#channel(link, peer, this.self)];
      MemoryBulkChannel.join(here, there);
      link.add(here);
      void (this.#hub.network(peer) as MemoryNetwork).serve(this.self, there);
      return here;
    });
  }

  /** Called by the hub. */
  admit(other: MemoryNetwork): void {
    this.#handlers?.admit(other.self, other.#options.certificate);
  }

  connectedTo(other: MemoryNetwork, direction: ConnectedPeer["direction"]): void {
    const peer: ConnectedPeer = {
      peer: other.self,
      certificate: other.#options.certificate,
      agent: "gstore",
      address: other.addresses()[0] as string,
      direction,
      punched: false,
      connectedAtMs: this.#hub.clock.now(),
      roundTripMs: null,
      bytesSent: 0,
      bytesReceived: 0,
    };
    this.#peers.set(other.self, peer);
    this.#handlers?.connected(peer);
  }

  disconnectedFrom(peer: PeerId): void {
    if (!this.#peers.delete(peer)) return;
    this.#handlers?.disconnected(peer);
    for (const address of this.#kept) if (peerOf(address) === peer) this.#dialLater(address);
  }

  async answer(
    from: PeerId,
    { purpose, message }: { purpose: RequestPurpose; message: Uint8Array },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    try {
      if (this.#handlers === null) throw connectionLost();
      return await this.#handlers.request(from, purpose, message, signal);
    } catch (error) {
      throw this.#asItTravels(error);
    }
  }

  async serve(from: PeerId, channel: MemoryBulkChannel): Promise<void> {
    try {
      await this.#handlers?.bulk(from, channel);
      await channel.end().catch(() => {});
      // What the peer still sends is thrown away.
      while ((await channel.receive().catch(() => null)) !== null);
    } catch (error) {
      channel.breakOff(error as Error, this.#asItTravels(error));
    }
  }

  /** A peer is told a `GstoreError`'s code and message, of others only that there was one. */
  #asItTravels(error: unknown): GstoreError {
    const peer = this.self;
    if (isGstoreError(error)) {
      return new GstoreError(error.code, error.message, { peer, retryable: error.retryable });
    }
    this.#hub.unexpected.push(error);
    return new GstoreError("INTERNAL", "The peer failed.", { peer });
  }

  #channel(link: MemoryLink, from: PeerId, to: PeerId): MemoryBulkChannel {
    const way = link.from(from);
    return new MemoryBulkChannel({
      peer: to,
      clock: this.#hub.clock,
      passage: () => way.pass(),
      inspect: (frame) => {
        way.frames++;
        way.bytes += frame.length;
        way.onFrame?.(frame);
      },
    });
  }

  /** Runs something on a connection, given up when that is lost, the signal fires or the time is over. */
  async #guarded<T>(
    peer: PeerId,
    guard: { signal: AbortSignal | undefined; timeoutMs: number },
    action: (link: MemoryLink, given: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { signal, timeoutMs } = guard;
    if (signal?.aborted) throw abortedError(signal);
    const link = this.#hub.link(this.self, peer);
    const lost = link.connection?.signal;
    if (lost === undefined || !this.isRunning) throw unreachable(peer);
    const giveUp = new AbortController();
    const onAbort = () => giveUp.abort(abortedError(signal as AbortSignal));
    const onLost = () => giveUp.abort(connectionLost());
    signal?.addEventListener("abort", onAbort);
    lost.addEventListener("abort", onLost);
    const cancelTimeout = this.#hub.clock.after(timeoutMs, () => giveUp.abort(timedOut(peer, timeoutMs)));
    const given = new Promise<never>((_, reject) => {
      giveUp.signal.addEventListener("abort", () => reject(giveUp.signal.reason as Error));
    });
    try {
      return await Promise.race([action(link, giveUp.signal), given]);
    } finally {
      cancelTimeout();
      signal?.removeEventListener("abort", onAbort);
      lost.removeEventListener("abort", onLost);
    }
  }

  async #dial(address: string): Promise<void> {
    if (!this.#kept.has(address) || !this.isRunning) return;
    await this.connect(address).catch(() => this.#dialLater(address));
  }

  #dialLater(address: string): void {
    this.#hub.clock.after(RECONNECT_DELAY_MIN_MS, () => void this.#dial(address));
  }
}

function peerOf(address: string): PeerId {
  return address.slice(address.lastIndexOf("/") + 1) as PeerId;
}

function timedOut(peer: PeerId, afterMs: number): GstoreError {
  return new GstoreError("TIMEOUT", `The peer did not answer within ${afterMs} ms.`, {
    peer,
    retryable: true,
  });
}
