/** Sizes are rounded up to this many bytes, so that a buffer fits more than one size. */
const STEP_BYTES = 64 * 1024;

/** Buffers that were used and wait to be used again: their pages need not be faulted in and zeroed anew. */
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
    if (at < 0) return Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES).buffer;
    const [buffer] = this.#free.splice(at, 1) as [ArrayBuffer];
    this.#bytes -= buffer.byteLength;
    return buffer;
  }

  /** Takes back a buffer that nobody uses. One that went to another thread and is empty here is passed over. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === 0 || this.#bytes + buffer.byteLength > this.#bytesMax) return;
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= buffer.byteLength);
    this.#free.splice(at < 0 ? this.#free.length : at, 0, buffer);
    this.#bytes += buffer.byteLength;
  }

  clear(): void {
    this.#free.length = 0;
    this.#bytes = 0;
  }
}
