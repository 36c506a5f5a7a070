import { abortedError, onAbort } from "@gstore/core";

/**
 * Bounds the bytes in flight between a producer and what it waits for. One request above the maximum is let through when
 * nothing else is in flight, so that nothing waits for ever.
 */
export class ByteWindow {
  readonly #bytesMax: number;
  #inFlight = 0;
  readonly #waiting: { bytes: number; enter: () => void }[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes room at once if there is any. Room taken is to be given back by {@link release}. */
  tryAcquire(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#inFlight += bytes;
    return true;
  }

  /** Waits for room, first come first served. Rejects when the signal fires; then nothing was taken. */
  async acquire(bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw abortedError(signal);
    if (this.tryAcquire(bytes)) return;
    await new Promise<void>((resolve, reject) => {
      const waiter = { bytes, enter: () => {} };
      const cancel = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(abortedError(signal as AbortSignal));
        this.#admitWaiting();
      };
      const stopListening = signal === undefined ? () => {} : onAbort(signal, cancel);
      waiter.enter = () => {
        stopListening();
        resolve();
      };
      this.#waiting.push(waiter);
    });
  }

  release(bytes: number): void {
    this.#inFlight -= bytes;
    this.#admitWaiting();
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#inFlight += next.bytes;
      next.enter();
    }
  }

  #fits(bytes: number): boolean {
    return this.#inFlight === 0 || this.#inFlight + bytes <= this.#bytesMax;
  }
}
