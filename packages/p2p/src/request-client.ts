import {
  abortedError,
  type Clock,
  GstoreError,
  MESSAGE_BYTES_MAX,
  type PeerId,
  REQUEST_QUEUE_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
  REQUESTS_IN_FLIGHT_MAX,
} from "@gstore/core";
import type { Stream } from "@libp2p/interface";
import { FrameStream } from "./frame-stream.ts";
import {
  decodeRequestFrame,
  decodeWireError,
  encodeRequestFrame,
  errorOfWire,
  REQUEST_FRAME_BYTES_MAX,
} from "./request-frames.ts";
import { connectionLost } from "./tls-link.ts";

interface Call {
  readonly message: Uint8Array;
  /** Set once it is sent. */
  id: number | null;
  settle(result: Uint8Array | Error): void;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** The asking side of one kept stream: many requests in flight, answered in any order. */
export class RequestClient {
  readonly peer: PeerId;
  readonly #clock: Clock;
  readonly #frames: FrameStream;
  readonly #waiting = new Set<Call>();
  readonly #inFlight = new Map<number, Call>();
  #nextId = 0;

  constructor(stream: Stream, options: { peer: PeerId; clock: Clock }) {
    this.peer = options.peer;
    this.#clock = options.clock;
    this.#frames = new FrameStream(stream, {
      bytesMax: REQUEST_FRAME_BYTES_MAX,
      events: {
        frame: (bytes) => this.#receive(bytes),
        room: () => this.#sendWaiting(),
        closed: (error) => this.#fail(connectionLost(this.peer, error)),
      },
    });
  }

  get isOpen(): boolean {
    return this.#frames.isOpen && this.#nextId < 2 ** 32;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#inFlight.size === 0;
  }

  /** Rejects with the peer's own error, `TIMEOUT`, `CONNECTION_LOST`, `TOO_LARGE` or the signal's reason. */
  request(message: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    const { signal, timeoutMs = REQUEST_TIMEOUT_MS } = options;
    if (message.length > MESSAGE_BYTES_MAX) return Promise.reject(tooLargeError(message.length));
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    if (!this.isOpen) return Promise.reject(connectionLost(this.peer));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const giveUp = (error: Error): void => {
      const { id } = call;
      call.settle(error);
      if (id !== null) this.#frames.send(encodeRequestFrame({ kind: "cancel", id }));
    };
    const cancelTimeout = this.#clock.after(timeoutMs, () => giveUp(timeoutError(this.peer, timeoutMs)));
    const abort = (): void => giveUp(abortedError(signal as AbortSignal));
    const call: Call = {
      message,
      id: null,
      settle: (result) => {
        cancelTimeout();
        signal?.removeEventListener("abort", abort);
        this.#forget(call);
        if (result instanceof Uint8Array) resolve(result);
        else reject(result);
      },
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#waiting.add(call);
    this.#sendWaiting();
    return promise;
  }

  abort(error: Error): void {
    this.#frames.abort(error);
  }

  async close(): Promise<void> {
    await this.#frames.close();
  }

  #sendWaiting(): void {
    for (const call of this.#waiting) {
      if (this.#inFlight.size >= REQUESTS_IN_FLIGHT_MAX) return;
      if (this.#frames.queuedBytes >= REQUEST_QUEUE_BYTES_MAX) return;
      this.#waiting.delete(call);
      call.id = this.#nextId++;
      this.#inFlight.set(call.id, call);
      this.#frames.send(encodeRequestFrame({ kind: "request", id: call.id, payload: call.message }));
    }
  }

  #receive(bytes: Uint8Array): void {
    try {
      const frame = decodeRequestFrame(bytes);
      if (frame.kind === "request" || frame.kind === "cancel" || frame.id >= this.#nextId) {
        throw new GstoreError(
          "PROTOCOL_VIOLATION",
          `The peer answered with a ${frame.kind} that fits no request.`,
        );
      }
      // Of a request that was given up the answer may still come.
      this.#inFlight
        .get(frame.id)
        ?.settle(
          frame.kind === "error" ? errorOfWire(decodeWireError(frame.payload), this.peer) : frame.payload,
        );
    } catch (cause) {
      this.#frames.abort(
        new GstoreError("PROTOCOL_VIOLATION", `${this.peer} sent what is no answer.`, {
          peer: this.peer,
          cause,
        }),
      );
    }
  }

  #forget(call: Call): void {
    this.#waiting.delete(call);
    if (call.id === null) return;
    this.#inFlight.delete(call.id);
    call.id = null;
    if (this.#waiting.size > 0) this.#sendWaiting();
  }

  #fail(error: Error): void {
    for (const call of [...this.#inFlight.values(), ...this.#waiting]) call.settle(error);
  }
}

function tooLargeError(actual: number): GstoreError {
  return new GstoreError(
    "TOO_LARGE",
    `A message of ${actual} bytes is too large; at most ${MESSAGE_BYTES_MAX} are allowed.`,
    {
      limit: MESSAGE_BYTES_MAX,
      actual,
    },
  );
}

function timeoutError(peer: PeerId, timeoutMs: number): GstoreError {
  return new GstoreError("TIMEOUT", `${peer} did not answer within ${timeoutMs} ms.`, {
    peer,
    retryable: true,
  });
}
