import { decodeEntry, decodeMembershipRecord, digestFromBytes, GstoreError } from "@gstore/core";
import { BLOCK_BYTES, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./constants.ts";
import { diskError } from "./disk-errors.ts";
import type { DiskFile } from "./disk-files.ts";
import { decodeDeletions } from "./pack/deletion-format.ts";
import { segmentMark } from "./pack/record-format.ts";
import type { SegmentFiles } from "./pack/segment-files.ts";
import { decodeSegmentHeader } from "./pack/segment-format.ts";
import { type ScannedRecord, scanSegment } from "./pack/segment-scanner.ts";
import { type RecordPlace, SegmentWriter } from "./pack/segment-writer.ts";
import type { Staging } from "./pack/staging.ts";
import type { IndexState, IndexTables } from "./tables/index-tables.ts";

export interface RecoveryOptions {
  readonly files: SegmentFiles;
  readonly staging: Staging;
  readonly storeId: Uint8Array;
  readonly tables: IndexTables;
  /** What the index says; everything before its checkpoint is taken from there. */
  readonly state: IndexState;
  /** Told how far the packs are indexed, so that a commit during a long recovery states it. */
  readonly advanced: (checkpoint: RecordPlace, nextSequence: number) => void;
  /** Told how many bytes of the packs that have to be read are. */
  readonly scanned?: ((bytes: number, totalBytes: number) => void) | undefined;
  /** See `OpenDiskStoreOptions.entryLost`. */
  readonly entryLost?: (() => Promise<void>) | undefined;
}

export interface Recovered {
  /** The last segment, if it can be gone on with. */
  readonly active: SegmentWriter | null;
  readonly lastNumber: number;
  readonly nextSequence: number;
}

/** Brings the index up to the packs, and the last pack to its last intact record. Section "Recovery" of docs/spec/packs.md. */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  return new Recovery(options).run();
}

