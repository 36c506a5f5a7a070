import {
  abortedError,
  type Clock,
  type Digest,
  GstoreError,
  isGstoreError,
  type PeerId,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import { HolderLookups, type SoughtVersion } from "../holders/holder-lookups.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import { AwayHolders } from "./away-holders.ts";
import { FetchLane, type FetchRequest } from "./fetch-lane.ts";
import { PeerSpeeds } from "./peer-speeds.ts";

export interface BlobFetcherOptions {
  readonly network: PeerNetwork;
  readonly members: Pick<Members, "count" | "mayHold">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Fetches blobs from whichever members have them: from several at once, the quicker ones more, each blob verified, and from
 * another member when one is slow, gone, or sends something else. Who lied is not asked again for a while.
 */
export class BlobFetcher {
  readonly #options: BlobFetcherOptions;
  readonly #lanes = new Map<string, FetchLane>();
  /** Peers that sent wrong bytes, failed or were slow, until when (monotonic ms) they are asked last. */
  readonly #avoided = new Map<PeerId, number>();
  readonly #speeds = new PeerSpeeds();
  readonly #away: AwayHolders;
  /** Who is said to hold what, besides those that should. */
  readonly holders: HolderLookups;

  constructor(options: BlobFetcherOptions) {
    this.#options = options;
    this.#away = new AwayHolders(options);
    this.holders = new HolderLookups(options);
  }

  /**
   * A blob's verified bytes. `likely` are members that probably have it: they are asked before the others, and connected to
   * where nobody has it who is; then those that are said to hold `version`, which it is a part of. Rejects with
   * `NO_HOLDER_REACHABLE` when all these were asked in vain. The caller bounds how many it asks for at once.
   */
  fetch(
    digest: Digest,
    options: {
      space: SpaceId;
      likely?: ReadonlySet<PeerId>;
      version?: Omit<SoughtVersion, "space">;
      signal?: AbortSignal | undefined;
    },
  ): Promise<Uint8Array> {
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
        likely: options.likely ?? NOBODY,
        version: options.version === undefined ? null : { ...options.version, space: options.space },
        named: null,
        reachedFor: 0,
        tried: new Set(),
        slow: new Set(),
        lost: new Set(),
        askedAgain: 0,
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
    const connected = this.#options.network.peers();
    this.#speeds.keep(connected);
    let best: { lane: FetchLane; waitMs: number } | undefined;
    for (const one of connected) {
      const { peer } = one;
      if (request.tried.has(peer)) continue;
      const lane = this.#lane(peer, request.space);
      const isAvoided = (this.#avoided.get(peer) ?? 0) > now;
      const putOffMs = (isAvoided ? AVOIDED_WAIT_MS : 0) + (request.likely.has(peer) ? 0 : UNLIKELY_WAIT_MS);
      const waitMs = this.#speeds.wait(one, lane.load) + putOffMs;
      if (best === undefined || waitMs < best.waitMs) best = { lane, waitMs };
    }
    if (best !== undefined) best.lane.add(request);
    else if (request.reachedFor < REACHED_FOR_MAX && this.#away.mayReach(request.likely))
      void this.#reach(request).then(() => this.#assign(request));
    else this.#askAgain(request);
  }

  /** Connects to some of those that probably have it. */
  async #reach(request: FetchRequest): Promise<void> {
    request.reachedFor++;
    const tried = await this.#away.reach(request.likely);
    const connected = new Set(this.#options.network.peers().map(({ peer }) => peer));
    for (const peer of tried) if (!connected.has(peer)) this.#refute(request, peer);
  }

  /** Nobody who is known to should have it: those are asked next that are said to. */
  async #seek(request: FetchRequest, version: SoughtVersion): Promise<void> {
    request.named = new Set(await this.holders.find(version));
    request.likely = new Set([...request.likely, ...request.named]);
    this.#assign(request);
  }

  #refute(request: FetchRequest, peer: PeerId): void {
    if (request.named?.has(peer) && request.version !== null) this.holders.refute(request.version.root, peer);
  }

  #reassign(request: FetchRequest, peer: PeerId): void {
    const { lastError } = request;
    if (isGstoreError(lastError, "BLOB_NOT_FOUND", "PROTOCOL_VIOLATION")) this.#refute(request, peer);
    this.#assign(request);
  }

  /** Nobody is left who was not asked: those that were only slow, or whose link was lost, are once more, one after the other. */
  #askAgain(request: FetchRequest): void {
    const again = this.#options.network.peers().find(({ peer }) => request.slow.has(peer));
    if (again === undefined && request.named === null && request.version !== null)
      return void this.#seek(request, request.version);
    if (again === undefined || request.askedAgain >= ASKED_AGAIN_MAX) {
      request.reject(noHolder(request));
      return;
    }
    request.slow.delete(again.peer);
    request.askedAgain++;
    this.#lane(again.peer, request.space).add(request);
  }

  #avoid(peer: PeerId, forMs: number): void {
    const until = this.#options.clock.monotonic() + forMs;
    this.#avoided.set(peer, Math.max(until, this.#avoided.get(peer) ?? 0));
  }

  #mayLeave(request: FetchRequest): boolean {
    if (request.askedAgain > 0) return false;
    return this.#options.network
      .peers()
      .some(({ peer }) => !request.tried.has(peer) || request.slow.has(peer));
  }

  #lane(peer: PeerId, space: SpaceId): FetchLane {
    const id = `${peer} ${space}`;
    const known = this.#lanes.get(id);
    if (known !== undefined) return known;
    const lane = new FetchLane({
      ...this.#options,
      peer,
      space,
      reassign: (request) => this.#reassign(request, peer),
      avoid: (forMs) => this.#avoid(peer, forMs),
      took: (ms) => this.#speeds.note(peer, ms),
      mayLeave: (request) => this.#mayLeave(request),
      closed: () => this.#lanes.delete(id),
    });
    this.#lanes.set(id, lane);
    return lane;
  }
}

/** Added to an avoided peer's wait, so that any other is taken first. */
const AVOIDED_WAIT_MS = 1e9;
/** Added to the wait of a peer that hardly has it: those that should are asked first, unless they are avoided. */
const UNLIKELY_WAIT_MS = 1e8;
/** Slow peers that are asked again for one blob: each may take as long as its link lets it. */
const ASKED_AGAIN_MAX = 3;
/** Times that members are connected to for one blob, some at once: all that should have it and all that are said to. */
const REACHED_FOR_MAX = 8;
const NOBODY: ReadonlySet<PeerId> = new Set();

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
