import {
  BULK_FRAME_BYTES_MAX,
  BULK_STALL_TIMEOUT_MS,
  type BulkChannel,
  type Clock,
  freeMemory,
  GstoreError,
  isGstoreError,
  type PeerId,
} from "@gstore/core";
import { connectionLost, type Link } from "./link.ts";

/** Bytes sent and not yet taken by the other side above which `send` waits. */
const QUEUE_BYTES_MAX = 512 * 1024;

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** One side of a bulk transfer on a link of its own, with the backpressure and the stall timeout of a real one. */
export class SimulatedBulkChannel implements BulkChannel {
  readonly peer: PeerId;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #ended: () => void;
  #other: SimulatedBulkChannel | null = null;
  readonly #arrived: Uint8Array[] = [];
  readonly #receivers: Waiter<Uint8Array | null>[] = [];
  readonly #senders: Waiter<void>[] = [];
  #untakenBytes = 0;
  #localEnded = false;
  #remoteEnded = false;
  #isOver = false;
  #error: Error | null = null;
  #cancelStall: () => void = () => {};

  /** `ended` is called once when the transfer is over: ended by both sides or broken off. */
  constructor(link: Link, { clock, ended }: { clock: Clock; ended: () => void }) {
    this.peer = link.peer;
    this.#link = link;
    this.#clock = clock;
    this.#ended = ended;
    link.onClose((error) => this.#fail(error ?? connectionLost(link.peer)));
  }

  static join(one: SimulatedBulkChannel, two: SimulatedBulkChannel): void {
    one.#other = two;
    two.#other = one;
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#localEnded) throw new GstoreError("INVALID_ARGUMENT", "This side has been ended.");
    const frame = new Uint8Array(Buffer.concat(parts));
    if (frame.length > BULK_FRAME_BYTES_MAX) throw new GstoreError("TOO_LARGE", "A frame is too large.");
    this.#untakenBytes += frame.length;
    this.#link.send("bulk", frame.length, () => this.#there.#arrive(frame));
    if (this.#untakenBytes <= QUEUE_BYTES_MAX) return;
    await new Promise<void>((resolve, reject) => {
      this.#senders.push({ resolve, reject });
      this.#watch();
    });
  }

  receive(): Promise<Uint8Array | null> {
    const frame = this.#arrived.shift();
    if (frame !== undefined) {
      this.#took(frame);
      return Promise.resolve(frame);
    }
    if (this.#error) return Promise.reject(this.#error);
    if (this.#remoteEnded) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#receivers.push({ resolve, reject });
      this.#watch();
    });
  }

  recycle(bytes: Uint8Array): void {
    freeMemory(bytes);
  }

  async end(): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#localEnded) return;
    this.#localEnded = true;
    this.#link.send("bulk", 8, () => this.#there.#arriveEnd());
    this.#finishIfOver();
  }

  /** The peer is told why, if that is for it to know: behind what was sent before. */
  abort(reason: Error): void {
    if (this.#isOver || this.#error) return;
    const isTold = isGstoreError(reason) && reason.code !== "CONNECTION_LOST";
    if (isTold) this.#link.send("bulk", 100, () => this.#there.#arriveError(reason));
    else this.#link.destroy();
    this.#fail(reason);
  }

  get #there(): SimulatedBulkChannel {
    return this.#other as SimulatedBulkChannel;
  }

  #arrive(frame: Uint8Array): void {
    if (this.#error || this.#isOver) return;
    const receiver = this.#receivers.shift();
    if (receiver === undefined) {
      this.#arrived.push(frame);
    } else {
      this.#took(frame);
      receiver.resolve(frame);
    }
    this.#watch();
  }

  #arriveEnd(): void {
    this.#remoteEnded = true;
    for (const { resolve } of this.#receivers.splice(0)) resolve(null);
    this.#finishIfOver();
  }

  #arriveError(error: Error): void {
    this.#link.destroy();
    this.#fail(error);
  }

  /** Gives the sender room, a way's time later. */
  #took(frame: Uint8Array): void {
    this.#link.send("taken", 0, () => this.#there.#taken(frame.length));
  }

  #taken(bytes: number): void {
    this.#untakenBytes -= bytes;
    if (this.#untakenBytes <= QUEUE_BYTES_MAX) for (const { resolve } of this.#senders.splice(0)) resolve();
    this.#watch();
  }

  #finishIfOver(): void {
    if (!this.#localEnded || !this.#remoteEnded || this.#isOver) return;
    this.#isOver = true;
    this.#cancelStall();
    this.#ended();
  }

  #fail(error: Error): void {
    if (this.#isOver || this.#error) return;
    this.#error = error;
    this.#cancelStall();
    this.#arrived.length = 0;
    for (const { reject } of [...this.#receivers.splice(0), ...this.#senders.splice(0)]) reject(error);
    this.#ended();
  }

  /** Begins the wait for something to move anew, where somebody waits. */
  #watch(): void {
    this.#cancelStall();
    if (this.#isOver || this.#error || (this.#receivers.length === 0 && this.#senders.length === 0)) return;
    this.#cancelStall = this.#clock.after(BULK_STALL_TIMEOUT_MS, () =>
      this.abort(new GstoreError("TIMEOUT", "The transfer moved nothing for too long.", { retryable: true })),
    );
  }
}
