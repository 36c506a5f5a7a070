import {
  type Clock,
  type ErrorCode,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  isGstoreError,
  type PeerId,
} from "@gstore/core";
import type { Connection, Stream } from "@libp2p/interface";
import {
  RELAY_MESSAGE_BYTES_MAX,
  RELAY_PLACES_MAX,
  RELAYED_BYTES_MAX,
  RELAYED_MAX,
  RELAYED_PER_PEER_MAX,
  RELAYED_TIME_MAX_MS,
} from "../limits.ts";
import { countDown } from "../link-gate.ts";
import type { PeerNetworkLogger } from "../logger.ts";
import type { BulkRates } from "../rate-limit.ts";
import { withTimeout } from "../with-timeout.ts";
import { joinDuplexes } from "./join-duplexes.ts";
import { decodeRelayAnswer, decodeRelayOpen, encodeRelayAnswer, encodeRelayOpen } from "./relay-messages.ts";
import { readFrameOf, StreamDuplex, writeFrame } from "./stream-duplex.ts";

/** On this a member asks a relay for another one, and on that the relay tells the other one. */
export const RELAY_PROTOCOL = "/gstore/1/relay";
export const RELAYED_PROTOCOL = "/gstore/1/relayed";

export interface RelayServerLimits {
  readonly places: number;
  readonly relayed: number;
  readonly perPeer: number;
  readonly bytes: number;
  readonly timeMs: number;
}

const DEFAULTS: RelayServerLimits = {
  places: RELAY_PLACES_MAX,
  relayed: RELAYED_MAX,
  perPeer: RELAYED_PER_PEER_MAX,
  bytes: RELAYED_BYTES_MAX,
  timeMs: RELAYED_TIME_MAX_MS,
};

export interface RelayServerOptions {
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
  readonly limits?: Partial<RelayServerLimits> | undefined;
  readonly rates: BulkRates;
  /** Whether this node relays now. */
  isWilling(): boolean;
  /** The connection to a peer that lies on no relay itself; null where there is none. */
  direct(peer: PeerId): Connection | null;
}

/** Joins members that can't reach each other: moves the bytes of two streams, which are ciphertext of the two. */
export class RelayServer {
  readonly #options: RelayServerOptions;
  readonly #limits: RelayServerLimits;
  readonly #places = new Set<PeerId>();
  readonly #perPeer = new Map<PeerId, number>();
  #relayed = 0;
  #refused = 0;

  constructor(options: RelayServerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
  }

  /** Relayed connections now, and requests refused since the start. */
  get counts(): { readonly relayed: number; readonly places: number; readonly refused: number } {
    return { relayed: this.#relayed, places: this.#places.size, refused: this.#refused };
  }

  /** Lets others reach a member through this node for as long as it is connected. Throws `REQUEST_REFUSED` or `TOO_BUSY`. */
  reserve(peer: PeerId): void {
    try {
      if (!this.#options.isWilling()) throw unwilling();
      if (this.#options.direct(peer) === null) throw refusal("You are not connected to this node directly.");
      if (!this.#places.has(peer) && this.#places.size >= this.#limits.places) throw full("places");
    } catch (error) {
      this.#refused++;
      throw error;
    }
    this.#places.add(peer);
  }

  release(peer: PeerId): void {
    this.#places.delete(peer);
  }

  /** Serves a stream on which a member asks to be joined with another. Never rejects. */
  async serve(stream: Stream, from: PeerId): Promise<void> {
    const { clock, logger } = this.#options;
    const near = new StreamDuplex(stream);
    const limit = withTimeout(clock, { timeoutMs: HANDSHAKE_TIMEOUT_MS, error: tooSlow });
    try {
      await this.#join(near, from, limit.signal);
    } catch (error) {
      this.#refused++;
      logger.debug({ peer: from, error }, "did not relay");
      if (!near.destroyed) writeFrame(near, encodeRelayAnswer(codeOf(error)));
      near.end();
      near.once(
        "close",
        clock.after(HANDSHAKE_TIMEOUT_MS, () => near.destroy()),
      );
    } finally {
      limit.clear();
    }
  }

  async #join(near: StreamDuplex, from: PeerId, signal: AbortSignal): Promise<void> {
    const to = decodeRelayOpen(await readFrameOf(near, { bytesMax: RELAY_MESSAGE_BYTES_MAX, signal }));
    const connection = this.#connectionFor(from, to);
    const leave = this.#enter(from, to);
    let far: StreamDuplex | null = null;
    try {
      far = new StreamDuplex(await connection.newStream(RELAYED_PROTOCOL, { signal, ...STREAMS }));
      writeFrame(far, encodeRelayOpen(from));
      const answer = decodeRelayAnswer(await readFrameOf(far, { bytesMax: RELAY_MESSAGE_BYTES_MAX, signal }));
      if (answer !== null) throw new GstoreError(answer, "The node that was asked for does not take it.");
    } catch (error) {
      far?.destroy();
      leave();
      throw error;
    }
    writeFrame(near, encodeRelayAnswer(null));
    const { bytes, timeMs } = this.#limits;
    const { clock, rates } = this.#options;
    joinDuplexes(near, far, { clock, rates, bytesMax: bytes, timeMaxMs: timeMs, over: leave });
  }

  #connectionFor(from: PeerId, to: PeerId): Connection {
    const { isWilling, direct } = this.#options;
    if (!isWilling()) throw unwilling();
    // Or a chain of relays could be made of members' connections, and a circle.
    if (direct(from) === null) throw refusal("You are not connected to this node directly.");
    const connection = this.#places.has(to) ? direct(to) : null;
    if (connection === null || from === to)
      throw new GstoreError("PEER_UNREACHABLE", "That node has no place here.", { retryable: true });
    return connection;
  }

  /** Counts one more relayed connection, or throws `TOO_BUSY`. */
  #enter(from: PeerId, to: PeerId): () => void {
    const { relayed, perPeer } = this.#limits;
    if (this.#relayed >= relayed) throw full("connections");
    for (const peer of [from, to])
      if ((this.#perPeer.get(peer) ?? 0) >= perPeer) throw full("connections of one of you");
    this.#relayed++;
    for (const peer of [from, to]) this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1);
    return () => {
      this.#relayed--;
      for (const peer of [from, to]) countDown(this.#perPeer, peer);
    };
  }
}

/** For both protocols, on one connection: what one member may have. */
export const STREAMS: { readonly maxInboundStreams: number; readonly maxOutboundStreams: number } = {
  maxInboundStreams: 2 * RELAYED_PER_PEER_MAX,
  maxOutboundStreams: 2 * RELAYED_PER_PEER_MAX,
};

function codeOf(error: unknown): ErrorCode {
  if (isGstoreError(error, "REQUEST_REFUSED", "TOO_BUSY", "PEER_UNREACHABLE", "UNSUPPORTED_VERSION"))
    return error.code;
  return isGstoreError(error, "INVALID_FORMAT") ? "PROTOCOL_VIOLATION" : "PEER_UNREACHABLE";
}

function refusal(message: string): GstoreError {
  return new GstoreError("REQUEST_REFUSED", message);
}

function unwilling(): GstoreError {
  return refusal("This node does not relay.");
}

function full(what: string): GstoreError {
  return new GstoreError("TOO_BUSY", `This node relays for enough already: ${what}.`, { retryable: true });
}

function tooSlow(): GstoreError {
  return new GstoreError("TIMEOUT", "The nodes to be joined did not answer in time.", { retryable: true });
}
