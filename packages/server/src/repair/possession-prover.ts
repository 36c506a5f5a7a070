import {
  type BlobStore,
  type Clock,
  type Digest,
  freeMemory,
  GstoreError,
  isGstoreError,
  type PeerId,
  PROOF_BYTES_PER_SECOND,
  PROOFS_AT_ONCE_MAX,
  PROOFS_AT_ONCE_PER_PEER_MAX,
  type SpaceId,
} from "@gstore/core";
import { provePossession } from "@gstore/crypto";
import type { ProveBlobs } from "@gstore/p2p";

export interface PossessionProverOptions {
  readonly self: PeerId;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** A blob proved damaged here. */
  readonly damaged: (digest: Digest) => void;
}

/** What is read for one member before it has to wait: two seconds' worth. */
const BURST_MS = 2000;

/** Proves to other members that blobs are here now: reads, verifies and hashes them, a bounded amount for each member. */
export class PossessionProver {
  readonly #options: PossessionProverOptions;
  readonly #running = new Map<PeerId, number>();
  /** Until when (monotonic ms) what was read for a member is paid for. */
  readonly #paidUntil = new Map<PeerId, number>();

  constructor(options: PossessionProverOptions) {
    this.#options = options;
  }

  /** The caller has made sure that the member may hold the space. Rejects with `TOO_BUSY`. */
  async answer(from: PeerId, { space, nonce, digests }: ProveBlobs): Promise<(Uint8Array | null)[]> {
    this.#refuseBusy(from);
    this.#running.set(from, (this.#running.get(from) ?? 0) + 1);
    try {
      const challenge = { nonce, challenger: from, holder: this.#options.self, space };
      const proofs: (Uint8Array | null)[] = [];
      // One after the other: the memory is that of one blob.
      for (const digest of digests) {
        const blob = await this.#read(digest, space);
        proofs.push(blob && provePossession(challenge, digest, blob));
        if (blob === null) continue;
        this.#pay(from, blob.length);
        freeMemory(blob);
      }
      return proofs;
    } finally {
      const left = (this.#running.get(from) ?? 1) - 1;
      if (left > 0) this.#running.set(from, left);
      else this.#running.delete(from);
    }
  }

  #refuseBusy(from: PeerId): void {
    const now = this.#options.clock.monotonic();
    for (const [peer, until] of this.#paidUntil) if (until <= now) this.#paidUntil.delete(peer);
    const running = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    const isBusy =
      running >= PROOFS_AT_ONCE_MAX ||
      (this.#running.get(from) ?? 0) >= PROOFS_AT_ONCE_PER_PEER_MAX ||
      (this.#paidUntil.get(from) ?? now) - now > BURST_MS;
    if (!isBusy) return;
    throw new GstoreError("TOO_BUSY", "This node reads no more for your proofs now. Ask again later.", {
      peer: from,
      retryable: true,
    });
  }

  #pay(from: PeerId, bytes: number): void {
    const since = Math.max(this.#options.clock.monotonic(), this.#paidUntil.get(from) ?? 0);
    this.#paidUntil.set(from, since + (bytes / PROOF_BYTES_PER_SECOND) * 1000);
  }

  /** Null for what is not here, or not whole. */
  async #read(digest: Digest, space: SpaceId): Promise<Uint8Array | null> {
    try {
      return await this.#options.blobs.get(digest, { space });
    } catch (error) {
      if (!isGstoreError(error, "BLOB_NOT_FOUND", "BLOB_DAMAGED", "STORE_IO")) throw error;
      if (error.code === "BLOB_DAMAGED") this.#options.damaged(digest);
      return null;
    }
  }
}
