import {
  type BlobDamage,
  type DamageReport,
  type Digest,
  digestFromBytes,
  type EntryId,
  LIST_PAGE_MAX,
} from "@gstore/core";
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./constants.ts";
import { diskError } from "./disk-errors.ts";
import type { DiskFile } from "./disk-files.ts";
import { segmentMark } from "./pack/record-format.ts";
import { decodeSegmentHeader } from "./pack/segment-format.ts";
import { type ScannedRecord, scanSegment } from "./pack/segment-scanner.ts";
import type { RecordPlace } from "./pack/segment-writer.ts";
import type { StoreContext } from "./store-context.ts";
import { withUnreadableBlocks } from "./unreadable-blocks.ts";

/** A part of a segment to check. */
export interface Stretch {
  readonly segment: number;
  readonly from: number;
  /** Where it ends; without it, where the file does. */
  readonly to: number | undefined;
  /** Bytes of records in use that were come by in this segment before `from`. */
  readonly seenBytes: number;
  /** Stops behind the record that makes it so many bytes. */
  readonly bytesMax: number;
}

/** How far a check came in a segment. */
export interface StretchEnd {
  /** Null where the stretch was read to its end. */
  readonly offset: number | null;
  readonly seenBytes: number;
  readonly bytes: number;
}

/** Bytes of a segment in which no record can be found. */
interface LostSpan {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

/** Damaged things of each kind that a report lists; more are marked but not listed one by one. */
const DAMAGES_MAX = 100_000;

/** Reads parts of packs, hashes what is in use there, and notes what is damaged. */
export class PackCheck {
  readonly #context: StoreContext;
  readonly #options: {
    readonly signal?: AbortSignal;
    readonly readsAhead: boolean;
    readonly hashed?: () => void;
  };
  readonly #damaged: BlobDamage[] = [];
  readonly #entries: EntryId[] = [];
  readonly #spans: DamageReport["damagedSpans"][number][] = [];
  readonly #lost: LostSpan[] = [];
  #records = 0;
  /** Blobs that were hashed, and their bytes. */
  blobs = 0;
  blobBytes = 0;

  constructor(
    context: StoreContext,
    options: { readonly signal?: AbortSignal; readonly readsAhead: boolean; readonly hashed?: () => void },
  ) {
    this.#context = context;
    this.#options = options;
  }

  async check(stretch: Stretch): Promise<StretchEnd> {
    const { files } = this.#context;
    try {
      return await files.use(stretch.segment, (file) => this.#read(withUnreadableBlocks(file), stretch));
    } catch (cause) {
      throw diskError(cause, files.path(stretch.segment));
    }
  }

  /** Notes that a segment which the index points into is not there at all. */
  missSegment(segment: number): void {
    this.#lost.push({ segment, from: 0, to: Number.POSITIVE_INFINITY });
  }

  /** What is damaged, once everything in the lost spans has been looked up. */
  finish(): DamageReport {
    if (this.#lost.length > 0) this.#lookUpLost();
    return {
      damaged: this.#damaged,
      damagedEntries: this.#entries,
      damagedRecords: this.#records,
      damagedSpans: this.#spans,
    };
  }

  async #read(file: DiskFile, stretch: Stretch): Promise<StretchEnd> {
    const { storeId, tables } = this.#context;
    const { segment, from, bytesMax } = stretch;
    const size = await file.size();
    const to = Math.min(stretch.to ?? size, size);
    const start = Math.max(from, SEGMENT_HEADER_BYTES);
    if (from === 0) await this.#readHeader(file, segment);
    const { signal, readsAhead } = this.#options;
    const wantsBody = (record: ScannedRecord["header"], offset: number) =>
      this.#isWanted(record, { segment, offset });
    const mark = segmentMark(storeId, segment);
    let seenBytes = stretch.seenBytes;
    let isWhole = true;
    for await (const found of scanSegment({
      ...{ file, mark, from: start, to, wantsBody, readsAhead },
      ...(signal ? { signal } : {}),
    })) {
      this.#context.opened();
      let end = found.offset;
      if (found.type === "record") {
        end += RECORD_HEADER_BYTES + found.header.bodyBytes;
        seenBytes += this.#judge(found, segment);
      } else {
        end += found.bytes;
        isWhole = false;
        this.#lost.push({ segment, from: found.offset, to: end });
        this.#span(segment, found.offset, found.bytes);
      }
      if (end - from >= bytesMax && end < to) return { offset: end, seenBytes, bytes: end - from };
    }
    // What the index looks for behind the end is lost too.
    if (!isWhole || seenBytes < tables.segments.liveBytes(segment))
      this.#lost.push({ segment, from: to, to: stretch.to ?? Number.POSITIVE_INFINITY });
    return { offset: null, seenBytes, bytes: Math.max(0, to - from) };
  }

  async #readHeader(file: DiskFile, segment: number): Promise<void> {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    await file.read(header, 0);
    if (decodeSegmentHeader(header, this.#context.files.path(segment)) === undefined)
      this.#span(segment, 0, header.length);
  }

  /**
   * What the index has elsewhere is passed over: it waits for compaction, and its bytes mean nothing. An entry or membership
   * record that it does not have at all is none that was deleted: it may have been damaged when the index was made anew.
   */
  #isWanted(header: ScannedRecord["header"], at: RecordPlace): boolean {
    if (header.kind === "deletion") return true;
    const place = this.#placeOf(header);
    if (place === undefined) return header.kind === "entry" || header.kind === "membership";
    return isSame(place, at);
  }

  #placeOf(header: ScannedRecord["header"]): RecordPlace | undefined {
    const { blobs, entries, membership } = this.#context.tables;
    if (header.kind === "blob") return blobs.get(digestFromBytes(header.digest));
    if (header.kind === "entry") return entries.row(header.sequence);
    return header.kind === "membership" ? membership.place(header.sequence) : undefined;
  }

