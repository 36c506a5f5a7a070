import { SEALS_PER_THREAD_MAX } from "@gstore/core";
import type { OpenSpace } from "../membership/spaces.ts";
import { Slots } from "../slots.ts";
import { type SealOutcome, sealChunk } from "./seal-chunk.ts";

/** Seals chunks for the puts of a node: on its own thread, or on others. */
export interface ChunkSealer {
  /**
   * Seals a chunk with a space's keys as they are now. Call it only with what {@link ChunkSealer.room} gave; `plain` is
   * borrowed until this returns. `known` is a table of materials that need not be sealed again.
   */
  seal(space: OpenSpace, plain: Uint8Array, known?: SharedArrayBuffer): Promise<SealOutcome>;
  /** Resolves when one more chunk may be given, with the function that says it was dealt with. Rejects when the signal fires. */
  room(signal: AbortSignal | undefined): Promise<() => void>;
  /** The memory of a sealed blob that nobody will look at any more: to be used again. */
  recycle(blob: Uint8Array): void;
  /** Ends what it runs; what is being sealed is given up. */
  close(): Promise<void>;
}

/** Seals on the calling thread. */
export class InlineSealer implements ChunkSealer {
  readonly #slots = new Slots(SEALS_PER_THREAD_MAX);

  async seal(space: OpenSpace, plain: Uint8Array, known?: SharedArrayBuffer): Promise<SealOutcome> {
    return sealChunk(space.keys, plain, { known });
  }

  room(signal: AbortSignal | undefined): Promise<() => void> {
    return this.#slots.take(signal);
  }

  recycle(): void {}

  async close(): Promise<void> {}
}
