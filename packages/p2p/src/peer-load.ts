import { type PeerId, REQUEST_QUEUE_BYTES_MAX } from "@gstore/core";
import { LARGE_ANSWERS_AT_ONCE_MAX } from "./limits.ts";

/** One stream's part in what is done for its peer. */
export interface LoadedStream {
  /** Bytes of requests that it works on or that wait. */
  readonly requestBytes: number;
  /** Bytes of answers that the peer has not taken. */
  readonly answerBytes: number;
  /** There may be room again. */
  wake(): void;
}

/**
 * What the requests of one peer may take here, however many streams and connections it opens: it gets no more work done
 * while its answers pile up, only so many large answers are made at once, and nothing more is read while its requests do.
 */
export class PeerLoad {
  readonly #streams = new Set<LoadedStream>();
  readonly #waiting = new Set<LoadedStream>();
  #largeRunning = 0;

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  join(stream: LoadedStream): void {
    this.#streams.add(stream);
  }

  /** To be called once the stream is gone and none of its requests is worked on. */
  leave(stream: LoadedStream): void {
    this.#streams.delete(stream);
    this.#waiting.delete(stream);
    this.changed();
  }

  /** Whether the stream may begin one more request; one that may not is woken. */
  mayBegin(stream: LoadedStream, options: { readonly isLarge: boolean }): boolean {
    const isBusy = options.isLarge && this.#largeRunning >= LARGE_ANSWERS_AT_ONCE_MAX;
    return this.#allow(stream, !isBusy && this.#sum((one) => one.answerBytes) < REQUEST_QUEUE_BYTES_MAX);
  }

  /** Whether the stream may read more requests; one that may not is woken. */
  mayRead(stream: LoadedStream): boolean {
    const bytes = Math.max(
      this.#sum((one) => one.requestBytes),
      this.#sum((one) => one.answerBytes),
    );
    return this.#allow(stream, bytes < REQUEST_QUEUE_BYTES_MAX);
  }

  began({ isLarge }: { readonly isLarge: boolean }): void {
    if (isLarge) this.#largeRunning++;
  }

  ended({ isLarge }: { readonly isLarge: boolean }): void {
    if (isLarge) this.#largeRunning--;
  }

  /** Something was let go of. */
  changed(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const stream of waiting) stream.wake();
  }

  #allow(stream: LoadedStream, isAllowed: boolean): boolean {
    if (!isAllowed) this.#waiting.add(stream);
    return isAllowed;
  }

  #sum(bytesOf: (stream: LoadedStream) => number): number {
    let sum = 0;
    for (const stream of this.#streams) sum += bytesOf(stream);
    return sum;
  }
}

/** The loads of all peers that have a stream. */
export class PeerLoads {
  readonly #loads = new Map<PeerId, PeerLoad>();

  of(peer: PeerId): PeerLoad {
    for (const [other, load] of this.#loads) if (load.isEmpty) this.#loads.delete(other);
    const load = this.#loads.get(peer) ?? new PeerLoad();
    this.#loads.set(peer, load);
    return load;
  }
}
