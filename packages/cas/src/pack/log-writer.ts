import {
  abortedError,
  COMMIT_GROUP_BYTES_MAX,
  COMMIT_QUEUE_BYTES_MAX,
  GstoreError,
  SEGMENT_BYTES_MAX,
  throwIfAborted,
} from "@gstore/core";
import { FREE_BYTES_MIN, OVERLAP_BYTES_MIN, SEGMENT_HEADER_BYTES, SEGMENT_SEALS_MAX } from "../constants.ts";
import { diskError, storeClosed, storeFull } from "../disk-errors.ts";
import type { SegmentFiles } from "./segment-files.ts";
import type { Seal } from "./segment-format.ts";
import {
  type NewRecord,
  PADDING_BYTES_MAX,
  type RecordPlace,
  recordBytes,
  SegmentWriter,
} from "./segment-writer.ts";
import type { Staging } from "./staging.ts";

/** A record on its way to the log. Exactly one of the two is called; `written` in the order of the log. */
export interface PendingRecord extends Omit<NewRecord, "sequence"> {
  /** The record's number; taken from the log where it is left out. Compaction gives the one the record had. */
  readonly sequence?: number;
  /** Called once the record is synced, at the same moment for its whole group: makes it visible. Must not throw. */
  readonly written: (place: RecordPlace, sequence: number) => void;
  readonly failed: (error: GstoreError) => void;
}

interface QueuedRecord extends PendingRecord {
  readonly sequence: number;
}

export interface LogWriterOptions {
  readonly files: SegmentFiles;
  readonly staging: Staging;
  readonly storeId: Uint8Array;
  readonly segmentBytesMax?: number;
  /** The segment to go on with; null to begin a new one with the first record. */
  readonly active: SegmentWriter | null;
  /** The highest segment number that was ever used. */
  readonly lastNumber: number;
  readonly nextSequence: number;
  /** Resolves when the index has room for more changes; rejects where it can't be written. */
  readonly indexRoom: () => Promise<void>;
  /** Called after a group is synced and visible. */
  readonly advanced: () => void;
}

/** A group that is in the segment's file and not synced yet. */
interface WrittenGroup {
  readonly records: readonly QueuedRecord[];
  readonly places: readonly RecordPlace[];
  readonly segment: SegmentWriter;
}

