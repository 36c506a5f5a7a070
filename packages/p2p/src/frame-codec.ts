/** Bytes of the length in front of every frame: 32 bits, big-endian. */
export const FRAME_HEADER_BYTES = 4;

/** Receives what a {@link FrameDecoder} finds. */
export interface FrameSink {
  /** A length above the limit: the connection is lost, for nothing after it can be told apart. Called once. */
  tooLong(length: number): void;
  /** A whole frame in memory of its own. */
  frame(bytes: Uint8Array): void;
  /** A header at or above `controlsFrom`: a sign without bytes of its own. */
  control?(sign: number): void;
}

export interface FrameLimits {
  readonly bytesMax: number;
  /** Header values from here on are signs, not lengths. */
  readonly controlsFrom?: number;
  /** Memory for a frame, at least so many bytes, its content overwritten. New memory where it is left out. */
  readonly memory?: (bytes: number) => ArrayBuffer;
}

/** The header of a frame. */
export function frameHeader(length: number): Uint8Array {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32BE(length, 0);
  return header;
}

/** A whole frame. */
export function encodeFrame(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([frameHeader(bytes.length), bytes]);
}

/**
 * Cuts a byte stream into length-prefixed frames, however it was sliced. A frame's memory is allocated once its length is
 * known to be allowed, and each byte is copied once, so that callers own frames and pushers may reuse their buffers.
 */
export class FrameDecoder {
  readonly #limits: FrameLimits;
  readonly #sink: FrameSink;
  readonly #header: Uint8Array = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #frame: Uint8Array | null = null;
  #filled = 0;
  #broken = false;

  constructor(limits: FrameLimits, sink: FrameSink) {
    this.#limits = limits;
    this.#sink = sink;
  }

  /** True between frames: a stream that ends here was not cut off. */
  get isAtBoundary(): boolean {
    return this.#headerBytes === 0 && this.#frame === null;
  }

  /** Takes the next bytes of the stream. What is left over once {@link stop} was called is returned, unread. */
  push(bytes: Uint8Array): Uint8Array {
    let offset = 0;
    while (offset < bytes.length && !this.#broken) {
      offset =
        this.#frame === null ? this.#readHeader(bytes, offset) : this.#readBody(bytes, offset, this.#frame);
    }
    return bytes.subarray(offset);
  }

  /** Where the next bytes of the stream belong; null once {@link stop} was called. */
  space(): Uint8Array | null {
    if (this.#broken) return null;
    return this.#frame === null
      ? this.#header.subarray(this.#headerBytes)
      : this.#frame.subarray(this.#filled);
  }

  /** Takes the next bytes of the stream, which stand at the beginning of what {@link space} gave last. */
  filled(count: number): void {
    if (this.#broken) return;
    if (this.#frame === null) this.#headerFilled(count);
    else this.#bodyFilled(count, this.#frame);
  }

  /** Reads nothing more; bytes pushed from now on are handed back. */
  stop(): void {
    this.#broken = true;
    this.#frame = null;
  }

  #readHeader(bytes: Uint8Array, start: number): number {
    const taken = Math.min(FRAME_HEADER_BYTES - this.#headerBytes, bytes.length - start);
    this.#header.set(bytes.subarray(start, start + taken), this.#headerBytes);
    this.#headerFilled(taken);
    return start + taken;
  }

  #headerFilled(count: number): void {
    this.#headerBytes += count;
    if (this.#headerBytes < FRAME_HEADER_BYTES) return;
    this.#headerBytes = 0;
    const [a = 0, b = 0, c = 0, d = 0] = this.#header;
    this.#begin(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
  }

  #begin(length: number): void {
    if (length >= (this.#limits.controlsFrom ?? Number.POSITIVE_INFINITY)) {
      this.#sink.control?.(length);
    } else if (length > this.#limits.bytesMax) {
      this.stop();
      this.#sink.tooLong(length);
    } else if (length === 0) {
      this.#sink.frame(new Uint8Array(0));
    } else {
      // Not zeroed, since every byte gets written; not a Buffer, whose slice() does not copy.
      const memory = this.#limits.memory?.(length) ?? Buffer.allocUnsafeSlow(length).buffer;
      this.#frame = new Uint8Array(memory, 0, length);
      this.#filled = 0;
    }
  }

  #readBody(bytes: Uint8Array, start: number, frame: Uint8Array): number {
    const taken = Math.min(frame.length - this.#filled, bytes.length - start);
    frame.set(
      start === 0 && taken === bytes.length ? bytes : bytes.subarray(start, start + taken),
      this.#filled,
    );
    this.#bodyFilled(taken, frame);
    return start + taken;
  }

  #bodyFilled(count: number, frame: Uint8Array): void {
    this.#filled += count;
    if (this.#filled < frame.length) return;
    this.#frame = null;
    this.#sink.frame(frame);
  }
}
