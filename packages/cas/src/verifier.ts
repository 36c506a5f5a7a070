import {
  type BlobDamage,
  type Digest,
  digestFromBytes,
  LIST_PAGE_MAX,
  type VerifyProgress,
  type VerifyReport,
} from "@gstore/core";
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./constants.ts";
import { diskError } from "./disk-errors.ts";
import { segmentMark } from "./pack/record-format.ts";
import { decodeSegmentHeader } from "./pack/segment-format.ts";
import { type ScannedRecord, scanSegment } from "./pack/segment-scanner.ts";
import type { StoreContext } from "./store-context.ts";

type VerifyOptions = { signal?: AbortSignal; onProgress?: (progress: VerifyProgress) => void };
type DamagedSpan = VerifyReport["damagedSpans"][number];

/** Bytes of a segment in which no record can be found. */
interface LostSpan {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

/** Progress is told at most once for so many bytes. */
const PROGRESS_BYTES: number = 8 * 1024 * 1024;
/** Damaged blobs a report lists, and spans; more are counted as found but not listed one by one. */
const DAMAGES_MAX = 100_000;

/** Reads all packs from end to end and hashes every record. Damaged blobs are treated as missing from then on. */
export function verifyStore(context: StoreContext, options: VerifyOptions): Promise<VerifyReport> {
  return context.exclusively(() => new Verifier(context, options).run());
}

class Verifier {
  readonly #context: StoreContext;
  readonly #options: VerifyOptions;
  readonly #damaged: BlobDamage[] = [];
  readonly #spans: DamagedSpan[] = [];
  #blobs = 0;
  #bytes = 0;
  #toldBytes = 0;
  /** Bytes of records in use that the scan of the current segment has come by. */
  #seenBytes = 0;

  constructor(context: StoreContext, options: VerifyOptions) {
    this.#context = context;
    this.#options = options;
  }

  async run(): Promise<VerifyReport> {
    const { files, log, tables } = this.#context;
    // What is written from now on was verified when it came.
    const until = log.position;
    const lost: LostSpan[] = [];
    const numbers = await files.numbers();
    for (const segment of numbers) {
      if (segment > until.segment) break;
      const end = segment === until.segment ? until.offset : undefined;
      lost.push(...(await this.#verifySegment(segment, end)));
    }
    for (const segment of tables.segments.numbers()) {
      const isGone =
        segment <= until.segment && !numbers.includes(segment) && tables.segments.liveBytes(segment) > 0;
      if (isGone) lost.push({ segment, from: 0, to: Number.POSITIVE_INFINITY });
    }
    if (lost.length > 0) await this.#reportLost(lost);
    this.#options.onProgress?.({ blobs: this.#blobs, bytes: this.#bytes });
    return { blobs: this.#blobs, bytes: this.#bytes, damaged: this.#damaged, damagedSpans: this.#spans };
  }

  /** Resolves with the spans that hold no record. */
  async #verifySegment(segment: number, end: number | undefined): Promise<LostSpan[]> {
    const { files, storeId } = this.#context;
    const { signal } = this.#options;
    const path = files.path(segment);
    const lost: LostSpan[] = [];
    try {
      await files.use(segment, async (file) => {
        const size = await file.size();
        const to = Math.min(end ?? size, size);
        // What the index looks for behind the end is lost too.
        lost.push({ segment, from: to, to: end ?? Number.POSITIVE_INFINITY });
        const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
        await file.read(header, 0);
        if (decodeSegmentHeader(header, path) === undefined)
          this.#span({ path, offset: 0, bytes: header.length });
        const scan = scanSegment({
          file,
          mark: segmentMark(storeId, segment),
          from: SEGMENT_HEADER_BYTES,
          to,
          wantsBody: (record, offset) => this.#isLive(record, { segment, offset }),
          ...(signal ? { signal } : {}),
        });
        for await (const found of scan) {
          this.#context.opened();
          if (found.type === "record") this.#judge(found, segment);
          else {
            lost.push({ segment, from: found.offset, to: found.offset + found.bytes });
            this.#span({ path, offset: found.offset, bytes: found.bytes });
          }
        }
      });
    } catch (cause) {
      throw diskError(cause, path);
    }
    const isWhole = lost.length === 1 && this.#seenBytes >= this.#context.tables.segments.liveBytes(segment);
    this.#seenBytes = 0;
    return isWhole ? [] : lost;
  }

  /** Dead blobs are passed over: they wait for compaction, and their bytes mean nothing. */
  #isLive(header: ScannedRecord["header"], at: { segment: number; offset: number }): boolean {
    if (header.kind === "padding") return false;
    if (header.kind !== "blob") return true;
    const place = this.#context.tables.blobs.get(digestFromBytes(header.digest));
    return place?.segment === at.segment && place.offset === at.offset;
  }

  #judge({ header, offset, body, intact }: ScannedRecord, segment: number): void {
    const { blobs } = this.#context.tables;
    if (body === null) return;
    const bytes = RECORD_HEADER_BYTES + header.bodyBytes;
    if (header.kind !== "deletion") this.#seenBytes += bytes;
    if (header.kind !== "blob") {
      if (!intact) this.#span({ path: this.#context.files.path(segment), offset, bytes });
      return;
    }
    const digest = digestFromBytes(header.digest);
    const place = blobs.get(digest);
    // Deleted or replaced while it was read: it is no longer what is asked for.
    if (place?.segment !== segment || place.offset !== offset) return;
    blobs.mark(digest, place, !intact);
    if (!intact) this.#report(digest, "its bytes do not hash to its digest");
    this.#blobs += 1;
    this.#bytes += body.length;
    if (this.#bytes - this.#toldBytes < PROGRESS_BYTES) return;
    this.#toldBytes = this.#bytes;
    this.#options.onProgress?.({ blobs: this.#blobs, bytes: this.#bytes });
  }

  #span(span: DamagedSpan): void {
    if (this.#spans.length < DAMAGES_MAX) this.#spans.push(span);
  }

  /** Blobs whose record's header is in a damaged span: only the index knows that they were there. */
  async #reportLost(lost: readonly LostSpan[]): Promise<void> {
    const { blobs } = this.#context.tables;
    for (let after: Digest | null = null; ; ) {
      const page: ReturnType<typeof blobs.page> = blobs.page(after, LIST_PAGE_MAX);
      for (const [digest, place] of page) {
        const isLost = lost.some(
          ({ segment, from, to }) => place.segment === segment && place.offset >= from && place.offset < to,
        );
        if (!isLost) continue;
        blobs.mark(digest, place, true);
        this.#report(digest, "its record's header is damaged");
      }
      const last = page.at(-1)?.[0];
      if (page.length < LIST_PAGE_MAX || last === undefined) return;
      after = last;
    }
  }

  #report(digest: Digest, reason: string): void {
    if (this.#damaged.length < DAMAGES_MAX) this.#damaged.push({ digest, reason });
  }
}
