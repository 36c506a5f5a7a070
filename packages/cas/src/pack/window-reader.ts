import type { DiskFile } from "../disk-files.ts";

interface Window {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** Reads a file from front to back through a large window, the next one being read while this one is looked at. */
export class WindowReader {
  readonly #file: DiskFile;
  readonly #to: number;
  readonly #windowBytes: number;
  readonly #readsAhead: boolean;
  #window: Window = { from: 0, bytes: new Uint8Array(0) };
  #ahead: { readonly from: number; readonly window: Promise<Window> } | undefined;

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
    await this.#ahead?.window.catch(() => undefined);
    this.#ahead = undefined;
  }

  async #move(offset: number, length: number): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const next = await ahead?.window;
    const old = this.#window;
    if (next && offset >= old.from && offset <= next.from && offset + length <= endOf(next)) {
      // What this window still has of the record goes before the next one: a copy of one record at most.
      this.#window = joined(old, next, offset);
    } else if (next && contains(next, offset, length)) {
      this.#window = next;
    } else {
      this.#window = await this.#read(offset, Math.max(length, this.#windowBytes));
    }
    if (!this.#readsAhead) return;
    const from = endOf(this.#window);
    if (from < this.#to) this.#ahead = { from, window: this.#read(from, this.#windowBytes) };
    // A rejection is thrown where the window is used; until then it must not count as unhandled.
    this.#ahead?.window.catch(() => undefined);
  }

  async #read(from: number, wanted: number): Promise<Window> {
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(wanted, this.#to - from)));
    const count = await this.#file.read(bytes, from);
    return { from, bytes: bytes.subarray(0, count) };
  }
}

function contains(window: Window, offset: number, length: number): boolean {
  return offset >= window.from && offset + length <= endOf(window);
}

function endOf(window: Window): number {
  return window.from + window.bytes.length;
}

function joined(old: Window, next: Window, offset: number): Window {
  const kept = old.bytes.subarray(offset - old.from);
  if (kept.length === 0) return next;
  return { from: offset, bytes: Buffer.concat([kept, next.bytes]) };
}
