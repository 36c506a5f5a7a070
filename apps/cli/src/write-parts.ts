import type { FileHandle } from "node:fs/promises";

/** Bytes that wait while others are written: more do not make it faster. */
const WAITING_BYTES_MAX = 1024 * 1024;

/**
 * Writes parts to a file as they come. Each write costs a trip to another thread, whatever its size: so what comes during
 * one is gathered and goes with the next. Resolves when all is written; rejects with the first error of either side.
 */
export async function writeParts(
  handle: FileHandle,
  parts: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const writer = new GatheringWriter(handle);
  try {
    for await (const part of parts) {
      await writer.add(part);
      onBytes(part.length);
    }
  } finally {
    // Also where reading failed: nobody may close the file under a write.
    await writer.idle();
  }
  writer.throwFailure();
}

class GatheringWriter {
  readonly #handle: FileHandle;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Resolves when more may be added. Rejects where an earlier write failed. */
  async add(part: Uint8Array): Promise<void> {
    this.#waiting.push(part);
    this.#waitingBytes += part.length;
    while (this.#writing !== null && this.#waitingBytes >= WAITING_BYTES_MAX) await this.#writing;
    this.throwFailure();
    if (this.#writing === null) this.#start();
  }

  /** Resolves when all is written, or a write has failed. */
  async idle(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  // Each write starts the next one. A loop in one async function would keep all that it ever wrote (Node 24).
  #start(): void {
    const gathered = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const done = (failure: { readonly error: unknown } | null): void => {
      this.#writing = null;
      this.#failure = failure;
      if (failure === null && this.#waiting.length > 0) this.#start();
    };
    this.#writing = writeAll(this.#handle, gathered).then(
      () => done(null),
      (error: unknown) => done({ error }),
    );
  }
}

/** Writes all of several parts, one after the other. */
async function writeAll(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let { bytesWritten } = await handle.writev(parts);
  for (const part of parts) {
    // As a rule all of them: a pipe may take less.
    if (bytesWritten < part.length) await handle.writeFile(part.subarray(bytesWritten));
    bytesWritten = Math.max(0, bytesWritten - part.length);
  }
}
