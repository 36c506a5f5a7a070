import type { Stream } from "@libp2p/interface";
import { FrameDecoder, frameHeader } from "./frame-codec.ts";
import { FRAME_MEMORY_BYTES } from "./limits.ts";

/** Pieces below this many bytes are copied into one write. */
const COPIED_BYTES_MAX = 32 * 1024;

export interface FrameStreamEvents {
  frame(bytes: Uint8Array): void;
  /** There is room again after {@link FrameStream.queuedBytes} had grown. */
  room(): void;
  /** The stream is gone, once, last; nothing more is sent or received. */
  closed(error: unknown): void;
}

/**
 * A libp2p stream as frames. Frames sent in one turn of the event loop leave in one write; while the stream is full they
 * wait here, and it is for the caller to look at {@link queuedBytes}.
 */
export class FrameStream {
  readonly #stream: Stream;
  readonly #events: FrameStreamEvents;
  readonly #decoder: FrameDecoder;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #scheduled = false;
  #closed = false;
  #isPaused = false;

  constructor(stream: Stream, options: { bytesMax: number; events: FrameStreamEvents }) {
    this.#stream = stream;
    this.#events = options.events;
    this.#decoder = new FrameDecoder(
      { bytesMax: options.bytesMax },
      {
        frame: (bytes) => {
          if (!this.#closed) options.events.frame(bytes);
        },
        tooLong: (length) => this.abort(new Error(`a frame of ${length} bytes`)),
      },
    );
    stream.addEventListener("close", (event) => this.#close(event.error));
    stream.addEventListener("remoteCloseWrite", () => this.abort(new Error("the peer closed the stream")));
    stream.addEventListener("drain", () => this.#flush());
    stream.addEventListener("message", (event) => {
      const data = event.data;
      if (data instanceof Uint8Array) this.#decoder.push(data);
      else for (const bytes of data) this.#decoder.push(bytes);
    });
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /** Bytes not yet given to the multiplexer or not yet sent by it; frames that wait here count with what they take besides. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#stream.writeBufferLength;
  }

  /** Sends one frame, given in parts. */
  send(parts: readonly Uint8Array[]): void {
    if (this.#closed) return;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.#queue.push(frameHeader(length), ...parts);
    this.#queuedBytes += length + FRAME_MEMORY_BYTES;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After all promises of this turn: what they send goes along.
    process.nextTick(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Stops and starts reading. What has come in already may still be given out. */
  setPaused(paused: boolean): void {
    if (this.#closed) return;
    this.#isPaused = paused;
    if (!paused) {
      if (this.#stream.readStatus === "paused") this.#stream.resume();
      return;
    }
    // Not at once: yamux ends a resume(), of which this may be a part, by granting the sender a window again and again, so that
    // a stream paused in between is sent more than it may hold and cut off.
    queueMicrotask(() => {
      if (this.#isPaused && this.#stream.readStatus === "readable") this.#stream.pause();
    });
  }

  /** Closes at once. */
  abort(error: Error): void {
    if (this.#closed) return;
    this.#stream.abort(error);
    this.#close(error);
  }

  /** Closes in order. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#stream.close().catch(() => {});
    this.abort(new Error("closed"));
  }

  #flush(): void {
    if (this.#closed || this.#stream.writableNeedsDrain) return;
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    try {
      for (const bytes of together(queue)) this.#stream.send(bytes);
    } catch (error) {
      this.abort(error as Error);
      return;
    }
    this.#events.room();
  }

  #close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#decoder.stop();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#events.closed(error);
  }
}

/** Puts small pieces together into one; large ones go by themselves, since copying them would cost more than a write. */
function* together(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.length < COPIED_BYTES_MAX) {
      small.push(piece);
      continue;
    }
    yield Buffer.concat(small);
    small = [];
    yield piece;
  }
  if (small.length > 0) yield Buffer.concat(small);
}
