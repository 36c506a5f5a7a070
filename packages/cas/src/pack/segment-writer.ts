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
    const parts: Uint8Array[] = [];
    const places: RecordPlace[] = [];
    let at = this.#end;
    for (let index = 0; index < records.length; ) {
      const run = runLength(records, index);
      const bytes = this.#encodeRun(records.slice(index, index + run), { at, places });
      parts.push(...bytes);
      for (const part of bytes) at += part.length;
      index += run;
    }
    const padding = encodePadding(at, this.#mark);
    if (padding.length > 0) parts.push(padding);
    await this.#file.write(parts, this.#end);
    await this.#file.datasync();
    this.#end = at + padding.length;
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

  /** A run of small records as one buffer, or a large one as header and body without a copy. */
  #encodeRun(
    records: readonly NewRecord[],
    { at, places }: { at: number; places: RecordPlace[] },
  ): Uint8Array[] {
    const [first] = records;
    const isLarge = first !== undefined && first.body.length > COALESCE_BYTES_MAX;
    const total = records.reduce((sum, record) => sum + recordBytes(record), 0);
    const buffer = Buffer.allocUnsafe(isLarge ? RECORD_HEADER_BYTES : total);
    let offset = 0;
    for (const record of records) {
      places.push({ segment: this.number, offset: at + offset });
      const header = { ...record, bodyBytes: record.body.length };
      encodeRecordHeader(header, { mark: this.#mark, target: buffer, offset });
      if (!isLarge) buffer.set(record.body, offset + RECORD_HEADER_BYTES);
      offset += recordBytes(record);
    }
    return isLarge ? [buffer, first.body] : [buffer];
  }
}

/** Bytes a record takes in a segment. */
export function recordBytes(record: { readonly body: Uint8Array }): number {
  return RECORD_HEADER_BYTES + record.body.length;
}

/** The most that a group's padding adds. */
export const PADDING_BYTES_MAX: number = BLOCK_BYTES + RECORD_HEADER_BYTES;

function runLength(records: readonly NewRecord[], from: number): number {
  const isLarge = (index: number): boolean => (records[index]?.body.length ?? 0) > COALESCE_BYTES_MAX;
  if (isLarge(from)) return 1;
  let to = from + 1;
  while (to < records.length && !isLarge(to)) to++;
  return to - from;
}
