import {
  abortedError,
  type Clock,
  type Digest,
  GstoreError,
  type PeerId,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import { FetchLane, type FetchRequest } from "./fetch-lane.ts";

export interface BlobFetcherOptions {
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Fetches blobs from whichever members have them: from several at once, each blob verified, and from another member when
 * one is slow, gone, or sends something else. Who lied is not asked again for a while.
 */
export class BlobFetcher {
  readonly #options: BlobFetcherOptions;
  readonly #lanes = new Map<string, FetchLane>();
  /** Peers that sent wrong bytes, failed or were slow, until when (monotonic ms) they are asked last. */
  readonly #avoided = new Map<PeerId, number>();

  constructor(options: BlobFetcherOptions) {
    this.#options = options;
  }

  /**
   * A blob's verified bytes. Rejects with `NO_HOLDER_REACHABLE` when every connected member was asked in vain. The caller
   * bounds how many it asks for at once.
   */
  fetch(digest: Digest, options: { space: SpaceId; signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    const { signal } = options;
    return new Promise<Uint8Array>((resolve, reject) => {
      if (signal?.aborted) return reject(abortedError(signal));
      const settle = () => {
        request.settled = true;
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        settle();
        reject(abortedError(signal as AbortSignal));
      };
      const request: FetchRequest = {
        digest,
        space: options.space,
        tried: new Set(),
        settled: false,
        lastError: null,
        resolve: (bytes) => {
          settle();
          resolve(bytes);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#assign(request);
    });
  }

  /** Breaks off all transfers. */
  stop(): void {
    for (const lane of this.#lanes.values()) lane.close(new Error("the node is stopping"));
  }

  #assign(request: FetchRequest): void {
    if (request.settled) return;
    const now = this.#options.clock.monotonic();
    let best: { lane: FetchLane; load: number } | undefined;
    for (const { peer } of this.#options.network.peers()) {
      if (request.tried.has(peer)) continue;
      const lane = this.#lane(peer, request.space);
      const load = lane.load + ((this.#avoided.get(peer) ?? 0) > now ? AVOIDED_LOAD : 0);
      if (best === undefined || load < best.load) best = { lane, load };
    }
    if (best !== undefined) {
      best.lane.add(request);
    } else {
      request.reject(noHolder(request));
    }
  }

  #avoid(peer: PeerId, forMs: number): void {
    const until = this.#options.clock.monotonic() + forMs;
    this.#avoided.set(peer, Math.max(until, this.#avoided.get(peer) ?? 0));
  }

  #lane(peer: PeerId, space: SpaceId): FetchLane {
    const id = `${peer} ${space}`;
    const known = this.#lanes.get(id);
    if (known !== undefined) return known;
    const lane = new FetchLane({
      ...this.#options,
      peer,
      space,
      reassign: (request) => this.#assign(request),
      avoid: (forMs) => this.#avoid(peer, forMs),
      mayLeave: (request) => this.#options.network.peers().some((other) => !request.tried.has(other.peer)),
      closed: () => this.#lanes.delete(id),
    });
    this.#lanes.set(id, lane);
    return lane;
  }
}

/** Added to an avoided peer's load, so that any other is taken first. */
const AVOIDED_LOAD = 1_000_000;

function noHolder(request: FetchRequest): GstoreError {
  const asked = request.tried.size;
  const who =
    asked === 0 ? "no other member is connected" : `none of the ${asked} connected members could give it`;
  return new GstoreError(
    "NO_HOLDER_REACHABLE",
    `A part of the file is not here, and ${who}. Try again when a node that holds the file is up.`,
    { digest: request.digest, retryable: true, cause: request.lastError },
  );
}
