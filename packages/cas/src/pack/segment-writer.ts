import { BLOCK_BYTES, COALESCE_BYTES_MAX, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "../constants.ts";
import type { DiskFile, DiskFiles } from "../disk-files.ts";
import { encodePadding, encodeRecordHeader, type RecordKind, segmentMark } from "./record-format.ts";
import { encodeSegmentHeader, type Seal } from "./segment-format.ts";

/** A record to be written. */
export interface NewRecord {
  readonly kind: RecordKind;
  readonly sequence: number;
  readonly digest: Uint8Array;
  readonly body: Uint8Array;
}

/** Where a record's header begins. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
}

/**
 * The one segment that is appended to. Not concurrent: one call after the other. After a rejection of `append` the segment
 * must not be written again, and only its first `end` bytes count.
 */
export class SegmentWriter {
  readonly number: number;
  readonly #file: DiskFile;
  readonly #mark: Uint8Array;
  #end: number;
  #scratch: Buffer = Buffer.alloc(0);

  constructor(options: { number: number; file: DiskFile; storeId: Uint8Array; end: number }) {
    this.number = options.number;
    this.#file = options.file;
    this.#mark = segmentMark(options.storeId, options.number);
    this.#end = options.end;
  }

  /** Makes a new segment with a synced header and name. Rejects with the system's error and leaves no file. */
  static async create(
    disk: DiskFiles,
    options: { path: string; folder: string; number: number; storeId: Uint8Array; seals: readonly Seal[] },
  ): Promise<SegmentWriter> {
    const { path, folder, number, storeId, seals } = options;
    const file = await disk.open(path, "create");
    try {
      await file.write([encodeSegmentHeader({ number, storeId, seals })], 0);
      await file.datasync();
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      await disk.remove(path).catch(() => undefined);
      throw error;
    }
    return new SegmentWriter({ number, file, storeId, end: SEGMENT_HEADER_BYTES });
  }

  /** Bytes that count: all up to here were synced. A multiple of the block size. */
  get end(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#end === SEGMENT_HEADER_BYTES;
  }

  /** Appends a group and resolves with the place of each record once all of it is synced. */
  async append(records: readonly NewRecord[]): Promise<RecordPlace[]> {
    const { parts, places, end } = this.#encode(records);
    const padding = encodePadding(end, this.#mark);
    if (padding.length > 0) parts.push(padding);
    await this.#file.write(parts, this.#end);
    await this.#file.datasync();
    this.#end = end + padding.length;
    return places;
  }

  /** Cuts off what was written behind `end` and did not count. */
  async cutOff(): Promise<void> {
    await this.#file.truncate(this.#end);
    await this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Headers and small bodies in one buffer, which is used for group after group, and between them large bodies as they are. */
  #encode(records: readonly NewRecord[]): { parts: Uint8Array[]; places: RecordPlace[]; end: number } {
    const copied = records.reduce(
      (sum, { body }) => sum + RECORD_HEADER_BYTES + (isSmall(body) ? body.length : 0),
      0,
    );
    if (this.#scratch.length < copied) this.#scratch = Buffer.allocUnsafeSlow(copied);
    const scratch = this.#scratch;
    const parts: Uint8Array[] = [];
    const places: RecordPlace[] = [];
    let end = this.#end;
    let used = 0;
    let partAt = 0;
    for (const record of records) {
      places.push({ segment: this.number, offset: end });
      const header = { ...record, bodyBytes: record.body.length };
      encodeRecordHeader(header, { mark: this.#mark, target: scratch, offset: used });
      used += RECORD_HEADER_BYTES;
      end += recordBytes(record);
      if (isSmall(record.body)) {
        scratch.set(record.body, used);
        used += record.body.length;
      } else {
        parts.push(scratch.subarray(partAt, used), record.body);
        partAt = used;
      }
    }
    if (used > partAt) parts.push(scratch.subarray(partAt, used));
    return { parts, places, end };
  }
}

/** Bytes a record takes in a segment. */
export function recordBytes(record: { readonly body: Uint8Array }): number {
  return RECORD_HEADER_BYTES + record.body.length;
}

/** The most that a group's padding adds. */
export const PADDING_BYTES_MAX: number = BLOCK_BYTES + RECORD_HEADER_BYTES;

function isSmall(body: Uint8Array): boolean {
  return body.length <= COALESCE_BYTES_MAX;
}
