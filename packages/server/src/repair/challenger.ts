import {
  type BlobStore,
  type Clock,
  type Digest,
  type Entry,
  freeMemory,
  isGstoreError,
  type PeerId,
  type PeerNetwork,
  PROOFS_AT_ONCE_PER_PEER_MAX,
  PROVED_BLOBS_MAX,
  type Random,
  type SpaceId,
} from "@gstore/core";
import { CHALLENGE_NONCE_BYTES, type PossessionChallenge, provePossession } from "@gstore/crypto";
import { decodeProveBlobsAnswer, encodeProveBlobs } from "@gstore/p2p";
import { pause } from "../pause.ts";
import { Slots } from "../slots.ts";
import { BUSY_PAUSES_MS } from "./limits.ts";
import { sampleBlobs } from "./sample-blobs.ts";

export interface ChallengerOptions {
  readonly network: PeerNetwork;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a holder made of a challenge: `unknown` where it did not answer, or we could not tell. */
export type Verdict = "proved" | "missing" | "wrong" | "unknown";

/** A proof takes reading of 64 MiB at most; a busy disk may take its time over that. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Makes other members prove that they have what this node has too. */
export class Challenger {
  readonly #options: ChallengerOptions;
  /** By holder: it works on so many of our questions at once, and refuses more. */
  readonly #slots = new Map<PeerId, Slots>();

  constructor(options: ChallengerOptions) {
    this.#options = options;
  }

  /** Blobs of a version by chance, at most so many; none where this node's own copy can't be read. */
  async sample({ body }: Entry, count: number): Promise<Digest[]> {
    try {
      return await sampleBlobs(this.#options, body, Math.min(count, PROVED_BLOBS_MAX));
    } catch (error) {
      if (isGstoreError(error)) return [];
      throw error;
    }
  }

  /** Challenges a member on blobs of a space, at most `PROVED_BLOBS_MAX`. Rejects only when the signal fires. */
  async challenge(
    holder: PeerId,
    { space, digests }: { readonly space: SpaceId; readonly digests: readonly Digest[] },
    signal: AbortSignal,
  ): Promise<Verdict> {
    const release = await this.#slotsOf(holder).take(signal);
    try {
      return await this.#challenge(holder, { space, digests }, signal);
    } finally {
      release();
    }
  }

  async #challenge(
    holder: PeerId,
    { space, digests }: { readonly space: SpaceId; readonly digests: readonly Digest[] },
    signal: AbortSignal,
  ): Promise<Verdict> {
    const { network, random } = this.#options;
    const nonce = random.bytes(CHALLENGE_NONCE_BYTES);
    const challenge: PossessionChallenge = { nonce, challenger: network.self, holder, space };
    const expected = await this.#expected(challenge, digests);
    if (expected.size === 0) return "unknown";
    const asked = [...expected.keys()];
    let proofs: (Uint8Array | null)[];
    try {
      const message = encodeProveBlobs({ space, nonce, digests: asked });
      const answer = await this.#whenFree(signal, () =>
        network.request(holder, "blobs", message, { signal, timeoutMs: ANSWER_TIMEOUT_MS }),
      );
      proofs = decodeProveBlobsAnswer(answer, asked.length);
    } catch (error) {
      if (signal.aborted || !isGstoreError(error)) throw error;
      return isGstoreError(error, "INVALID_FORMAT", "TOO_LARGE") ? "wrong" : "unknown";
    }
    if (proofs.includes(null)) return "missing";
    const isRight = asked.every((digest, index) =>
      Buffer.from(expected.get(digest) as Uint8Array).equals(proofs[index] as Uint8Array),
    );
    return isRight ? "proved" : "wrong";
  }

  /** Asks again after a pause where the holder is busy: with proofs for others, or having read much for us. */
  async #whenFree<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    for (const pauseMs of BUSY_PAUSES_MS) {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted || !isGstoreError(error, "TOO_BUSY")) throw error;
        await pause(this.#options.clock, pauseMs, signal);
      }
    }
    return await ask();
  }

  #slotsOf(holder: PeerId): Slots {
    const slots = this.#slots.get(holder) ?? new Slots(PROOFS_AT_ONCE_PER_PEER_MAX);
    this.#slots.set(holder, slots);
    return slots;
  }

  /** The right proof of each blob that can be read here. */
  async #expected(
    challenge: PossessionChallenge,
    digests: readonly Digest[],
  ): Promise<Map<Digest, Uint8Array>> {
    const expected = new Map<Digest, Uint8Array>();
    for (const digest of new Set(digests)) {
      try {
        const blob = await this.#options.blobs.get(digest, { space: challenge.space });
        expected.set(digest, provePossession(challenge, digest, blob));
        freeMemory(blob);
      } catch (error) {
        if (!isGstoreError(error)) throw error;
      }
    }
    return expected;
  }
}
