import { type Clock, decodeCbor, encodeCbor, FieldReader } from "@gstore/core";
import type { KeyValueIndex } from "../index/key-value-index.ts";
import { META_KEY } from "../index/keys.ts";
import type { RecordPlace } from "../pack/segment-writer.ts";
import { BlobTable } from "./blob-table.ts";
import { EntryTable } from "./entry-table.ts";
import { MembershipTable } from "./membership-table.ts";
import { SegmentTable } from "./segment-table.ts";

/** What the index says about itself, in the same transaction as what it holds. */
export interface IndexState {
  /** Everything in the packs before this place is in the index. */
  readonly checkpoint: RecordPlace;
  readonly nextSequence: number;
  readonly arrivalEpoch: string;
}

const META_VERSION = 2;
const META_BYTES_MAX = 4096;
const EPOCH_BYTES_MAX = 64;

/** The tables of the index, together. */
export class IndexTables {
  readonly index: KeyValueIndex;
  readonly segments: SegmentTable;
  readonly blobs: BlobTable;
  readonly entries: EntryTable;
  readonly membership: MembershipTable;

  constructor(index: KeyValueIndex, clock: Pick<Clock, "now">) {
    this.index = index;
    this.segments = new SegmentTable(index);
    this.blobs = new BlobTable(index, this.segments);
    this.entries = new EntryTable(index, this.segments, clock);
    this.membership = new MembershipTable(index, this.segments);
  }

  /** Reads the state; undefined where there is none that this gstore understands. */
  load(): IndexState | undefined {
    const value = this.index.get(META_KEY);
    if (value === undefined) return undefined;
    const what = "The index";
    const fields = new FieldReader(decodeCbor(value, { bytesMax: META_BYTES_MAX, what }), what, 8);
    fields.version(META_VERSION);
    const checkpoint = { segment: fields.integer("segment"), offset: fields.integer("offset") };
    const nextSequence = fields.integer("nextSequence");
    const arrivalEpoch = fields.text("arrivalEpoch", EPOCH_BYTES_MAX);
    this.blobs.blobs = fields.integer("blobs");
    this.blobs.bytes = fields.integer("bytes");
    this.entries.count = fields.integer("entries");
    this.segments.load();
    return { checkpoint, nextSequence, arrivalEpoch };
  }

  /** Adds the state to what is about to be committed. */
  save({ checkpoint, nextSequence, arrivalEpoch }: IndexState): void {
    const { segment, offset } = checkpoint;
    const { blobs, bytes } = this.blobs;
    const { count } = this.entries;
    this.index.put(
      META_KEY,
      encodeCbor([META_VERSION, segment, offset, nextSequence, arrivalEpoch, blobs, bytes, count]),
    );
    this.segments.flush();
  }
}
