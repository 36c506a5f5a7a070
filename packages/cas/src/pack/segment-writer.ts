import { BLOCK_BYTES, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "../constants.ts";
import type { DiskFile, DiskFiles } from "../disk-files.ts";
import { encodePadding, encodeRecordHeader, type RecordKind, segmentMark } from "./record-format.ts";
import { encodeSegmentHeader, type Seal } from "./segment-format.ts";
import type { Staging } from "./staging.ts";

/** A record to be written. */
export interface NewRecord {
  readonly kind: RecordKind;
  readonly sequence: number;
  readonly digest: Uint8Array;
  readonly body: Uint8Array;
  /** Left out where it is 0. */
  readonly spaceTag?: number;
}

/** Where a record's header begins. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
}

export interface SegmentWriterOptions {
  readonly number: number;
  /** Opened by `staging`. */
  readonly file: DiskFile;
  readonly staging: Staging;
  readonly storeId: Uint8Array;
  readonly end: number;
}

/**
 * The one segment that is appended to. One `write` after the other and one `sync` after the other, but a group may be
 * written while the one before is synced. After a rejection of either the segment must not be written again, and only its
 * first `end` bytes count.
 */
export class SegmentWriter {
  readonly number: number;
  readonly #file: DiskFile;
  readonly #staging: Staging;
  readonly #mark: Uint8Array;
  readonly #header: Buffer = Buffer.alloc(RECORD_HEADER_BYTES);
  #end: number;
  #writtenEnd: number;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SegmentWriterOptions) {
    this.number = options.number;
    this.#file = options.file;
    this.#staging = options.staging;
    this.#mark = segmentMark(options.storeId, options.number);
    this.#end = options.end;
    this.#writtenEnd = options.end;
  }

  /** Makes a new segment with a synced header and name. Rejects with the system's error and leaves no file. */
  static async create(
    disk: DiskFiles,
    options: {
      path: string;
      folder: string;
      number: number;
      storeId: Uint8Array;
      seals: readonly Seal[];
      staging: Staging;
    },
  ): Promise<SegmentWriter> {
    const { path, folder, number, storeId, seals, staging } = options;
    const file = await staging.openFile(path, "create");
    try {
      const write = staging.writeTo(file, 0);
      await write.add(encodeSegmentHeader({ number, storeId, seals }));
      await write.end();
      await file.datasync();
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      await disk.remove(path).catch(() => undefined);
      throw error;
    }
    return new SegmentWriter({ number, file, staging, storeId, end: SEGMENT_HEADER_BYTES });
  }

  /** Bytes that count: all up to here were synced. A multiple of the block size. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that were written; those behind `end` do not count yet. */
  get writtenEnd(): number {
    return this.#writtenEnd;
  }

  get isEmpty(): boolean {
    return this.#end === SEGMENT_HEADER_BYTES;
  }

  /** Whether a `write` or `sync` was rejected. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Writes a group behind the last one and resolves with the place of each record. It counts after the next `sync`. */
  async write(records: readonly NewRecord[]): Promise<RecordPlace[]> {
    if (this.#failure) throw this.#failure.error;
    const write = this.#staging.writeTo(this.#file, this.#writtenEnd);
    const places: RecordPlace[] = [];
    let end = this.#writtenEnd;
    for (const record of records) {
      places.push({ segment: this.number, offset: end });
      const header = { spaceTag: 0, ...record, bodyBytes: record.body.length };
      encodeRecordHeader(header, { mark: this.#mark, target: this.#header, offset: 0 });
      for (const bytes of [this.#header, record.body]) {
        const full = write.add(bytes);
        if (full) await full;
      }
      end += recordBytes(record);
    }
    const padding = encodePadding(end, this.#mark);
    await write.add(padding);
    await this.#noting(write.end());
    this.#writtenEnd = end + padding.length;
    return places;
  }

  /** Resolves when what was written before this call is synced: from then on it counts. */
  async sync(): Promise<void> {
    const end = this.#writtenEnd;
    await this.#noting(this.#file.datasync());
    this.#end = end;
  }

  /** Cuts off what was written behind `end` and did not count. */
  async cutOff(): Promise<void> {
    await this.#file.truncate(this.#end);
    await this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #noting(change: Promise<void>): Promise<void> {
    try {
      await change;
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }
}

/** Bytes a record takes in a segment. */
export function recordBytes(record: { readonly body: Uint8Array }): number {
  return RECORD_HEADER_BYTES + record.body.length;
}

/** The most that a group's padding adds. */
export const PADDING_BYTES_MAX: number = BLOCK_BYTES + RECORD_HEADER_BYTES;
