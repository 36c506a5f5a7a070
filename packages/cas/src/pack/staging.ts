import { STAGING_BUFFERS, STAGING_BYTES } from "../constants.ts";
import type { DiskFile, DiskFiles, OpenMode } from "../disk-files.ts";

/**
 * The memory that groups are copied into and written from: past the page cache (`isDirect`) where the store's folder allows
 * it, so that a write costs the copy and little else. One writer at a time uses it; all segments of a store share it.
 */
export class Staging {
  readonly isDirect: boolean;
  readonly #disk: DiskFiles;
  readonly #buffers: Buffer[];

  private constructor(disk: DiskFiles, memory: Buffer | undefined) {
    this.#disk = disk;
    this.isDirect = memory !== undefined;
    const bytes = memory ?? Buffer.allocUnsafeSlow(STAGING_BUFFERS * STAGING_BYTES);
    this.#buffers = Array.from({ length: STAGING_BUFFERS }, (_, index) =>
      bytes.subarray(index * STAGING_BYTES, (index + 1) * STAGING_BYTES),
    );
  }

  /** Looks at what the folder's file system allows; that is not asked again. */
  static async open(disk: DiskFiles, folder: string): Promise<Staging> {
    return new Staging(disk, await disk.directMemory(folder, STAGING_BUFFERS * STAGING_BYTES));
  }

  /** Opens a file that is to be written from here. */
  openFile(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#disk.open(path, mode, { isDirect: this.isDirect });
  }

  /** Begins to write to a file that `openFile` gave, at a multiple of the block size. */
  writeTo(file: DiskFile, position: number): StagedWrite {
    return new StagedWrite(this.#buffers, { file, position });
  }
}

/**
 * Bytes on their way into a file: copied into one buffer while the other one is being written, one write after the other,
 * so that what a crash leaves ends somewhere rather than having holes. All in all they must be a multiple of the block size.
 * `end` must be called in any case: only then nothing is being written any more.
 */
export class StagedWrite {
  readonly #buffers: readonly Buffer[];
  readonly #file: DiskFile;
  #position: number;
  #current = 0;
  #used = 0;
  /** The write under way or done last; settles without an error in any case. */
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(buffers: readonly Buffer[], { file, position }: { file: DiskFile; position: number }) {
    this.#buffers = buffers;
    this.#file = file;
    this.#position = position;
  }

  /** Copies `bytes`; where it gives a promise, the next call has to wait for it. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    const buffer = this.#buffers[this.#current] as Buffer;
    if (bytes.length > buffer.length - this.#used) return this.#addOver(bytes);
    buffer.set(bytes, this.#used);
    this.#used += bytes.length;
    return undefined;
  }

  /** Resolves when all of it is written; rejects with the first error where not. */
  async end(): Promise<void> {
    await this.#turn();
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  async #addOver(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const buffer = this.#buffers[this.#current] as Buffer;
      if (this.#used === buffer.length) {
        await this.#turn();
        continue;
      }
      const part = bytes.subarray(from, from + buffer.length - this.#used);
      buffer.set(part, this.#used);
      this.#used += part.length;
      from += part.length;
    }
  }

  /** Begins to write the current buffer once the other one is written, and goes on with that. */
  async #turn(): Promise<void> {
    const bytes = (this.#buffers[this.#current] as Buffer).subarray(0, this.#used);
    const position = this.#position;
    this.#position += this.#used;
    this.#used = 0;
    this.#current = (this.#current + 1) % this.#buffers.length;
    await this.#writing;
    if (this.#failure || bytes.length === 0) return;
    this.#writing = this.#file.write(bytes, position).catch((error: unknown) => {
      this.#failure = { error };
    });
  }
}
