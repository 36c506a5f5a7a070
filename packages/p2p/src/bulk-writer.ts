import {
  BULK_FIRST_BYTES,
  BULK_SEND_QUEUE_BYTES,
  BULK_WRITE_BYTES_MAX,
  BULK_WRITES_IN_FLIGHT_MAX,
} from "./limits.ts";
import { type RateLimit, UNLIMITED } from "./rate-limit.ts";
import type { TlsLink } from "./tls-link.ts";

/**
 * Feeds a link with writes of up to `BULK_WRITE_BYTES_MAX`: small pieces of one turn of the event loop go together, large
 * ones are cut, so that every completed write is progress that the stall timer can see.
 */
export class BulkWriter {
  readonly #link: TlsLink;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #writes = 0;
  #scheduled = false;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #error: Error | null = null;
  #finished: (() => void) | null = null;
  /** Completed writes so far. */
  progress = 0;

  readonly #rate: Pick<RateLimit, "take" | "wait">;
  /** Of the transfer that is under way. */
  #transferBytes = 0;
  #cancelTurn: (() => void) | null = null;

  constructor(link: TlsLink, rate: Pick<RateLimit, "take" | "wait"> = UNLIMITED) {
    this.#link = link;
    this.#rate = rate;
  }

  /** Whether there is something to write and a limit says to wait. */
  get isHeldBack(): boolean {
    return this.#cancelTurn !== null;
  }

  /** A transfer begins: what it sends first goes first. */
  began(): void {
    this.#transferBytes = 0;
  }

  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#error) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= BULK_WRITE_BYTES_MAX) this.#pump();
    else this.#schedule();
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    if (this.#queuedBytes < BULK_SEND_QUEUE_BYTES) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Takes nothing any more, and calls back when the kernel has taken what was given so far. */
  finish(finished: () => void): void {
    this.#finished = finished;
    this.#pump();
  }

  /** Takes nothing any more; who waits is told the error. What was given is dropped unless {@link finish} was called. */
  fail(error: Error): void {
    this.#error ??= error;
    if (this.#finished === null) {
      this.#queue.length = 0;
      this.#queuedBytes = 0;
      this.#cancelTurn?.();
      this.#cancelTurn = null;
    }
    for (const { reject } of this.#waiting.splice(0)) reject(this.#error);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#writes < BULK_WRITES_IN_FLIGHT_MAX && this.#link.isOpen) {
      const room = this.#turn();
      if (room === 0) break;
      this.#writeSome(room);
    }
    if (this.#queuedBytes === 0 && this.#writes === 0) this.#finished?.();
    if (this.#queuedBytes >= BULK_SEND_QUEUE_BYTES) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** Bytes that may be written now; where there are none it waits for its turn. */
  #turn(): number {
    if (this.#cancelTurn !== null) return 0;
    const wanted = Math.min(this.#queuedBytes, BULK_WRITE_BYTES_MAX);
    const granted = this.#rate.take(wanted, { isUrgent: this.#transferBytes < BULK_FIRST_BYTES });
    this.#transferBytes += granted;
    if (granted === 0) {
      this.#cancelTurn = this.#rate.wait(() => {
        this.#cancelTurn = null;
        this.#pump();
      });
    }
    return granted;
  }

  #writeSome(roomBytes: number): void {
    const { socket } = this.#link;
    let room = roomBytes;
    this.#writes++;
    socket.cork();
    while (room > 0) {
      const bytes = this.#queue.shift() as Uint8Array;
      // Its memory was given up (freed, used anew) before it was sent: nothing sensible can follow on this link.
      if (bytes.length === 0) {
        this.#link.destroy(new Error("bytes to be sent were given up"));
        break;
      }
      const piece = bytes.length <= room ? bytes : bytes.subarray(0, room);
      if (piece !== bytes) this.#queue.unshift(bytes.subarray(room));
      room -= piece.length;
      this.#queuedBytes -= piece.length;
      const last = room === 0 || this.#queue.length === 0;
      this.#link.write(piece, last ? () => this.#written() : undefined);
      if (last) break;
    }
    socket.uncork();
  }

  #written(): void {
    this.#writes--;
    this.progress++;
    this.#pump();
  }
}
