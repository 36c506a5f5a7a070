import {
  type BulkChannel,
  type Clock,
  type Digest,
  digestOf,
  GstoreError,
  isGstoreError,
  type PeerId,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import { decodeBulkFrame, encodeBulkFrame } from "@gstore/p2p";
import type { SoughtVersion } from "../holders/holder-lookups.ts";
import type { Logger } from "../logger.ts";
import { WorkLoop } from "../work-loop.ts";

/** One blob that somebody waits for, and who was asked for it. */
export interface FetchRequest {
  readonly digest: Digest;
  readonly space: SpaceId;
  /** Who probably has it. */
  likely: ReadonlySet<PeerId>;
  /** What it is a part of, where that may be looked up, and who was named then; null before. */
  readonly version: SoughtVersion | null;
  named: ReadonlySet<PeerId> | null;
  /** How often members were connected to for it. */
  reachedFor: number;
  readonly tried: Set<PeerId>;
  /** Those of them that were left since they were slow: when nobody else has it, they are asked again and waited for. */
  readonly slow: Set<PeerId>;
  /** Those whose link broke or stalled: once each they count as slow, since a new link may do what an old one does not. */
  readonly lost: Set<PeerId>;
  /** How often one of those was asked again. */
  askedAgain: number;
  settled: boolean;
  lastError: unknown;
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

export interface FetchLaneOptions {
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peer: PeerId;
  readonly space: SpaceId;
  /** Takes back a request that this peer could not serve. */
  readonly reassign: (request: FetchRequest) => void;
  /** Asks others first for so long (ms). */
  readonly avoid: (forMs: number) => void;
  /** It gave a blob so long (ms) after it was asked, or after the one before. */
  readonly took: (ms: number) => void;
  /** Whether another peer could still be asked for a request. */
  readonly mayLeave: (request: FetchRequest) => boolean;
  readonly closed: () => void;
}

/** Blobs asked for and not yet received on one lane: enough to keep the link busy over a round trip. */
const IN_FLIGHT_MAX = 16;
/** A lane that gives nothing for this long (ms) loses its requests to other peers. */
const SLOW_AFTER_MS = 2000;
/** How long (ms) a peer that was slow or failed, and one that sent wrong bytes, is asked last. */
const SLOW_AVOIDED_MS = 30_000;
const LIAR_AVOIDED_MS = 600_000;
/** An unused lane gives its connection back after this long (ms). */
const IDLE_MS = 1000;

/** Fetches blobs from one peer, in order, over one bulk transfer that stays open while there is work. */
export class FetchLane {
  readonly #options: FetchLaneOptions;
  readonly #sending = new WorkLoop(() => this.#send());
  #queue: FetchRequest[] = [];
  #inFlight: FetchRequest[] = [];
  #channel: BulkChannel | null = null;
  #closed = false;
  /** When (monotonic ms) it began on the blob that comes next. */
  #begunMs = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(options: FetchLaneOptions) {
    this.#options = options;
  }

  get load(): number {
    return this.#queue.length + this.#inFlight.length;
  }

  add(request: FetchRequest): void {
    request.tried.add(this.#options.peer);
    this.#queue.push(request);
    void this.#sending.run();
  }

  /** Ends the lane, which failed; what it had is asked for elsewhere. */
  close(reason: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#options.closed();
    this.#options.avoid(SLOW_AVOIDED_MS);
    this.#channel?.abort(reason instanceof Error ? reason : new Error(String(reason)));
    const left = [...this.#inFlight, ...this.#queue];
    this.#inFlight = [];
    this.#queue = [];
    const isLink = isGstoreError(reason, "CONNECTION_LOST", "TIMEOUT");
    for (const request of left) {
      if (isLink) this.#noteLost(request);
      this.#pass(request, reason);
    }
  }

  #noteLost(request: FetchRequest): void {
    const { peer } = this.#options;
    if (!request.lost.has(peer)) request.slow.add(peer);
    request.lost.add(peer);
  }

  #pass(request: FetchRequest, reason: unknown): void {
    request.lastError = reason;
    this.#options.reassign(request);
  }

  async #send(): Promise<void> {
    try {
      this.#queue = this.#queue.filter((request) => !request.settled);
      const room = IN_FLIGHT_MAX - this.#inFlight.length;
      if (room <= 0 || this.#queue.length === 0 || this.#closed) return;
      // Opening is part of what may be too slow.
      this.#watch();
      const channel = this.#channel ?? (await this.#open());
      const batch = this.#queue.splice(0, room);
      if (this.#inFlight.length === 0) this.#begunMs = this.#options.clock.monotonic();
      this.#inFlight.push(...batch);
      this.#watch();
      const digests = batch.map(({ digest }) => digest);
      await channel.send(...encodeBulkFrame({ type: "want", digests }));
    } catch (error) {
      this.close(error);
    }
  }

  async #open(): Promise<BulkChannel> {
    const { network, peer, space } = this.#options;
    const channel = await network.openBulk(peer);
    if (this.#closed) {
      channel.abort(new Error("not needed any more"));
      throw new GstoreError("ABORTED", "The transfer was given up.");
    }
    this.#channel = channel;
    await channel.send(...encodeBulkFrame({ type: "fetch", space }));
    this.#receive(channel).then(
      () => this.close(new GstoreError("CONNECTION_LOST", "The peer ended the transfer.", { peer })),
      (error: unknown) => this.close(error),
    );
    return channel;
  }

  async #receive(channel: BulkChannel): Promise<void> {
    for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive()) {
      const frame = decodeBulkFrame(bytes);
      // Taken off only once it is served: a request that a liar was asked for goes to another peer.
      const [request] = this.#inFlight;
      const answers = frame.type === "blob" || frame.type === "missing";
      if (request === undefined || !answers || frame.digest !== request.digest)
        throw this.#lie("sent what was not asked for");
      if (frame.type === "blob" && digestOf(frame.bytes) !== request.digest)
        throw this.#lie("sent bytes that do not hash to their digest");
      this.#inFlight.shift();
      if (frame.type === "missing") {
        const { peer } = this.#options;
        this.#begunMs = this.#options.clock.monotonic();
        this.#pass(request, new GstoreError("BLOB_NOT_FOUND", "The peer does not have it.", { peer }));
      } else {
        this.#noteTime();
        if (!request.settled) request.resolve(frame.bytes);
      }
      this.#watch();
      void this.#sending.run();
    }
  }

  #noteTime(): void {
    const now = this.#options.clock.monotonic();
    this.#options.took(now - this.#begunMs);
    this.#begunMs = now;
  }

  #lie(what: string): GstoreError {
    const { peer, logger, avoid } = this.#options;
    avoid(LIAR_AVOIDED_MS);
    logger.warn({ peer }, `a peer ${what}`);
    return new GstoreError("PROTOCOL_VIOLATION", `The peer ${what}.`, { peer });
  }

  /** Begins the wait for the next blob anew, or for more work when there is none. */
  #watch(): void {
    this.#cancelTimer?.();
    const { clock } = this.#options;
    this.#cancelTimer =
      this.load === 0
        ? clock.after(IDLE_MS, () => this.#endWhenIdle())
        : clock.after(SLOW_AFTER_MS, () => this.#leaveSlow());
  }

  #endWhenIdle(): void {
    if (this.load > 0 || this.#closed) return;
    this.#closed = true;
    this.#options.closed();
    this.#channel?.end().catch(() => {});
  }

  /** Slow is no fault where nobody else could be asked: then the link's own stall limit decides. */
  #leaveSlow(): void {
    const pending = [...this.#inFlight, ...this.#queue].filter((request) => !request.settled);
    if (pending.length > 0 && !pending.some((request) => this.#options.mayLeave(request))) {
      this.#watch();
      return;
    }
    const { peer } = this.#options;
    for (const request of pending) request.slow.add(peer);
    this.close(new GstoreError("TIMEOUT", "The peer is slow.", { peer }));
  }
}
