import { BULK_FRAME_BYTES_MAX, type BulkChannel, type Clock, GstoreError, type PeerId } from "@gstore/core";
import type { BulkConnection } from "./bulk-connection.ts";
import { BULK_SIGNS } from "./bulk-signs.ts";
import { frameHeader } from "./frame-codec.ts";
import { BULK_DISCARD_BYTES_MAX, FRAME_MEMORY_BYTES } from "./limits.ts";

/** How often within the stall timeout one looks whether something moved. */
const STALL_CHECKS = 5;

interface Receiver {
  resolve(frame: Uint8Array | null): void;
  reject(error: Error): void;
}

/** One transfer on a {@link BulkConnection}. */
export class BulkTransfer implements BulkChannel {
  readonly peer: PeerId;
  remoteEnded = false;
  readonly #connection: BulkConnection;
  readonly #frames: Uint8Array[] = [];
  readonly #receivers: Receiver[] = [];
  #unreadBytes = 0;
  #localEnded = false;
  #discarding = false;
  #discardedBytes = 0;
  #error: Error | null = null;
  #over = false;
  #movedBytes = false;
  #progressSeen = 0;
  #idleChecks = 0;
  #cancelStallTimer: () => void = () => {};
  readonly #clock: Clock;
  readonly #stallTimeoutMs: number;

  constructor(connection: BulkConnection, options: { clock: Clock; stallTimeoutMs: number }) {
    this.#connection = connection;
    this.peer = connection.peer;
    this.#clock = options.clock;
    this.#stallTimeoutMs = options.stallTimeoutMs;
    this.#watch();
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#localEnded)
      throw new GstoreError("INVALID_ARGUMENT", "This side of the transfer has been ended.");
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length > BULK_FRAME_BYTES_MAX) throw frameTooLarge(length);
    const { writer } = this.#connection;
    writer.push(frameHeader(length));
    for (const part of parts) writer.push(part);
    await writer.room();
  }

  receive(): Promise<Uint8Array | null> {
    const frame = this.#frames.shift();
    if (frame !== undefined) {
      this.#unreadBytes -= frame.length + FRAME_MEMORY_BYTES;
      if (!this.#over) this.#connection.adjustReading(this.#unreadBytes);
      return Promise.resolve(frame);
    }
    if (this.remoteEnded) return Promise.resolve(null);
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#receivers.push({ resolve, reject }));
  }

  recycle(bytes: Uint8Array): void {
    this.#connection.frames.recycle(bytes);
  }

  async end(): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#localEnded) return;
    this.#localEnded = true;
    this.#connection.writer.push(frameHeader(BULK_SIGNS.end));
    this.#finishIfOver();
  }

  abort(reason: Error): void {
    if (this.#over || this.#error) return;
    this.#connection.fail(reason);
  }

  /** Ends this side and throws away what the peer still sends, so that the connection serves the next transfer. */
  release(): void {
    if (this.#over || this.#error) return;
    this.#discarding = true;
    this.#frames.length = 0;
    this.#unreadBytes = 0;
    this.#connection.adjustReading(0);
    void this.end();
  }

  receiveFrame(bytes: Uint8Array): void {
    if (this.#discarding) {
      this.#discardedBytes += bytes.length + FRAME_MEMORY_BYTES;
      if (this.#discardedBytes > BULK_DISCARD_BYTES_MAX) this.abort(unwantedError(this.peer));
      return;
    }
    const receiver = this.#receivers.shift();
    if (receiver) {
      receiver.resolve(bytes);
      return;
    }
    this.#frames.push(bytes);
    this.#unreadBytes += bytes.length + FRAME_MEMORY_BYTES;
    this.#connection.adjustReading(this.#unreadBytes);
  }

  /** The peer has sent its last frame. */
  endRemote(): void {
    this.remoteEnded = true;
    for (const receiver of this.#receivers.splice(0)) receiver.resolve(null);
    this.#finishIfOver();
  }

  /** Bytes have come in. */
  moved(): void {
    this.#movedBytes = true;
  }

  fail(error: Error): void {
    if (this.#over || this.#error) return;
    this.#error = error;
    this.#cancelStallTimer();
    this.#frames.length = 0;
    for (const receiver of this.#receivers.splice(0)) receiver.reject(error);
  }

  #finishIfOver(): void {
    if (!this.#localEnded || !this.remoteEnded || this.#over) return;
    this.#over = true;
    this.#cancelStallTimer();
    this.#connection.finished();
  }

  /** Gives up when somebody waits and nothing has moved either way for `stallTimeoutMs`. */
  #watch(): void {
    this.#cancelStallTimer = this.#clock.after(this.#stallTimeoutMs / STALL_CHECKS, () => {
      const { writer } = this.#connection;
      const waiting =
        this.#receivers.length > 0 || writer.isWaitedFor || (this.#localEnded && this.#unreadBytes === 0);
      const { isHeldBack } = this.#connection;
      const moved = this.#movedBytes || isHeldBack || writer.progress !== this.#progressSeen;
      this.#idleChecks = waiting && !moved ? this.#idleChecks + 1 : 0;
      this.#movedBytes = false;
      this.#progressSeen = writer.progress;
      if (this.#idleChecks >= STALL_CHECKS) this.abort(stalledError(this.peer, this.#stallTimeoutMs));
      else this.#watch();
    });
  }
}

function frameTooLarge(actual: number): GstoreError {
  return new GstoreError(
    "TOO_LARGE",
    `A frame of ${actual} bytes is too large; at most ${BULK_FRAME_BYTES_MAX} are allowed.`,
    {
      limit: BULK_FRAME_BYTES_MAX,
      actual,
    },
  );
}

function unwantedError(peer: PeerId): GstoreError {
  return new GstoreError("REQUEST_REFUSED", "The rest of the transfer is not wanted.", { peer });
}

function stalledError(peer: PeerId, afterMs: number): GstoreError {
  return new GstoreError("TIMEOUT", `The transfer with ${peer} moved nothing for ${afterMs} ms.`, {
    peer,
    retryable: true,
  });
}
