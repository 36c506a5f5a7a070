import {
  BULK_FRAME_BYTES_MAX,
  BULK_STALL_TIMEOUT_MS,
  type BulkChannel,
  type Clock,
  GstoreError,
  type PeerId,
} from "@gstore/core";
import { BULK_SIGNS, BULK_SIGNS_FROM } from "./bulk-signs.ts";
import { BulkTransfer } from "./bulk-transfer.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { FrameDecoder, frameHeader } from "./frame-codec.ts";
import type { FrameMemory } from "./frame-memory.ts";
import {
  BULK_FIRST_BYTES,
  BULK_READ_AHEAD_BYTES,
  BULK_READ_TURN_BYTES,
  CLOSE_TIMEOUT_MS,
  ERROR_BYTES_MAX,
} from "./limits.ts";
import type { BulkRates } from "./rate-limit.ts";
import { decodeWireError, encodeWireError, errorOfWire } from "./request-frames.ts";
import { connectionLost, type TlsLink } from "./tls-link.ts";
import { wireErrorOf } from "./wire-errors.ts";

export interface BulkConnectionOptions {
  /** Whether this side begins the transfers. */
  readonly initiates: boolean;
  readonly clock: Clock;
  readonly frames: FrameMemory;
  readonly rates: BulkRates;
  /** A transfer that the peer began. */
  readonly began?: (transfer: BulkTransfer) => void;
  /** A transfer is over and the connection free for the next. */
  readonly idle: () => void;
}

/** A bulk link past its opening: transfers one after the other, each a row of frames both ways. */
export class BulkConnection {
  readonly peer: PeerId;
  readonly link: TlsLink;
  readonly writer: BulkWriter;
  readonly frames: FrameMemory;
  readonly #options: BulkConnectionOptions;
  readonly #decoder: FrameDecoder;
  #transfer: BulkTransfer | null = null;
  #errorComes = false;
  #closing: Error | null = null;
  #isFull = false;
  /** Bytes received in the transfer that is under way, and bytes that may be read before a limit is looked at again. */
  #receivedBytes = 0;
  #turnBytes = 0;
  #cancelTurn: (() => void) | null = null;

