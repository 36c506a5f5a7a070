import { BLOB_BYTES_MAX } from "@gstore/core";
import { RECORD_HEADER_BYTES } from "../constants.ts";
import type { DiskFile } from "../disk-files.ts";

/** Bytes of a file: `bytes` holds those from `from` on. */
interface Window {
  readonly from: number;
  readonly bytes: Uint8Array;
  /** What `bytes` is a part of, to be read into again. */
  readonly buffer: Uint8Array;
}

/** Room in front of what is read, for a record that begins in the window before: one at most. */
const MARGIN_BYTES: number = BLOB_BYTES_MAX + RECORD_HEADER_BYTES;

/**
 * Reads a file from front to back through a large window, the next one being read while this one is looked at. Two
 * buffers serve the whole file: fresh ones would pile up until the garbage collector comes.
 */
export class WindowReader {
  readonly #file: DiskFile;
  readonly #to: number;
  readonly #windowBytes: number;
  readonly #readsAhead: boolean;
  #window: Window = { from: 0, bytes: NO_BYTES, buffer: NO_BYTES };
  #ahead: Promise<Window> | undefined;
  #spare: Uint8Array | undefined;

  constructor(file: DiskFile, options: { to: number; windowBytes: number; readsAhead: boolean }) {
    this.#file = file;
    this.#to = options.to;
    this.#windowBytes = options.windowBytes;
    this.#readsAhead = options.readsAhead;
  }

  /** `length` bytes from `offset` on, fewer only where the file ends. Valid until the next call. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    if (!contains(this.#window, offset, length)) await this.#move(offset, length);
    const start = offset - this.#window.from;
    return this.#window.bytes.subarray(start, start + length);
  }

  /** Waits for the read that is under way, so that the file can be closed. */
  async stop(): Promise<void> {
    await this.#ahead?.catch(() => undefined);
    this.#ahead = undefined;
  }

  async #move(offset: number, length: number): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const next = await ahead;
    const old = this.#window;
    const isWithin = next !== undefined && offset >= old.from && offset + length <= endOf(next);
    if (isWithin && offset <= next.from) {
      this.#window = joined(old, next, offset);
      this.#spare = old.buffer;
    } else if (isWithin) {
      this.#window = next;
      this.#spare = old.buffer;
    } else {
      this.#spare = next?.buffer ?? this.#spare ?? old.buffer;
      this.#window = await this.#read(offset, Math.max(length, this.#windowBytes));
    }
    const from = endOf(this.#window);
    if (!this.#readsAhead || from >= this.#to) return;
    this.#ahead = this.#read(from, this.#windowBytes);
    // A rejection is thrown where the window is used; until then it must not count as unhandled.
    this.#ahead.catch(() => undefined);
  }

  async #read(from: number, wanted: number): Promise<Window> {
    const margin = this.#readsAhead ? MARGIN_BYTES : 0;
    const length = Math.max(0, Math.min(wanted, this.#to - from));
    const spare = this.#spare;
    this.#spare = undefined;
    const buffer = spare && spare.length >= margin + length ? spare : Buffer.allocUnsafeSlow(margin + length);
    const count = await this.#file.read(buffer.subarray(margin, margin + length), from);
    return { from, bytes: buffer.subarray(margin, margin + count), buffer };
  }
}

const NO_BYTES = new Uint8Array(0);

function contains(window: Window, offset: number, length: number): boolean {
  return offset >= window.from && offset + length <= endOf(window);
}

function endOf(window: Window): number {
  return window.from + window.bytes.length;
}

/** The window `next` with what `old` has from `offset` on in front of it. */
function joined(old: Window, next: Window, offset: number): Window {
  const kept = old.bytes.subarray(offset - old.from);
  const start = next.bytes.byteOffset - next.buffer.byteOffset - kept.length;
  next.buffer.set(kept, start);
  return {
    from: offset,
    bytes: next.buffer.subarray(start, start + kept.length + next.bytes.length),
    buffer: next.buffer,
  };
}
