import {
  abortedError,
  type Clock,
  GstoreError,
  MESSAGE_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
  type RequestPurpose,
} from "@gstore/core";
import { connectionLost, type Link } from "./link.ts";

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Answers what came on a link. Rejections are made fit to travel by the caller. */
export type Answer = (
  link: Link,
  purpose: RequestPurpose,
  message: Uint8Array,
  signal: AbortSignal,
) => Promise<Uint8Array>;

/** The requests on one end of a link, both ways: asked in order on a stream a purpose, answered in any order. */
export class RequestStreams {
  static readonly #ofLink = new WeakMap<Link, RequestStreams>();
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #answer: Answer;
  readonly #inFlight = new Map<number, (result: Uint8Array | Error) => void>();
  readonly #serving = new Map<number, AbortController>();
  #nextId = 0;

  constructor(link: Link, { clock, answer }: { clock: Clock; answer: Answer }) {
    this.#link = link;
    this.#clock = clock;
    this.#answer = answer;
    RequestStreams.#ofLink.set(link, this);
    link.onClose(() => {
      for (const settle of [...this.#inFlight.values()]) settle(connectionLost(link.peer));
      for (const controller of this.#serving.values()) controller.abort(connectionLost(link.peer));
      this.#serving.clear();
    });
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0 && this.#serving.size === 0;
  }

  /** Rejects with the peer's error, `TIMEOUT`, `CONNECTION_LOST` or the signal's reason. */
  request(
    purpose: RequestPurpose,
    message: Uint8Array,
    { signal, timeoutMs = REQUEST_TIMEOUT_MS }: RequestOptions = {},
  ): Promise<Uint8Array> {
    const { peer } = this.#link;
    if (message.length > MESSAGE_BYTES_MAX)
      return Promise.reject(new GstoreError("TOO_LARGE", "A message is too large."));
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    if (!this.#link.isOpen) return Promise.reject(connectionLost(peer));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const giveUp = (error: Error): void => {
      settle(error);
      this.#link.send(purpose, 16, (there) => RequestStreams.#ofLink.get(there)?.cancel(id));
    };
    const abort = (): void => giveUp(abortedError(signal as AbortSignal));
    const cancelTimeout = this.#clock.after(timeoutMs, () => giveUp(timedOut(timeoutMs)));
    const settle = (result: Uint8Array | Error): void => {
      if (!this.#inFlight.delete(id)) return;
      cancelTimeout();
      signal?.removeEventListener("abort", abort);
      if (result instanceof Uint8Array) resolve(result);
      else reject(result);
    };
    this.#inFlight.set(id, settle);
    signal?.addEventListener("abort", abort, { once: true });
    const sent = Uint8Array.from(message);
    const settled = (result: Uint8Array | Error): void => settle(result);
    this.#link.send(purpose, sent.length, (there) =>
      RequestStreams.#ofLink.get(there)?.serve({ id, purpose, message: sent, settled }),
    );
    return promise;
  }

  /** Called by the other end when a request has arrived. */
  serve(request: {
    readonly id: number;
    readonly purpose: RequestPurpose;
    readonly message: Uint8Array;
    readonly settled: (result: Uint8Array | Error) => void;
  }): void {
    const { id, purpose, settled } = request;
    const controller = new AbortController();
    this.#serving.set(id, controller);
    const reply = (result: Uint8Array | Error): void => {
      // Of a request that was cancelled meanwhile nobody waits for the answer.
      if (this.#serving.get(id) !== controller) return;
      this.#serving.delete(id);
      const bytes = result instanceof Uint8Array ? Uint8Array.from(result) : result;
      this.#link.send(purpose, result instanceof Uint8Array ? result.length : 100, () => settled(bytes));
    };
    this.#answer(this.#link, purpose, request.message, controller.signal).then(reply, reply);
  }

  cancel(id: number): void {
    const controller = this.#serving.get(id);
    this.#serving.delete(id);
    controller?.abort(new GstoreError("ABORTED", "The peer cancelled the request."));
  }
}

function timedOut(afterMs: number): GstoreError {
  return new GstoreError("TIMEOUT", `The peer did not answer within ${afterMs} ms.`, { retryable: true });
}
