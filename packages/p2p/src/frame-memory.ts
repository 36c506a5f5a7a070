import { BufferPool } from "@gstore/core";
import { FRAME_MEMORY_BYTES_MAX, POOLED_FRAME_BYTES_MIN } from "./limits.ts";

/** The memory of bulk frames, used again while transfers run; all connections of a node share it. */
export class FrameMemory {
  readonly #pool = new BufferPool(FRAME_MEMORY_BYTES_MAX);
  #transfers = 0;

  /** At least so many bytes, their content to be overwritten. */
  take(bytes: number): ArrayBuffer {
    return bytes < POOLED_FRAME_BYTES_MIN ? Buffer.allocUnsafeSlow(bytes).buffer : this.#pool.take(bytes);
  }

  /** Takes back the memory that `bytes` lies in, all of it: nobody looks at it again. */
  recycle({ buffer }: Uint8Array): void {
    if (buffer.byteLength < POOLED_FRAME_BYTES_MIN || !(buffer instanceof ArrayBuffer)) return;
    // After the last transfer there is nothing to keep it for.
    if (this.#transfers === 0) buffer.transfer(0);
    else this.#pool.give(buffer);
  }

  began(): void {
    this.#transfers++;
  }

  ended(): void {
    this.#transfers--;
    if (this.#transfers === 0) this.#pool.clear();
  }
}