/**
 * Appends records to the active segment, one sync per group: what queues up while a sync runs goes into the next group,
 * which is written meanwhile if it is large. A failed write or sync rejects everything that is queued, since what comes
 * later may build on what failed. Then a new segment is begun, whose header states how far the failed one counts (`seal`).
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #segmentBytesMax: number;
  #active: SegmentWriter | null;
  #position: RecordPlace;
  #lastNumber: number;
  #nextSequence: number;
  /** The segment that takes no more groups. */
  #endsWith: number | null = null;
  #seals: Seal[] = [];
  #queue: QueuedRecord[] = [];
  /** Bytes of all records that are not settled yet, and of those among them that are not being written yet. */
  #queuedBytes = 0;
  #unwrittenBytes = 0;
  #running: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.#active = options.active;
    this.#lastNumber = options.lastNumber;
    this.#nextSequence = options.nextSequence;
    this.#position = options.active
      ? { segment: options.active.number, offset: options.active.end }
      : { segment: options.lastNumber + 1, offset: 0 };
  }

  /** The place behind the last synced group. */
  get position(): RecordPlace {
    return this.#position;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get activeSegment(): number | null {
    return this.#active?.number ?? null;
  }

  /** Whether a failed write may have left records behind that no later segment has sealed off yet. */
  get hasUnsealed(): boolean {
    return this.#seals.length > 0;
  }

  get hasRoom(): boolean {
    return this.#queuedBytes < COMMIT_QUEUE_BYTES_MAX;
  }

  /** Resolves when records may be queued again; the caller then looks again whether its record is still needed. */
  async room(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(abortedError(signal as AbortSignal));
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
    });
  }

  /** Queues records; they keep their order. */
  append(records: readonly PendingRecord[]): void {
    if (this.#isClosed) {
      for (const record of records) record.failed(storeClosed(this.#options.files.folder));
      return;
    }
    for (const record of records) {
      this.#queue.push({ ...record, sequence: record.sequence ?? this.#nextSequence++ });
      this.#queuedBytes += recordBytes(record);
      this.#unwrittenBytes += recordBytes(record);
    }
    this.#running ??= this.#run();
  }

  /** Ends the active segment, so that compaction may take it. Resolves once what was queued before is written. */
  async endSegment(): Promise<void> {
    await this.#running;
    if (this.#running || this.#active === null) return;
    const active = this.#active;
    this.#active = null;
    this.#position = { segment: this.#lastNumber + 1, offset: 0 };
    await active.close().catch(() => undefined);
  }

  /** What is written from now on stands in another segment, but for what is being written. Waits for nothing. */
  beginNext(): void {
    this.#endsWith = this.activeSegment;
  }

  /** Writes what is queued and closes. Later records fail with `STORE_CLOSED`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.#active?.close().catch(() => undefined);
    this.#active = null;
  }

  async #run(): Promise<void> {
    // One turn later, so that callers of the same moment share the first group too.
    await Promise.resolve();
    let before: WrittenGroup | undefined;
    while (before !== undefined || this.#queue.length > 0) {
      const records = this.#takeGroup({ isOverlap: before !== undefined });
      const [synced, written] = await Promise.allSettled([this.#sync(before), this.#write(records)]);
      // What failed to be synced takes along what was written behind it.
      if (synced.status === "rejected") {
        await this.#fail([...(before?.records ?? []), ...records], synced.reason);
      } else if (written.status === "rejected") await this.#fail(records, written.reason);
      const isWritten = synced.status === "fulfilled" && written.status === "fulfilled";
      before = isWritten ? written.value : undefined;
    }
    this.#running = undefined;
  }

  /** The next records to be written together; none where they had better wait for the sync that is under way. */
  #takeGroup({ isOverlap }: { isOverlap: boolean }): QueuedRecord[] {
    if (isOverlap && this.#unwrittenBytes < OVERLAP_BYTES_MIN) return [];
    let bytes = 0;
    let count = 0;
    for (const record of this.#queue) {
      const more = recordBytes(record);
      if (count > 0 && bytes + more > COMMIT_GROUP_BYTES_MAX) break;
      bytes += more;
      count++;
    }
    // A new segment is begun, and the old one closed, only when nothing is left to be synced.
    if (isOverlap && !this.#fits(bytes)) return [];
    this.#unwrittenBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #fits(bytes: number): boolean {
    const active = this.#active;
    if (active === null) return false;
    if (active.writtenEnd === SEGMENT_HEADER_BYTES) return true;
    return (
      active.number !== this.#endsWith &&
      active.writtenEnd + bytes + PADDING_BYTES_MAX <= this.#segmentBytesMax
    );
  }

  async #write(records: readonly QueuedRecord[]): Promise<WrittenGroup | undefined> {
    if (records.length === 0) return undefined;
    await this.#options.indexRoom();
    const segment = await this.#segmentFor(records);
    const places = await segment.write(records);
    return { records, segment, places };
  }

  async #sync(group: WrittenGroup | undefined): Promise<void> {
    if (group === undefined) return;
    const { records, places, segment } = group;
    await segment.sync();
    this.#seals = [];
    this.#position = { segment: segment.number, offset: segment.end };
    for (const [index, record] of records.entries()) {
      record.written(places[index] as RecordPlace, record.sequence);
    }
    this.#options.advanced();
    this.#release(records);
  }

  async #segmentFor(group: readonly QueuedRecord[]): Promise<SegmentWriter> {
    const bytes = group.reduce((sum, record) => sum + recordBytes(record), 0);
    const active = this.#active;
    if (active && this.#fits(bytes)) return active;
    const { files, staging, storeId } = this.#options;
    if ((await files.disk.freeBytes(files.folder)) < bytes + PADDING_BYTES_MAX + FREE_BYTES_MIN) {
      throw storeFull(files.folder);
    }
    if (this.#seals.length >= SEGMENT_SEALS_MAX) {
      throw new GstoreError("STORE_IO", "Too many writes failed one after the other; restart this node.", {
        path: files.folder,
      });
    }
    const number = this.#lastNumber + 1;
    this.#lastNumber = number;
    const seals = this.#seals;
    const created = await SegmentWriter.create(files.disk, {
      path: files.path(number),
      folder: files.folder,
      number,
      storeId,
      seals,
      staging,
    });
    this.#active = created;
    await active?.close().catch(() => undefined);
    return created;
  }

  async #fail(records: readonly QueuedRecord[], error: unknown): Promise<void> {
    const { files } = this.#options;
    const segment = this.#active;
    if (!segment?.hasFailed) return this.#failAll(records, diskError(error, files.folder));
    await this.#abandon(segment);
    this.#failAll(records, diskError(error, files.path(segment.number)));
  }

  /** Never writes to the segment again: a later sync may report success for pages that the kernel has given up. */
  async #abandon(segment: SegmentWriter): Promise<void> {
    this.#active = null;
    this.#seals = [...this.#seals, { segment: segment.number, end: segment.end }];
    // Helps a reader that is older than the seal; the seal is what counts.
    const isCut = await segment.cutOff().then(
      () => true,
      () => false,
    );
    await segment.close().catch(() => undefined);
    if (!segment.isEmpty || !isCut) return;
    const { files } = this.#options;
    const isRemoved = await files.disk.remove(files.path(segment.number)).then(
      () => true,
      () => false,
    );
    if (isRemoved) this.#seals = this.#seals.filter((seal) => seal.segment !== segment.number);
  }

  #failAll(group: readonly QueuedRecord[], error: GstoreError): void {
    const all = [...group, ...this.#queue.splice(0)];
    this.#unwrittenBytes = 0;
    for (const record of all) record.failed(error);
    this.#release(all);
  }

  #release(records: readonly QueuedRecord[]): void {
    for (const record of records) this.#queuedBytes -= recordBytes(record);
    if (!this.hasRoom) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