  constructor(link: TlsLink, options: BulkConnectionOptions) {
    this.link = link;
    this.peer = link.peer;
    this.frames = options.frames;
    this.#options = options;
    this.writer = new BulkWriter(link, options.rates.up);
    this.#decoder = new FrameDecoder(
      {
        bytesMax: BULK_FRAME_BYTES_MAX,
        controlsFrom: BULK_SIGNS_FROM,
        memory: (bytes) => this.frames.take(bytes),
      },
      {
        frame: (bytes) => this.#frame(bytes),
        control: (sign) => this.#sign(sign),
        tooLong: (length) => this.#violation(`a frame of ${length} bytes`),
      },
    );
    link.attach({
      data: (bytes) => {
        this.#received(bytes.length);
        this.#decoder.push(bytes);
      },
      space: () => this.#decoder.space(),
      filled: (count) => {
        this.#received(count);
        this.#decoder.filled(count);
      },
      closed: (error) => this.#lost(this.#closing ?? connectionLost(this.peer, error)),
    });
  }

  get isOpen(): boolean {
    return this.link.isOpen && this.#closing === null;
  }

  get isIdle(): boolean {
    return this.isOpen && this.#transfer === null;
  }

  /** Whether a limit of this node's own, in either direction, is what a transfer waits for. */
  get isHeldBack(): boolean {
    return this.#cancelTurn !== null || this.writer.isHeldBack;
  }

  /** Begins a transfer on an idle connection; throws `CONNECTION_LOST` where it has just been closed. */
  begin(): BulkChannel {
    if (!this.isIdle) throw connectionLost(this.peer, this.#closing);
    const transfer = this.#open();
    this.writer.push(frameHeader(BULK_SIGNS.begin));
    return transfer;
  }

  /** Tells the peer why, if that is for it to know, and closes. */
  fail(reason: Error): void {
    if (!this.isOpen) return;
    this.#closing = reason;
    const told =
      this.#transfer && reason instanceof GstoreError && reason.code !== "CONNECTION_LOST" ? reason : null;
    if (told) this.#tell(told);
    else this.link.destroy();
    this.#lost(reason);
  }

  /** Called by the transfer when both sides have ended it. */
  finished(): void {
    this.#transfer = null;
    this.frames.ended();
    this.#isFull = false;
    this.#readOrPause();
    this.#options.idle();
  }

  /** Called by the transfer as its unread frames grow and shrink. */
  adjustReading(unreadBytes: number): void {
    this.#isFull = unreadBytes >= BULK_READ_AHEAD_BYTES;
    this.#readOrPause();
  }

  /** Not reading is what limits the sender: TCP tells it. */
  #readOrPause(): void {
    const { socket } = this.link;
    if (this.#isFull || this.#cancelTurn !== null) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  #received(bytes: number): void {
    this.#transfer?.moved();
    const { down } = this.#options.rates;
    const ofTurn = Math.min(this.#turnBytes, bytes);
    this.#turnBytes -= ofTurn;
    this.#receivedBytes += bytes;
    down.charge(bytes - ofTurn);
    if (this.#turnBytes > 0 || this.#cancelTurn !== null) return;
    if (down.hasRoom({ isUrgent: this.#receivedBytes < BULK_FIRST_BYTES })) return;
    this.#cancelTurn = down.wait(() => {
      this.#cancelTurn = null;
      this.#turnBytes = BULK_READ_TURN_BYTES;
      down.charge(BULK_READ_TURN_BYTES);
      this.#readOrPause();
    });
    this.#readOrPause();
  }

  /** What was sent before goes first, for a sign inside a frame would be taken for its bytes. */
  #tell(reason: GstoreError): void {
    const error = encodeWireError(wireErrorOf(reason));
    for (const bytes of [frameHeader(BULK_SIGNS.error), frameHeader(error.length), error])
      this.writer.push(bytes);
    this.writer.finish(() => this.link.end());
    this.link.onClose(this.#options.clock.after(CLOSE_TIMEOUT_MS, () => this.link.destroy()));
  }

  #open(): BulkTransfer {
    const transfer = new BulkTransfer(this, {
      clock: this.#options.clock,
      stallTimeoutMs: BULK_STALL_TIMEOUT_MS,
    });
    this.#transfer = transfer;
    this.#receivedBytes = 0;
    this.writer.began();
    this.frames.began();
    return transfer;
  }

  #sign(sign: number): void {
    const { initiates, began } = this.#options;
    if (sign === BULK_SIGNS.begin && !initiates && this.#transfer === null) {
      began?.(this.#open());
    } else if (sign === BULK_SIGNS.end && this.#transfer !== null && !this.#transfer.remoteEnded) {
      this.#transfer.endRemote();
    } else if (sign === BULK_SIGNS.error && this.#transfer !== null) {
      this.#errorComes = true;
    } else {
      this.#violation("a sign out of turn");
    }
  }

  #frame(bytes: Uint8Array): void {
    if (this.#errorComes) this.#remoteError(bytes);
    else if (this.#transfer && !this.#transfer.remoteEnded) this.#transfer.receiveFrame(bytes);
    else this.#violation("a frame out of turn");
  }

  #remoteError(bytes: Uint8Array): void {
    if (bytes.length > ERROR_BYTES_MAX) {
      this.#violation("an error that is too long");
      return;
    }
    let error: GstoreError;
    try {
      error = errorOfWire(decodeWireError(bytes), this.peer);
    } catch {
      this.#violation("an error that is none");
      return;
    }
    this.#closing = error;
    this.link.destroy();
    this.#lost(error);
  }

  #violation(what: string): void {
    const message = `${this.peer} broke the bulk protocol: it sent ${what}.`;
    this.fail(new GstoreError("PROTOCOL_VIOLATION", message, { peer: this.peer }));
  }

  #lost(error: Error): void {
    this.#closing ??= error;
    this.#decoder.stop();
    this.#cancelTurn?.();
    this.#cancelTurn = null;
    this.writer.fail(error);
    const transfer = this.#transfer;
    this.#transfer = null;
    if (transfer !== null) this.frames.ended();
    transfer?.fail(error);
  }
}
