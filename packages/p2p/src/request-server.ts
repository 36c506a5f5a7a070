import {
  GstoreError,
  MESSAGE_BYTES_MAX,
  type PeerId,
  REQUEST_QUEUE_BYTES_MAX,
  REQUESTS_IN_FLIGHT_MAX,
} from "@gstore/core";
import type { Stream } from "@libp2p/interface";
import { FrameStream } from "./frame-stream.ts";
import { CANCELLED_HANDLERS_MAX, FRAME_MEMORY_BYTES } from "./limits.ts";
import type { PeerNetworkLogger } from "./logger.ts";
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
  readonly handler: RequestHandler;
  readonly logger: PeerNetworkLogger;
}

/**
 * The answering side of one kept stream. It reads no further while the requests it works on, or the answers that the peer
 * does not take, fill `REQUEST_QUEUE_BYTES_MAX`; a peer that sends more than `REQUESTS_IN_FLIGHT_MAX` at once is cut off.
 */
export class RequestServer {
  readonly #options: RequestServerOptions;
  readonly #frames: FrameStream;
  readonly #inFlight = new Map<number, AbortController>();
  #running = 0;
  #runningBytes = 0;
  #paused = false;

  constructor(stream: Stream, options: RequestServerOptions) {
    this.#options = options;
    this.#frames = new FrameStream(stream, {
      bytesMax: REQUEST_FRAME_BYTES_MAX,
      events: {
        frame: (bytes) => this.#receive(bytes),
        room: () => this.#adjust(),
        closed: (error) => {
          const reason = connectionLost(options.peer, error);
          for (const controller of this.#inFlight.values()) controller.abort(reason);
          this.#inFlight.clear();
        },
      },
    });
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#frames.queuedBytes === 0;
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
      controller?.abort(new GstoreError("ABORTED", "The peer cancelled the request."));
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
    void this.#answer(frame.id, frame.payload);
  }

  async #answer(id: number, message: Uint8Array): Promise<void> {
    const controller = new AbortController();
    this.#inFlight.set(id, controller);
    this.#running++;
    this.#runningBytes += message.length + FRAME_MEMORY_BYTES;
    this.#adjust();
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
    this.#runningBytes -= message.length + FRAME_MEMORY_BYTES;
    // A cancelled id may be in use again by now; only its own request may answer it.
    if (this.#inFlight.get(id) === controller) {
      this.#inFlight.delete(id);
      this.#frames.send(encodeRequestFrame(frame));
    }
    this.#adjust();
  }

  #adjust(): void {
    const full =
      this.#runningBytes >= REQUEST_QUEUE_BYTES_MAX || this.#frames.queuedBytes >= REQUEST_QUEUE_BYTES_MAX;
    if (full === this.#paused) return;
    this.#paused = full;
    this.#frames.setPaused(full);
  }
}
