import { digestFromBytes, digestOf, digestToBytes, GstoreError } from "@gstore/core";
import { nextCandidate } from "./compaction-candidate.ts";
import { COMPACT_STEP_BYTES, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./constants.ts";
import { diskError } from "./disk-errors.ts";
import { decodeDeletions, encodeDeletions } from "./pack/deletion-format.ts";
import { segmentMark } from "./pack/record-format.ts";
import { decodeSegmentHeader, isSealless } from "./pack/segment-format.ts";
import { type ScannedRecord, scanSegment } from "./pack/segment-scanner.ts";
import type { RecordPlace } from "./pack/segment-writer.ts";
import type { StoreContext } from "./store-context.ts";
import { withUnreadableBlocks } from "./unreadable-blocks.ts";

/** Goes at segments that are to be emptied and are being written all the time. */
const EMPTY_ATTEMPTS_MAX = 16;

/**
 * What was stripped goes whatever else is damaged. Entries are set apart from the blobs beside them, which need not be moved
 * again then when the next one is stripped.
 */
const EMPTYING = { isRetiring: true, setsApart: true };

/** What compaction did. */
export interface CompactionReport {
  readonly segmentsRemoved: number;
  readonly freedBytes: number;
}

/**
 * Gives space back: moves what is in use out of segments that are partly dead, then removes them. Every step may be the
 * last before a crash; section "Compaction" of docs/spec/packs.md says why nothing is lost or comes back.
 */
export class Compactor {
  readonly #context: StoreContext;
  /** Segments with damage, kept as they are: until this process ends, nothing is gained by trying again. */
  readonly #kept = new Set<number>();
  /** Bytes of deletions that were moved into a segment since they are still needed: nothing would be gained there. */
  readonly #neededDeletions = new Map<number, number>();

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Compacts while it is worth it. */
  async run(signal: AbortSignal): Promise<CompactionReport> {
    let segmentsRemoved = 0;
    let freedBytes = 0;
    // Each round looks anew; no more rounds than there are segments, should moving free nothing.
    const roundsMax = (await this.#context.files.numbers()).length + 1;
    for (let round = 0; round < roundsMax && !signal.aborted; round++) {
      const candidate = await nextCandidate(this.#context, {
        kept: this.#kept,
        neededDeletions: this.#neededDeletions,
      });
      if (candidate === undefined) break;
      const before = this.#context.log.position;
      const outcome = await this.#context.exclusively(() => this.#compact(candidate.segment, signal));
      if (outcome === "damaged") this.#kept.add(candidate.segment);
      if (outcome !== "removed") continue;
      segmentsRemoved += 1;
      const { segment, offset } = this.#context.log.position;
      freedBytes += Math.max(0, candidate.size - (segment === before.segment ? offset - before.offset : 0));
    }
    return { segmentsRemoved, freedBytes };
  }

  /**
   * Gives up the segments that are emptying, and no others. Resolves with whether none is left. Damage keeps one only where
   * something is hit that is in use.
   */
  async empty(signal: AbortSignal): Promise<boolean> {
    const { exclusively, files, tables } = this.#context;
    const { segments } = tables;
    const emptying = (): number[] => segments.numbers().filter((segment) => segments.isEmptying(segment));
    // What was hit may be stored anew since the last time.
    const kept = new Set<number>();
    for (let attempt = 0; attempt < EMPTY_ATTEMPTS_MAX; attempt++) {
      for (const segment of emptying()) {
        if (signal.aborted) return false;
        if (kept.has(segment)) continue;
        const outcome = await exclusively(() => this.#compact(segment, signal, EMPTYING));
        if (outcome === "damaged") {
          kept.add(segment);
          this.#kept.add(segment);
        }
      }
      const present = new Set(await files.numbers());
      if (!emptying().some((segment) => present.has(segment) && !kept.has(segment))) break;
    }
    return emptying().length === 0;
  }

  /** See `DiskStore.retireDamagedPacks`. */
  async retireDamaged(signal: AbortSignal): Promise<number> {
    const { damage, exclusively } = this.#context;
    let retired = 0;
    for (const segment of [...damage.segments]) {
      if (signal.aborted) break;
      const outcome = await exclusively(() => this.#compact(segment, signal, { isRetiring: true }));
      if (outcome === "damaged") this.#kept.add(segment);
      if (outcome !== "removed") continue;
      damage.segments.delete(segment);
      retired += 1;
    }
    return retired;
  }

  /** Moves what is in use, and removes the segment. `busy` where something concurrent kept it: the next round tries again. */
  async #compact(
    segment: number,
    signal: AbortSignal,
    { isRetiring, setsApart = false }: { isRetiring: boolean; setsApart?: boolean } = { isRetiring: false },
  ): Promise<"removed" | "damaged" | "busy"> {
    const { files, log, tables } = this.#context;
    // It may have been removed since it was found worth it.
    if (!(await files.numbers()).includes(segment)) return "removed";
    if (segment === log.activeSegment) await log.endSegment();
    if (segment === log.activeSegment) return "busy";
    if (!(await this.#settleSeals(segment, isRetiring))) return "damaged";
    // Known before the first copy exists: until the segment is gone, a deletion must outlive both copies.
    tables.segments.markEmptying(segment);
    await tables.index.commit();
    const isIntact = await this.#moveAll(segment, signal, { isRetiring, setsApart });
    if (!isIntact && !isRetiring) return "damaged";
    // Deletions that were under way were left to themselves; if one failed, its blob is still in use here.
    if (tables.segments.liveBytes(segment) > 0) return isIntact ? "busy" : "damaged";
    // The index no longer points here, also after a crash.
    await tables.index.commit();
    try {
      await files.disk.remove(files.path(segment));
      await files.disk.syncFolder(files.folder);
    } catch (cause) {
      throw diskError(cause, files.path(segment));
    }
    await files.drop(segment);
    tables.segments.remove(segment);
    this.#neededDeletions.delete(segment);
    return "removed";
  }

  /** The seals in this segment's header go with it: what they sealed off must be gone before. */
  async #settleSeals(segment: number, isRetiring: boolean): Promise<boolean> {
    const { files, storeId } = this.#context;
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    await files.use(segment, (file) => (isRetiring ? withUnreadableBlocks(file) : file).read(bytes, 0));
    const header = decodeSegmentHeader(bytes, files.path(segment));
    if (header === undefined) return isRetiring && isSealless(bytes, { number: segment, storeId });
    const present = new Set(await files.numbers());
    for (const seal of header.seals) {
      if (!present.has(seal.segment)) continue;
      const file = await files.disk.open(files.path(seal.segment), "update").catch(() => undefined);
      if (file === undefined) return false;
      try {
        if ((await file.size()) > seal.end) await file.truncate(seal.end);
        await file.datasync();
      } catch {
        return false;
      } finally {
        await file.close().catch(() => undefined);
      }
    }
    return true;
  }

  /** False where something is damaged: at the first, or having moved all the rest from a segment that is retired. */
  async #moveAll(
    segment: number,
    signal: AbortSignal,
    { isRetiring, setsApart }: { isRetiring: boolean; setsApart: boolean },
  ): Promise<boolean> {
    if (!setsApart) return await this.#moveKinds(segment, signal, { isRetiring, kinds: "all" });
    const before = this.#context.tables.segments.liveBytes(segment);
    const isIntact = await this.#moveKinds(segment, signal, { isRetiring, kinds: "others" });
    const hasMoved = this.#context.tables.segments.liveBytes(segment) < before;
    if (hasMoved) this.#context.log.beginNext();
    return (await this.#moveKinds(segment, signal, { isRetiring, kinds: "entries" })) && isIntact;
  }

  async #moveKinds(
    segment: number,
    signal: AbortSignal,
    { isRetiring, kinds }: { isRetiring: boolean; kinds: "all" | "entries" | "others" },
  ): Promise<boolean> {
    const { files, storeId } = this.#context;
    const isWanted = ({ kind }: ScannedRecord["header"]): boolean =>
      kinds === "all" || (kind === "entry") === (kinds === "entries");
    return files.use(segment, async (opened) => {
      const file = isRetiring ? withUnreadableBlocks(opened) : opened;
      const mark = segmentMark(storeId, segment);
      const wantsBody = (header: ScannedRecord["header"], offset: number): boolean =>
        isWanted(header) && (header.kind === "deletion" || this.#isInUse(header, { segment, offset }));
      let moves: Promise<void>[] = [];
      let bytes = 0;
      let isIntact = true;
      const scan = scanSegment({ file, mark, from: SEGMENT_HEADER_BYTES, to: await file.size(), wantsBody });
      for await (const found of scan) {
        if (signal.aborted) throw new GstoreError("STORE_CLOSED", "The disk store was closed.");
        // What a damaged span held may be wanted for repair.
        if (found.type === "bad" || (found.body !== null && !found.intact)) {
          if (found.type === "record") this.#keepDamaged(found, segment);
          if (!isRetiring) return false;
          isIntact = false;
          continue;
        }
        if (found.body === null) continue;
        const move = this.#move(found, found.body, { segment, offset: found.offset });
        if (move === undefined) continue;
        // Where one before it fails, nobody waits for this one.
        move.catch(() => undefined);
        moves.push(move);
        bytes += found.body.length + RECORD_HEADER_BYTES;
        if (bytes < COMPACT_STEP_BYTES) continue;
        await Promise.all(moves);
        moves = [];
        bytes = 0;
      }
      await Promise.all(moves);
      return isIntact;
    });
  }

  #keepDamaged({ header }: ScannedRecord, segment: number): void {
    if (header.kind !== "blob") return;
    const { blobs } = this.#context.tables;
    const digest = digestFromBytes(header.digest);
    const place = blobs.get(digest);
    if (place?.segment === segment) blobs.mark(digest, place, true);
  }

  #isInUse(header: ScannedRecord["header"], at: RecordPlace): boolean {
    const place = this.#placeOf(header);
    return place?.segment === at.segment && place.offset === at.offset;
  }

  #placeOf(header: ScannedRecord["header"]): RecordPlace | undefined {
    const { blobs, entries, membership } = this.#context.tables;
    if (header.kind === "blob") return blobs.get(digestFromBytes(header.digest));
    if (header.kind === "entry") return entries.row(header.sequence);
    return header.kind === "membership" ? membership.place(header.sequence) : undefined;
  }

  /** Appends a copy under the record's own number, or what is left of a deletion. Undefined where nothing is. */
  #move({ header }: ScannedRecord, body: Uint8Array, at: RecordPlace): Promise<void> | undefined {
    const { pending } = this.#context;
    if (header.kind === "deletion") return this.#moveDeletions(header.sequence, body, at.segment);
    if (!this.#isInUse(header, at)) return undefined;
    // A copy: the scan's window goes on.
    const bytes = Uint8Array.from(body);
    if (header.kind !== "blob") return this.#append(header, bytes);
    const digest = digestFromBytes(header.digest);
    // It is about to be deleted or replaced; a copy behind the deletion would be one that nothing deletes.
    const other = pending.deletions.get(digest) ?? pending.puts.get(digest);
    if (other) return other.catch(() => undefined);
    return pending.track(pending.moves, digest, this.#append(header, bytes));
  }

  #append(header: ScannedRecord["header"], body: Uint8Array): Promise<void> {
    const { log, tables } = this.#context;
    const { kind, sequence, digest, spaceTag } = header;
    return new Promise((resolve, reject) => {
      const written = (place: RecordPlace): void => {
        const size = body.length;
        if (kind === "blob") {
          tables.blobs.apply(digestFromBytes(digest), {
            ...place,
            size,
            sequence,
            spaceTag,
            isDamaged: false,
          });
        } else if (kind === "entry") tables.entries.move(sequence, { ...place, size });
        else if (kind === "membership") tables.membership.move(sequence, { ...place, size });
        resolve();
      };
      log.append([{ kind, digest, body, sequence, spaceTag, written, failed: reject }]);
    });
  }

  /** Deletions are kept as long as a segment may hold a record of what they delete. */
  #moveDeletions(sequence: number, body: Uint8Array, from: number): Promise<void> | undefined {
    const { log, tables } = this.#context;
    const { segments } = tables;
    const others = segments.numbers().filter((segment) => segment !== from);
    const hasInterrupted = others.some((segment) => segments.isEmptying(segment));
    const isThere = (segment: number): boolean => segment !== from && segments.has(segment);
    const needed = decodeDeletions(body).filter(
      ({ segment, olderSegment }) => hasInterrupted || isThere(segment) || isThere(olderSegment),
    );
    if (needed.length === 0) return undefined;
    const kept = encodeDeletions(needed);
    return new Promise((resolve, reject) => {
      const digest = digestToBytes(digestOf(kept));
      const written = ({ segment }: RecordPlace): void => {
        const bytes = this.#neededDeletions.get(segment) ?? 0;
        this.#neededDeletions.set(segment, bytes + RECORD_HEADER_BYTES + kept.length);
        resolve();
      };
      log.append([{ kind: "deletion", digest, body: kept, sequence, written, failed: reject }]);
    });
  }
}
