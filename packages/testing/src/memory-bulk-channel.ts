import {
  BULK_FRAME_BYTES_MAX,
  BULK_STALL_TIMEOUT_MS,
  type BulkChannel,
  type Clock,
  freeMemory,
  GstoreError,
  type PeerId,
} from "@gstore/core";

/** Bytes sent and not yet received above which `send` waits. */
const QUEUE_BYTES_MAX = 512 * 1024;

/** How frames get from one side to the other: it resolves when the next one may arrive. */
export type Passage = () => Promise<void>;

export interface MemoryBulkChannelOptions {
  readonly peer: PeerId;
  readonly clock: Clock;
  readonly passage: Passage;
  /** Looks at each frame on its way; what it throws breaks the transfer off. */
  readonly inspect: (frame: Uint8Array) => void;
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** One side of a transfer between two nodes in memory, with the backpressure and the stall timeout of a real one. */
export class MemoryBulkChannel implements BulkChannel {
  readonly peer: PeerId;
  readonly #options: MemoryBulkChannelOptions;
  #other: MemoryBulkChannel | null = null;
  #arrived: Uint8Array[] = [];
  readonly #receivers: Waiter<Uint8Array | null>[] = [];
  readonly #senders: Waiter<void>[] = [];
  #transit: Promise<void> = Promise.resolve();
  #unreceivedBytes = 0;
  #localEnded = false;
  #remoteEnded = false;
  #error: Error | null = null;
  #cancelStall: () => void = () => {};

  constructor(options: MemoryBulkChannelOptions) {
    this.peer = options.peer;
    this.#options = options;
  }

  /** Joins two sides. */
  static join(one: MemoryBulkChannel, two: MemoryBulkChannel): void {
    one.#other = two;
    two.#other = one;
  }

  /** Whether the transfer is over: ended by both sides or broken off. */
  get isOver(): boolean {
    return this.#error !== null || (this.#localEnded && this.#remoteEnded);
  }

  /** Bytes sent from here that the other side has not asked for yet. */
  get unreceivedBytes(): number {
    return this.#unreceivedBytes;
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#localEnded) throw new GstoreError("INVALID_ARGUMENT", "This side has been ended.");
    const frame = new Uint8Array(Buffer.concat(parts));
    if (frame.length > BULK_FRAME_BYTES_MAX) throw new GstoreError("TOO_LARGE", "A frame is too large.");
    this.#unreceivedBytes += frame.length;
    this.#pass(() => {
      this.#options.inspect(frame);
      this.#there.#arrive(frame);
    });
    if (this.#unreceivedBytes <= QUEUE_BYTES_MAX) return;
    await new Promise<void>((resolve, reject) => {
      this.#senders.push({ resolve, reject });
      this.#watch();
    });
  }

  receive(): Promise<Uint8Array | null> {
    const frame = this.#arrived.shift();
    if (frame !== undefined) {
      this.#there.#received(frame.length);
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
    this.#pass(() => this.#there.#arriveEnd());
  }

  abort(reason: Error): void {
    this.breakOff(reason, new GstoreError("CONNECTION_LOST", "The peer broke the transfer off."));
  }

  /** Ends both sides with errors of their own. */
  breakOff(here: Error, there: Error): void {
    if (this.isOver) return;
    this.#fail(here);
    this.#there.#fail(there);
  }

  get #there(): MemoryBulkChannel {
    return this.#other as MemoryBulkChannel;
  }

  #pass(arrive: () => void): void {
    this.#transit = this.#transit.then(async () => {
      await this.#options.passage();
      if (this.#error === null) arrive();
    });
    this.#transit.catch((error: Error) => this.abort(error));
  }

  #arrive(frame: Uint8Array): void {
    this.#watch();
    const receiver = this.#receivers.shift();
    if (receiver === undefined) {
      this.#arrived.push(frame);
      return;
    }
    this.#there.#received(frame.length);
    receiver.resolve(frame);
  }

  #arriveEnd(): void {
    this.#remoteEnded = true;
    this.#watch();
    for (const { resolve } of this.#receivers.splice(0)) resolve(null);
  }

  #received(bytes: number): void {
    this.#unreceivedBytes -= bytes;
    this.#watch();
    if (this.#unreceivedBytes > QUEUE_BYTES_MAX) return;
    for (const { resolve } of this.#senders.splice(0)) resolve();
  }

  #fail(error: Error): void {
    if (this.isOver) return;
    this.#error = error;
    this.#arrived = [];
    this.#cancelStall();
    for (const { reject } of [...this.#receivers.splice(0), ...this.#senders.splice(0)]) reject(error);
  }

  /** Begins the wait for something to move anew, where somebody waits. */
  #watch(): void {
    this.#cancelStall();
    if (this.isOver || (this.#receivers.length === 0 && this.#senders.length === 0)) return;
    this.#cancelStall = this.#options.clock.after(BULK_STALL_TIMEOUT_MS, () =>
      this.abort(new GstoreError("TIMEOUT", "The transfer moved nothing for too long.", { retryable: true })),
    );
  }
}