  /** The record's bytes that are in use. */
  #judge({ header, offset, body, intact }: ScannedRecord, segment: number): number {
    if (body === null) return 0;
    const bytes = RECORD_HEADER_BYTES + header.bodyBytes;
    if (header.kind === "blob") this.#judgeBlob(digestFromBytes(header.digest), { segment, offset }, intact);
    else if (!intact) {
      this.#span(segment, offset, bytes);
      if (header.kind === "entry") this.#entryDamaged(header.sequence);
      else if (header.kind === "membership") this.#recordDamaged(header.sequence);
    }
    const place = this.#placeOf(header);
    return place !== undefined && isSame(place, { segment, offset }) ? bytes : 0;
  }

  #judgeBlob(digest: Digest, at: RecordPlace, intact: boolean): void {
    const { tables, damage } = this.#context;
    const place = tables.blobs.get(digest);
    // Deleted or replaced while it was read: it is no longer what is asked for.
    if (place === undefined || !isSame(place, at)) return;
    tables.blobs.mark(digest, place, !intact);
    if (!intact) {
      damage.segments.add(at.segment);
      this.#blobDamaged(digest, "its bytes do not hash to its digest");
    }
    this.blobs += 1;
    this.blobBytes += place.size;
    this.#options.hashed?.();
  }

  /** Records whose header is in a damaged span: only the index knows that they were there. */
  #lookUpLost(): void {
    const isLost = (place: RecordPlace | undefined): boolean =>
      place !== undefined &&
      this.#lost.some(
        ({ segment, from, to }) => place.segment === segment && place.offset >= from && place.offset < to,
      );
    const { blobs, entries, membership } = this.#context.tables;
    for (let after: Digest | null = null; ; ) {
      const page: ReturnType<typeof blobs.page> = blobs.page(after, LIST_PAGE_MAX);
      for (const [digest, place] of page) {
        if (!isLost(place)) continue;
        blobs.mark(digest, place, true);
        this.#context.damage.segments.add(place.segment);
        this.#blobDamaged(digest, "its record's header is damaged");
      }
      const last = page.at(-1)?.[0];
      if (page.length < LIST_PAGE_MAX || last === undefined) break;
      after = last;
    }
    for (let after = 0; ; ) {
      const page = entries.arrivals("entry", after, LIST_PAGE_MAX);
      for (const arrival of page) if (isLost(entries.row(arrival))) this.#entryDamaged(arrival);
      const last = page.at(-1);
      if (page.length < LIST_PAGE_MAX || last === undefined) break;
      after = last;
    }
    for (const arrival of membership.arrivals())
      if (isLost(membership.place(arrival))) this.#recordDamaged(arrival);
  }

  #blobDamaged(digest: Digest, reason: string): void {
    if (this.#damaged.length < DAMAGES_MAX) this.#damaged.push({ digest, reason });
  }

  #entryDamaged(arrival: number): void {
    const id = this.#context.tables.entries.row(arrival)?.id;
    if (id === undefined || this.#entries.length >= DAMAGES_MAX) return;
    this.#context.damage.entries.add(id);
    this.#entries.push(id);
  }

  #recordDamaged(arrival: number): void {
    this.#context.damage.membership.add(arrival);
    this.#records += 1;
  }

  #span(segment: number, offset: number, bytes: number): void {
    this.#context.damage.segments.add(segment);
    if (this.#spans.length >= DAMAGES_MAX) return;
    this.#spans.push({ path: this.#context.files.path(segment), offset, bytes });
  }
}

function isSame(one: RecordPlace, other: RecordPlace): boolean {
  return one.segment === other.segment && one.offset === other.offset;
}
