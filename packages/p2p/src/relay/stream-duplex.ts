import { once } from "node:events";
import { Duplex } from "node:stream";
import type { Stream } from "@libp2p/interface";
import { encodeFrame, FRAME_HEADER_BYTES } from "../frame-codec.ts";
import { RELAYED_BUFFER_BYTES, RELAYED_WINDOW_BYTES_MAX } from "../limits.ts";

/** What yamux's streams have besides: how far their window may grow. */
type WindowedStream = Stream & { maxStreamWindowSize?: number };
type Done = (error?: Error | null) => void;

/** A libp2p stream as a stream of Node, with its backpressure both ways: who does not read makes the other side wait. */
export class StreamDuplex extends Duplex {
  readonly #stream: Stream;
  #writing: Done | null = null;
  #ended = false;
  #isFull = false;

  constructor(stream: Stream) {
    super({ highWaterMark: RELAYED_BUFFER_BYTES });
    this.#stream = stream;
    // Yamux lets it grow while it is read; what is granted can't be taken back where the reader stops.
    (stream as WindowedStream).maxStreamWindowSize = RELAYED_WINDOW_BYTES_MAX;
    // An error without a listener would end the process; whoever uses it hears of "close".
    this.on("error", () => {});
    stream.addEventListener("message", ({ data }) => {
      for (const bytes of data instanceof Uint8Array ? [data] : data) this.#take(bytes);
    });
    // Not at "remoteCloseWrite" where bytes are still kept because this side has paused.
    stream.addEventListener("end", () => this.#end());
    stream.addEventListener("remoteCloseWrite", () => {
      if (stream.readBufferLength === 0) this.#end();
    });
    stream.addEventListener("drain", () => this.#written());
    stream.addEventListener("close", ({ error }) => {
      this.#written(error ?? closedError());
      if (error) this.destroy(error);
      else {
        if (stream.readBufferLength === 0) this.#end();
        this.#abandonWriting();
      }
    });
  }

  override _read(): void {
    this.#isFull = false;
    if (this.#stream.readStatus === "paused") this.#stream.resume();
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    try {
      if (this.#stream.send(bytes)) done();
      else this.#writing = done;
    } catch (error) {
      done(error as Error);
    }
  }

  override _final(done: Done): void {
    this.#stream.close().then(
      () => done(),
      () => done(),
    );
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#stream.abort(error ?? closedError());
    done(error);
  }

  #take(bytes: Uint8Array): void {
    if (this.#ended || this.destroyed) return;
    if (this.push(bytes) || this.#isFull) return;
    this.#isFull = true;
    // Not at once: yamux ends a resume(), of which this may be a part, by granting the sender a window again and again, and
    // pausing in between would not stop that.
    queueMicrotask(() => {
      if (this.#isFull && this.#stream.readStatus === "readable") this.#stream.pause();
    });
  }

  #end(): void {
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    this.push(null);
  }

  /** The stream is gone, as with the connection that it lay on, while this side may still write: what has come is read, and then it is over. */
  #abandonWriting(): void {
    if (this.writableEnded || this.destroyed) return;
    if (this.readableEnded) this.destroy(closedError());
    else this.once("end", () => this.destroy(closedError()));
  }

  #written(error?: Error): void {
    const done = this.#writing;
    this.#writing = null;
    done?.(error);
  }
}

export function writeFrame(duplex: Duplex, bytes: Uint8Array): void {
  duplex.write(encodeFrame(bytes));
}

/** Reads one frame and leaves what follows it to the next reader. Rejects where it is too long, or the stream or time ends. */
export async function readFrameOf(
  duplex: Duplex,
  { bytesMax, signal }: { readonly bytesMax: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const header = await readExactly(duplex, FRAME_HEADER_BYTES, signal);
  const length = header.readUInt32BE(0);
  if (length > bytesMax) throw new RangeError(`a frame of ${length} bytes where ${bytesMax} are allowed`);
  return length === 0 ? header.subarray(0, 0) : await readExactly(duplex, length, signal);
}

async function readExactly(duplex: Duplex, count: number, signal: AbortSignal): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = duplex.read(count);
    if (bytes !== null && bytes.length === count) return bytes;
    if (bytes !== null || duplex.destroyed || duplex.readableEnded) throw closedError();
    const over = new AbortController();
    const ended = once(duplex, "close", { signal: over.signal }).then(() => Promise.reject(closedError()));
    try {
      await Promise.race([once(duplex, "readable", { signal }), ended]);
    } finally {
      ended.catch(() => {});
      over.abort();
    }
  }
}

const closedError = (): Error => new Error("the stream was closed");
