/** Sizes are rounded up to this many bytes, so that a buffer fits more than one size. */
const STEP_BYTES = 64 * 1024;
/** A buffer is used for what fills at least this part of it: small pieces must not hold large buffers. */
const FILLED_PART_MIN = 1 / 2;

/**
 * Large buffers that were used and wait to be used again: their pages need not be faulted in and zeroed anew, and the
 * garbage collector has nothing to look for. Two kinds of content want two pools.
 */
export class BufferPool {
  readonly #bytesMax: number;
  /** By size, ascending. */
  readonly #free: ArrayBuffer[] = [];
  #bytes = 0;

  /** Keeps at most `bytesMax` bytes of unused buffers. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A buffer of at least so many bytes, its content whatever it was used for before. */
  take(bytes: number): ArrayBuffer {
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const wanted = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
    const found = this.#free[at];
    if (found === undefined || wanted < found.byteLength * FILLED_PART_MIN)
      return Buffer.allocUnsafeSlow(wanted).buffer;
    this.#free.splice(at, 1);
    this.#bytes -= found.byteLength;
    return found;
  }

  /**
   * Takes back a buffer that nobody uses; one that the pool has no room for has no bytes any more. One that went to another
   * thread and is empty here is passed over.
   */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === 0) return;
    if (this.#bytes + buffer.byteLength > this.#bytesMax) {
      // Left to the garbage collector, each 32 MiB of such buffers would make it look through the heap.
      buffer.transfer(0);
      return;
    }
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= buffer.byteLength);
    this.#free.splice(at < 0 ? this.#free.length : at, 0, buffer);
    this.#bytes += buffer.byteLength;
  }

  /** Gives the memory of all unused buffers back at once. */
  clear(): void {
    for (const buffer of this.#free.splice(0)) buffer.transfer(0);
    this.#bytes = 0;
  }
}
