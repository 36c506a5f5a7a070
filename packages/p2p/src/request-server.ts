import { GstoreError, MESSAGE_BYTES_MAX, type PeerId, REQUESTS_IN_FLIGHT_MAX } from "@gstore/core";
import type { Stream } from "@libp2p/interface";
import { FrameStream } from "./frame-stream.ts";
import { CANCELLED_HANDLERS_MAX, FRAME_MEMORY_BYTES } from "./limits.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import type { LoadedStream, PeerLoad } from "./peer-load.ts";
import {
  decodeRequestFrame,
  encodeRequestFrame,
  encodeWireError,
  REQUEST_FRAME_BYTES_MAX,
  type RequestFrame,
} from "./request-frames.ts";
import { connectionLost } from "./tls-link.ts";
import { wireErrorOf } from "./wire-errors.ts";

export type RequestHandler = (message: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

export interface RequestServerOptions {
  readonly peer: PeerId;
  /** What all streams of this peer share. */
  readonly load: PeerLoad;
  /** Whether answers may be whole messages. */
  readonly isLarge: boolean;
  readonly handler: RequestHandler;
  readonly logger: PeerNetworkLogger;
}

interface WaitingRequest {
  readonly message: Uint8Array;
  readonly controller: AbortController;
}

/**
 * The answering side of one kept stream. It begins requests in their order, as the load of its peer allows, and reads no
 * further while the peer's requests, or the answers that it does not take, fill `REQUEST_QUEUE_BYTES_MAX`. A peer that sends
 * more than `REQUESTS_IN_FLIGHT_MAX` at once is cut off.
 */
export class RequestServer implements LoadedStream {
  readonly #options: RequestServerOptions;
  readonly #frames: FrameStream;
  readonly #inFlight = new Map<number, AbortController>();
  readonly #waiting = new Map<number, WaitingRequest>();
  #running = 0;
  #requestBytes = 0;
  #paused = false;

  constructor(stream: Stream, options: RequestServerOptions) {
    this.#options = options;
    this.#frames = new FrameStream(stream, {
      bytesMax: REQUEST_FRAME_BYTES_MAX,
      events: {
        frame: (bytes) => this.#receive(bytes),
        room: () => this.#changed(),
        closed: (error) => {
          const reason = connectionLost(options.peer, error);
          for (const controller of this.#inFlight.values()) controller.abort(reason);
          this.#inFlight.clear();
          for (const id of [...this.#waiting.keys()]) this.#drop(id);
          this.#leaveIfDone();
        },
      },
    });
    options.load.join(this);
    this.#leaveIfDone();
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0 && this.#frames.queuedBytes === 0;
  }

  get requestBytes(): number {
    return this.#requestBytes;
  }

  get answerBytes(): number {
    return this.#frames.isOpen ? this.#frames.queuedBytes : 0;
  }

  wake(): void {
    this.#beginWaiting();
    this.#adjust();
  }

  abort(error: Error): void {
    this.#frames.abort(error);
  }

  #receive(bytes: Uint8Array): void {
    try {
      this.#act(decodeRequestFrame(bytes));
    } catch (error) {
      this.#options.logger.warn(
        { peer: this.#options.peer, error },
        "closed a request stream: the peer broke the protocol",
      );
      this.#frames.abort(error as Error);
    }
  }

  #act(frame: RequestFrame): void {
    if (frame.kind === "cancel") {
      const controller = this.#inFlight.get(frame.id);
      this.#inFlight.delete(frame.id);
      this.#drop(frame.id);
      controller?.abort(new GstoreError("ABORTED", "The peer cancelled the request."));
      this.#changed();
      return;
    }
    if (
      frame.kind !== "request" ||
      this.#inFlight.has(frame.id) ||
      this.#inFlight.size >= REQUESTS_IN_FLIGHT_MAX
    ) {
      throw new GstoreError("PROTOCOL_VIOLATION", `The peer sent a ${frame.kind} out of turn.`);
    }
    if (this.#running >= REQUESTS_IN_FLIGHT_MAX + CANCELLED_HANDLERS_MAX) {
      const error = new GstoreError("TOO_BUSY", "The peer still works on cancelled requests.", {
        retryable: true,
      });
      this.#frames.send(
        encodeRequestFrame({ kind: "error", id: frame.id, payload: encodeWireError(wireErrorOf(error)) }),
      );
      return;
    }
    const controller = new AbortController();
    this.#inFlight.set(frame.id, controller);
    this.#waiting.set(frame.id, { message: frame.payload, controller });
    this.#requestBytes += memoryOf(frame.payload);
    this.wake();
  }

  #beginWaiting(): void {
    const { load } = this.#options;
    for (const [id, request] of this.#waiting) {
      if (!load.mayBegin(this, this.#options)) return;
      this.#waiting.delete(id);
      void this.#answer(id, request);
    }
  }

  async #answer(id: number, { message, controller }: WaitingRequest): Promise<void> {
    const { load } = this.#options;
    this.#running++;
    load.began(this.#options);
    let frame: RequestFrame;
    try {
      const payload = await this.#options.handler(message, controller.signal);
      if (payload.length > MESSAGE_BYTES_MAX) throw new RangeError(`an answer of ${payload.length} bytes`);
      frame = { kind: "response", id, payload };
    } catch (error) {
      if (!(error instanceof GstoreError)) {
        this.#options.logger.warn({ peer: this.#options.peer, error }, "a request failed unexpectedly");
      }
      frame = { kind: "error", id, payload: encodeWireError(wireErrorOf(error)) };
    }
    this.#running--;
    this.#requestBytes -= memoryOf(message);
    load.ended(this.#options);
    // A cancelled id may be in use again by now; only its own request may answer it.
    if (this.#inFlight.get(id) === controller) {
      this.#inFlight.delete(id);
      this.#frames.send(encodeRequestFrame(frame));
    }
    this.#leaveIfDone();
    this.#changed();
  }

  /** Forgets a request that was not begun. */
  #drop(id: number): void {
    const request = this.#waiting.get(id);
    if (request === undefined) return;
    this.#waiting.delete(id);
    this.#requestBytes -= memoryOf(request.message);
  }

  /** Handlers may go on for a while after the stream is gone, and count until then. */
  #leaveIfDone(): void {
    if (!this.#frames.isOpen && this.#running === 0) this.#options.load.leave(this);
  }

  #changed(): void {
    this.wake();
    this.#options.load.changed();
  }

  #adjust(): void {
    const full = !this.#options.load.mayRead(this);
    if (full === this.#paused) return;
    this.#paused = full;
    this.#frames.setPaused(full);
  }
}

function memoryOf(message: Uint8Array): number {
  return message.length + FRAME_MEMORY_BYTES;
}
