import { throwIfAborted } from "@gstore/core";
import type { SealedBlob } from "../manifest-builder.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { ChunkSealer } from "./chunk-sealer.ts";
import type { KnownChunk, KnownChunks } from "./known-chunks.ts";
import type { SealOutcome } from "./seal-chunk.ts";

export interface SealPipelineOptions {
  readonly sealer: ChunkSealer;
  readonly space: OpenSpace;
  /** Chunks of the key's last version; asked for once, with the second chunk. */
  readonly known: () => Promise<KnownChunks | null>;
  readonly signal: AbortSignal | undefined;
  /** Takes the chunks, in the order of the file and one after the other. */
  readonly sealed: (chunk: SealedBlob) => Promise<void>;
  readonly reused: (chunk: KnownChunk) => Promise<void>;
}

/** Seals the chunks of one file, several at once, and hands them on in their order. */
export class SealPipeline {
  readonly #options: SealPipelineOptions;
  #count = 0;
  #known: KnownChunks | null = null;
  #last: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | null = null;

  constructor(options: SealPipelineOptions) {
    this.#options = options;
  }

  /** Takes the next chunk, which is borrowed until this resolves. Rejects where an earlier one failed. */
  async add(plain: Uint8Array): Promise<void> {
    const { sealer, space, signal } = this.#options;
    this.#count++;
    if (this.#count === 2) this.#known = await this.#options.known();
    const release = await sealer.room(signal);
    if (this.#failure !== null) release();
    this.#throwFailure();
    const sealing = sealer.seal(space, plain, this.#known?.table);
    // Looked at in its turn.
    sealing.catch(() => {});
    this.#last = this.#last.then(() => this.#handOn(sealing)).finally(release);
    this.#last.catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /** Resolves when all chunks are handed on. */
  async finish(): Promise<void> {
    await this.#last;
    this.#throwFailure();
  }

  /** Hands nothing on any more. Resolves when nothing runs. */
  async abandon(error: unknown): Promise<void> {
    this.#failure ??= { error };
    await this.#last.catch(() => {});
  }

  async #handOn(sealing: Promise<SealOutcome>): Promise<void> {
    const outcome = await sealing;
    this.#throwFailure();
    throwIfAborted(this.#options.signal);
    if ("sealed" in outcome) await this.#options.sealed(outcome.sealed);
    else await this.#options.reused((this.#known as KnownChunks).chunks[outcome.known] as KnownChunk);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