class Recovery {
  readonly #options: RecoveryOptions;
  #nextSequence: number;
  /** Bytes of the packs to read, and of those that are read as a whole. */
  #bytesToScan = 0;
  #bytesScanned = 0;
  #isLossTold = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#nextSequence = options.state.nextSequence;
  }

  async run(): Promise<Recovered> {
    const { files, state, tables } = this.#options;
    const { checkpoint } = state;
    await this.#removeUnbegun();
    const numbers = await files.numbers();
    const ends = await this.#sealedEnds(numbers.filter((number) => number >= checkpoint.segment));
    const last = numbers.at(-1);
    let lastEnd = SEGMENT_HEADER_BYTES;
    for (const number of numbers.filter((one) => one >= checkpoint.segment)) {
      this.#bytesToScan += await this.#reading(number, (file) => file.size());
    }
    for (const number of numbers) {
      if (number < checkpoint.segment) continue;
      const from = number === checkpoint.segment ? checkpoint.offset : 0;
      const sealedEnd = ends.get(number);
      if (sealedEnd !== undefined) await this.#cutSealed(number, sealedEnd);
      tables.segments.add(number, 0);
      lastEnd = await this.#replay(number, { from, sealedEnd, isLast: number === last });
    }
    const lastNumber = Math.max(last ?? 0, checkpoint.segment - (checkpoint.offset === 0 ? 1 : 0));
    const isReplayed = last !== undefined && last >= checkpoint.segment;
    const active = isReplayed ? await this.#reopen(last, lastEnd) : null;
    return { active, lastNumber, nextSequence: this.#nextSequence };
  }

  /** A crash while a segment was begun leaves one without a header; nothing else is written before that is synced. */
  async #removeUnbegun(): Promise<void> {
    const { files, state } = this.#options;
    for (;;) {
      const last = (await files.numbers()).at(-1);
      if (last === undefined || last < state.checkpoint.segment) return;
      const isBegun = await this.#reading(last, async (file) => {
        return (await this.#headerOf(file, last)) !== undefined || (await file.size()) > SEGMENT_HEADER_BYTES;
      });
      if (isBegun) return;
      await files.drop(last);
      await this.#changing(last, () => files.disk.remove(files.path(last)));
      await this.#changing(last, () => files.disk.syncFolder(files.folder));
    }
  }

  /** How far segments count of which a later one says that what follows failed. */
  async #sealedEnds(numbers: readonly number[]): Promise<Map<number, number>> {
    const ends = new Map<number, number>();
    for (const number of numbers) {
      const header = await this.#reading(number, (file) => this.#headerOf(file, number));
      for (const seal of header?.seals ?? []) if (seal.segment < number) ends.set(seal.segment, seal.end);
    }
    return ends;
  }

  /** Indexes the records from `from` on, and resolves with the end of the last intact one. */
  async #replay(
    number: number,
    { from, sealedEnd, isLast }: { from: number; sealedEnd: number | undefined; isLast: boolean },
  ): Promise<number> {
    const { advanced, scanned, tables } = this.#options;
    const start = Math.max(from, SEGMENT_HEADER_BYTES);
    let intactEnd = start;
    // Records with a wrong body count as damaged only once an intact one follows: at the tail they were never acknowledged.
    let doubtful: ScannedRecord[] = [];
    let isLossLikely = false;
    const suspectLoss = async (): Promise<void> => {
      // A group that a power cut tore may still have its padding: only what follows another group was acknowledged.
      if (isLast && !this.#isRebuild) isLossLikely = true;
      else await this.#tellLoss();
    };
    await this.#reading(number, async (file) => {
      const to = Math.min(sealedEnd ?? Number.POSITIVE_INFINITY, await file.size());
      // Bodies in finished segments are checked by verify and by every get; here that would read the whole store.
      const wantsBody = (header: ScannedRecord["header"]): boolean =>
        isLast || from > 0 || header.kind !== "blob";
      const isSkim = !isLast && from === 0;
      for await (const found of scanSegment({
        file,
        ...this.#scanned(number),
        from: start,
        to,
        wantsBody,
        isSkim,
      })) {
        if (found.type === "bad") {
          if (!found.isTail) tables.segments.markLost(number);
          await suspectLoss();
          continue;
        }
        if (!found.intact && isLast) {
          doubtful.push({ ...found, body: null });
          continue;
        }
        for (const record of [...doubtful, found]) {
          if (isLostEntry(record)) {
            tables.segments.markLost(number);
            await suspectLoss();
          }
          this.#apply(number, record);
        }
        doubtful = [];
        if (isLossLikely && found.header.kind !== "padding") await this.#tellLoss();
        intactEnd = found.offset + RECORD_HEADER_BYTES + found.header.bodyBytes;
        advanced({ segment: number, offset: intactEnd }, this.#nextSequence);
        scanned?.(this.#bytesScanned + intactEnd, this.#bytesToScan);
        await tables.index.room();
      }
      this.#bytesScanned += to;
      if (this.#isRebuild && doubtful.some(isLostEntry)) await this.#tellLoss();
    });
    return intactEnd;
  }

  /** An index that was kept has what was acknowledged up to its checkpoint, and little was written since. */
  get #isRebuild(): boolean {
    const { segment, offset } = this.#options.state.checkpoint;
    return segment === 0 && offset === 0;
  }

  async #tellLoss(): Promise<void> {
    if (this.#isLossTold) return;
    this.#isLossTold = true;
    await this.#options.entryLost?.();
  }

  /** Cuts off what failed to be written; until that succeeds the seal in a later segment says so. */
  async #cutSealed(number: number, end: number): Promise<void> {
    const { files } = this.#options;
    const file = await files.disk.open(files.path(number), "update").catch(() => undefined);
    try {
      if (file && (await file.size()) > end) await file.truncate(end);
    } catch {
      // Read-only or failing: what follows the seal is passed over all the same.
    } finally {
      await file?.close().catch(() => undefined);
    }
  }

  #apply(segment: number, { header, offset, body, intact }: ScannedRecord): void {
    const { tables } = this.#options;
    const { kind, sequence, spaceTag } = header;
    if (kind === "padding") return;
    this.#nextSequence = Math.max(this.#nextSequence, sequence + 1);
    const place = { segment, offset, size: header.bodyBytes };
    if (kind === "blob") {
      tables.blobs.apply(digestFromBytes(header.digest), {
        ...place,
        sequence,
        spaceTag,
        isDamaged: !intact,
      });
    }
    // What a damaged record of another kind said is lost; verify reports its span.
    if (!intact || body === null) return;
    if (kind === "deletion") {
      for (const { digest } of decodeDeletions(body)) tables.blobs.applyDeletion(digest, sequence);
    } else if (kind === "entry") {
      // A copy: the entry must not hold on to the scan's window.
      const entry = decodeEntry(Uint8Array.from(body));
      tables.entries.apply(entry, { ...place, isComplete: false }, sequence);
    } else if (kind === "membership") {
      tables.membership.apply(decodeMembershipRecord(body).id, place, sequence);
    }
  }

  /** Cuts the last segment off behind its last intact record and syncs it: what is acknowledged from now on builds on it. */
  async #reopen(number: number, end: number): Promise<SegmentWriter | null> {
    const { files, staging, storeId } = this.#options;
    const path = files.path(number);
    return this.#changing(number, async () => {
      const file = await files.disk.open(path, "update");
      let isUsable: boolean;
      try {
        const header = await this.#headerOf(file, number);
        // Without its header it was damaged, not torn: what can't be read there is kept.
        if (header && (await file.size()) !== end) await file.truncate(end);
        await file.datasync();
        await files.disk.syncFolder(files.folder);
        // A group that was torn ends within a block, which is not to be written again.
        isUsable = header !== undefined && end % BLOCK_BYTES === 0;
      } finally {
        await file.close().catch(() => undefined);
      }
      if (!isUsable) return null;
      return new SegmentWriter({
        number,
        file: await staging.openFile(path, "update"),
        staging,
        storeId,
        end,
      });
    });
  }

  async #headerOf(file: DiskFile, number: number): Promise<ReturnType<typeof decodeSegmentHeader>> {
    const { files, storeId } = this.#options;
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const count = await file.read(bytes, 0);
    const header = decodeSegmentHeader(bytes.subarray(0, count), files.path(number));
    if (header && Buffer.compare(header.storeId, storeId) !== 0) {
      throw new GstoreError(
        "STORE_DAMAGED",
        `The pack ${files.path(number)} belongs to another store. Move it away.`,
        {
          path: files.path(number),
        },
      );
    }
    return header?.number === number ? header : undefined;
  }

  #scanned(number: number): { mark: Uint8Array; wantsBody: () => boolean } {
    return { mark: segmentMark(this.#options.storeId, number), wantsBody: () => true };
  }

  async #reading<T>(number: number, read: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#changing(number, () => this.#options.files.use(number, read));
  }

  async #changing<T>(number: number, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (cause) {
      throw diskError(cause, this.#options.files.path(number));
    }
  }
}

function isLostEntry({ header, intact }: ScannedRecord): boolean {
  return header.kind === "entry" && !intact;
}
