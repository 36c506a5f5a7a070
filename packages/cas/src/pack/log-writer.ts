import {
  abortedError,
  COMMIT_GROUP_BYTES_MAX,
  COMMIT_QUEUE_BYTES_MAX,
  GstoreError,
  SEGMENT_BYTES_MAX,
  throwIfAborted,
} from "@gstore/core";
import { FREE_BYTES_MIN, SEGMENT_SEALS_MAX } from "../constants.ts";
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

/**
 * Appends records to the active segment, one sync per group: what queues up while a sync runs goes into the next group.
 * A failed write or sync rejects everything that is queued, since what comes later may build on what failed. Then a new
 * segment is begun, whose header states how far the failed one counts (its `seal`).
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #segmentBytesMax: number;
  #active: SegmentWriter | null;
  #position: RecordPlace;
  #lastNumber: number;
  #nextSequence: number;
  #seals: Seal[] = [];
  #queue: QueuedRecord[] = [];
  #queuedBytes = 0;
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
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#options.indexRoom();
        const segment = await this.#segmentFor(group);
        const places = await this.#write(segment, group);
        this.#seals = [];
        this.#position = { segment: segment.number, offset: segment.end };
        for (const [index, record] of group.entries()) {
          record.written(places[index] as RecordPlace, record.sequence);
        }
        this.#options.advanced();
        this.#release(group);
      } catch (error) {
        this.#failAll(group, diskError(error, this.#options.files.folder));
      }
    }
    this.#running = undefined;
  }

  #takeGroup(): QueuedRecord[] {
    let bytes = 0;
    let count = 0;
    for (const record of this.#queue) {
      bytes += recordBytes(record);
      if (count > 0 && bytes > COMMIT_GROUP_BYTES_MAX) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #segmentFor(group: readonly QueuedRecord[]): Promise<SegmentWriter> {
    const bytes = group.reduce((sum, record) => sum + recordBytes(record), PADDING_BYTES_MAX);
    const active = this.#active;
    if (active && (active.isEmpty || active.end + bytes <= this.#segmentBytesMax)) return active;
    const { files, storeId } = this.#options;
    if ((await files.disk.freeBytes(files.folder)) < bytes + FREE_BYTES_MIN) throw storeFull(files.folder);
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
    });
    this.#active = created;
    await active?.close().catch(() => undefined);
    return created;
  }

  async #write(segment: SegmentWriter, group: readonly QueuedRecord[]): Promise<RecordPlace[]> {
    try {
      return await segment.append(group);
    } catch (error) {
      await this.#abandon(segment);
      throw diskError(error, this.#options.files.path(segment.number));
    }
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
    for (const record of all) record.failed(error);
    this.#release(all);
  }

  #release(records: readonly QueuedRecord[]): void {
    for (const record of records) this.#queuedBytes -= recordBytes(record);
    if (!this.hasRoom) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
