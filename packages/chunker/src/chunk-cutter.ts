import assert from "node:assert/strict";
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "@gstore/core";
import { findCut } from "./cut-rule.ts";
import type { Scanner } from "./scanner.ts";

/** A content-defined piece of a stream. */
export interface Chunk {
  /** Where in the stream its first byte stands. */
  readonly offset: number;
  /** Between 1 and `CHUNK_BYTES_MAX` bytes. Who gave the chunk says for how long they are the caller's. */
  readonly bytes: Uint8Array;
}

/** Bytes looked at per step while a chunk that began in an earlier slice is held: little is copied past its cut. */
const STEP_BYTES = 64 * 1024;

/**
 * Cuts one stream: push its slices in order, then call {@link ChunkCutter.end}. It never waits and has no I/O. The
 * chunks lie in memory that is reused: they are **borrowed**, see each method; `chunkStream` gives chunks to keep.
 *
 * A chunk that lies within one slice is not copied at all; the rest of a slice is copied once, into a buffer of at most
 * `CHUNK_BYTES_MAX`, which is all it holds between calls. Made by `Chunker.cutter()`.
 */
export class ChunkCutter {
  readonly #scanner: Scanner;
  /** The first bytes of a chunk whose cut is not known yet: `#held.subarray(0, #heldBytes)`. */
  #held = new Uint8Array(0);
  #heldBytes = 0;
  #offset = 0;
  #state: "open" | "pushing" | "ended" = "open";

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /**
   * The chunks that `slice` completes. Iterate to the end before the next call on this cutter (it asserts that): the
   * rest of the slice is taken in last, and after that the slice is the caller's to reuse.
   *
   * A chunk's bytes are valid until the iteration goes on; then they may be overwritten. The slice must not change
   * until the iteration has ended. Cut points do not depend on how the stream was sliced.
   */
  *push(slice: Uint8Array): Generator<Chunk, void, undefined> {
    this.#enter("pushing");
    let at = 0;
    while (at < slice.length) {
      const [taken, bytes] =
        this.#heldBytes === 0 ? this.#cutSlice(slice.subarray(at)) : this.#cutHeld(slice, at);
      at += taken;
      if (bytes === undefined) continue;
      yield { offset: this.#offset, bytes };
      this.#offset += bytes.length;
    }
    this.#state = "open";
  }

  /** What came after the last cut. Valid until the next call; to be looked at between two pushes. */
  get rest(): Uint8Array {
    assert.equal(
      this.#state,
      "open",
      "the rest was looked at before the last push was iterated, or after the end",
    );
    return this.#held.subarray(0, this.#heldBytes);
  }

  /**
   * The last chunk, or undefined where the stream ended with a cut or was empty. No call may follow; the bytes stay
   * valid.
   */
  end(): Chunk | undefined {
    this.#enter("ended");
    if (this.#heldBytes === 0) return undefined;
    return { offset: this.#offset, bytes: this.#held.subarray(0, this.#heldBytes) };
  }

  #enter(next: "pushing" | "ended"): void {
    assert.equal(
      this.#state,
      "open",
      "a cutter was used before its last push was iterated, or after its end",
    );
    this.#state = next;
  }

  /** A chunk begins with the slice: cut it there, or hold all of it. */
  #cutSlice(slice: Uint8Array): [taken: number, chunk: Uint8Array | undefined] {
    const cut = findCut(slice, { scanner: this.#scanner, ruledOut: 0 });
    if (cut > 0) return [cut, slice.subarray(0, cut)];
    this.#hold(slice);
    return [slice.length, undefined];
  }

  /** A chunk began earlier: hold the next step of the slice too, and cut if that completes it. */
  #cutHeld(slice: Uint8Array, at: number): [taken: number, chunk: Uint8Array | undefined] {
    const before = this.#heldBytes;
    const wanted = Math.min(Math.max(CHUNK_BYTES_MIN - before, STEP_BYTES), CHUNK_BYTES_MAX - before);
    const step = slice.subarray(at, at + wanted);
    this.#hold(step);
    const held = this.#held.subarray(0, this.#heldBytes);
    const cut = findCut(held, { scanner: this.#scanner, ruledOut: before });
    if (cut === 0) return [step.length, undefined];
    this.#heldBytes = 0;
    return [cut - before, held.subarray(0, cut)];
  }

  #hold(slice: Uint8Array): void {
    const needed = this.#heldBytes + slice.length;
    if (needed > this.#held.length) {
      // Doubled, so that a stream of single bytes costs no more than its bytes, and a short one little memory.
      const capacity = Math.min(Math.max(needed, 2 * this.#held.length), CHUNK_BYTES_MAX);
      const larger = new Uint8Array(capacity);
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(slice, this.#heldBytes);
    this.#heldBytes = needed;
  }
}
