import {
  type BlobStore,
  DIGESTS_PER_MESSAGE_MAX,
  type Entry,
  type ManifestChild,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import { decodeHaveBlobsAnswer, encodeHaveBlobs } from "@gstore/p2p";
import { blobsOfVersion } from "./local-completeness.ts";

/**
 * How much of some versions of one space a member holds, asked of it: a large one is long under way before it is whole.
 * Goes on where it was: of what the member had the last time nothing is asked again.
 */
export class HeldBytes {
  readonly #options: { readonly network: PeerNetwork; readonly blobs: BlobStore };
  readonly #peer: PeerId;
  readonly #versions: readonly Entry[];
  readonly #blobs: AsyncGenerator<ManifestChild>;
  #page: ManifestChild[] = [];
  #passedBytes = 0;
  #counted = 0;

  constructor(
    options: { readonly network: PeerNetwork; readonly blobs: BlobStore },
    peer: PeerId,
    versions: readonly Entry[],
  ) {
    this.#options = options;
    this.#peer = peer;
    this.#versions = versions;
    this.#blobs = this.#all();
  }

  /** What the last count gave. */
  get counted(): number {
    return this.#counted;
  }

  /** Rejects where the member fails. */
  async count(signal: AbortSignal): Promise<number> {
    this.#counted = await this.#count(signal);
    return this.#counted;
  }

  async #count(signal: AbortSignal): Promise<number> {
    for (;;) {
      if (this.#page.length === 0) await this.#nextPage();
      const [first] = this.#versions;
      if (this.#page.length === 0 || first === undefined) return this.#passedBytes;
      const question = encodeHaveBlobs({
        space: first.body.space,
        digests: this.#page.map(({ digest }) => digest),
      });
      const answer = await this.#options.network.request(this.#peer, "blobs", question, { signal });
      const have = decodeHaveBlobsAnswer(answer, this.#page.length);
      const heldBytes = this.#page.reduce((sum, { size }, index) => sum + (have[index] ? size : 0), 0);
      if (have.includes(false)) return this.#passedBytes + heldBytes;
      this.#passedBytes += heldBytes;
      this.#page = [];
    }
  }

  async #nextPage(): Promise<void> {
    while (this.#page.length < DIGESTS_PER_MESSAGE_MAX) {
      const { value, done } = await this.#blobs.next();
      if (done) return;
      this.#page.push(value);
    }
  }

  async *#all(): AsyncGenerator<ManifestChild> {
    for (const { body } of this.#versions)
      if (body.content !== null) yield* blobsOfVersion(this.#options.blobs, body.space, body.content);
  }
}
