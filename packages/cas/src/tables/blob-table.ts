import { type Digest, digestFromBytes } from "@gstore/core";
import { RECORD_HEADER_BYTES } from "../constants.ts";
import type { KeyValueIndex } from "../index/key-value-index.ts";
import { digestKey, keyAfter, TABLES, tableEnd, tableStart } from "../index/keys.ts";
import type { SegmentTable } from "./segment-table.ts";

/** Where a blob's record is. */
export interface BlobPlace {
  readonly segment: number;
  /** Of the record's header. */
  readonly offset: number;
  /** Bytes of the blob. */
  readonly size: number;
  readonly sequence: number;
  /** A segment with an older record of the blob that this one replaced; 0 if there is none. */
  readonly olderSegment: number;
  /** What is stored there is not the blob. */
  readonly isDamaged: boolean;
  /** The tag of its space; 0 where it is of no certain one. */
  readonly spaceTag: number;
}

const VALUE_BYTES = 28;

/** Digest -> place, and how many blobs and bytes there are. */
export class BlobTable {
  blobs = 0;
  bytes = 0;
  readonly #index: KeyValueIndex;
  readonly #segments: SegmentTable;

  constructor(index: KeyValueIndex, segments: SegmentTable) {
    this.#index = index;
    this.#segments = segments;
  }

  get(digest: Digest): BlobPlace | undefined {
    const value = this.#index.get(digestKey(TABLES.blob, digest));
    return value && decodePlace(value);
  }

  /** Whether the blob is here, for the space with this tag if one is given, and not known to be damaged. */
  has(digest: Digest, spaceTag: number | null): boolean {
    const place = this.get(digest);
    if (place === undefined || place.isDamaged) return false;
    return spaceTag === null || isFor(place, spaceTag);
  }

  /** Takes a record of the log: the one with the highest sequence counts, the later place where it was moved. */
  apply(digest: Digest, found: Omit<BlobPlace, "olderSegment">): void {
    const known = this.get(digest);
    if (known && known.sequence > found.sequence) {
      if (known.olderSegment === 0) this.#put(digest, { ...known, olderSegment: found.segment });
      return;
    }
    const isMoved = known?.sequence === found.sequence;
    // A crash came between the move and the removal of the old segment; compaction goes on with that one first.
    if (isMoved && known.segment !== found.segment) this.#segments.markEmptying(known.segment);
    if (known) this.#forget(known);
    const olderSegment = known === undefined ? 0 : isMoved ? known.olderSegment : known.segment;
    this.#put(digest, { ...found, olderSegment });
    this.#segments.add(found.segment, RECORD_HEADER_BYTES + found.size);
    if (!found.isDamaged) this.#count(found.size);
  }

  /** Takes a deletion of the log, which concerns the records before it. */
  applyDeletion(digest: Digest, sequence: number): void {
    const known = this.get(digest);
    if (known === undefined || known.sequence > sequence) return;
    this.#forget(known);
    this.#index.remove(digestKey(TABLES.blob, digest));
  }

  /** Notes that what is at `place` is not the blob, or is after all. Without effect if the blob is elsewhere by now. */
  mark(digest: Digest, place: BlobPlace, isDamaged: boolean): void {
    const known = this.get(digest);
    if (known?.segment !== place.segment || known.offset !== place.offset) return;
    if (known.isDamaged === isDamaged) return;
    this.#put(digest, { ...known, isDamaged });
    if (isDamaged) this.#uncount(known.size);
    else this.#count(known.size);
  }

  /** At most `limit` blobs in order of digest, those after `after`, damaged ones too. */
  page(after: Digest | null, limit: number): [Digest, BlobPlace][] {
    const start = after === null ? tableStart(TABLES.blob) : keyAfter(digestKey(TABLES.blob, after));
    return this.#index
      .range(start, tableEnd(TABLES.blob), limit)
      .map(([key, value]) => [digestFromBytes(key.subarray(1)), decodePlace(value)]);
  }

  #forget(place: BlobPlace): void {
    this.#segments.add(place.segment, -(RECORD_HEADER_BYTES + place.size));
    if (!place.isDamaged) this.#uncount(place.size);
  }

  #count(size: number): void {
    this.blobs += 1;
    this.bytes += size;
  }

  #uncount(size: number): void {
    this.blobs -= 1;
    this.bytes -= size;
  }

  #put(digest: Digest, place: BlobPlace): void {
    const value = Buffer.alloc(VALUE_BYTES);
    value.writeUInt32LE(place.segment, 0);
    value.writeUInt32LE(place.offset, 4);
    value.writeUInt32LE(place.size, 8);
    value.writeUIntLE(place.sequence, 12, 6);
    value.writeUInt32LE(place.olderSegment, 18);
    value[22] = place.isDamaged ? 1 : 0;
    value.writeUInt32LE(place.spaceTag, 24);
    this.#index.put(digestKey(TABLES.blob, digest), value);
  }
}

/** Whether a blob is there for the space with this tag. */
export function isFor(place: BlobPlace, spaceTag: number): boolean {
  return place.spaceTag === spaceTag || place.spaceTag === 0;
}

function decodePlace(value: Uint8Array): BlobPlace {
  const view = Buffer.from(value.buffer, value.byteOffset, value.length);
  return {
    segment: view.readUInt32LE(0),
    offset: view.readUInt32LE(4),
    size: view.readUInt32LE(8),
    sequence: view.readUIntLE(12, 6),
    olderSegment: view.readUInt32LE(18),
    isDamaged: view[22] === 1,
    spaceTag: view.readUInt32LE(24),
  };
}
