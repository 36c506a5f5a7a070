import {
  type AuthorSeq,
  type Clock,
  coversDot,
  DIGEST_BYTES,
  digestFromBytes,
  type Entry,
  type EntryId,
  type Incarnation,
  type KeyId,
  mergeVectors,
  type PeerId,
  type SpaceId,
  type SupersededPlace,
  type Supersession,
  type VersionPlace,
  type VersionVector,
} from "@gstore/core";
import { RECORD_HEADER_BYTES } from "../constants.ts";
import type { KeyValueIndex } from "../index/key-value-index.ts";
import {
  authorEntryKey,
  authorOfKey,
  authorSeqKey,
  digestKey,
  keyAfter,
  keyStateKey,
  keyVersionKey,
  keyVersionPrefix,
  NUMBER_MAX,
  numberAtEnd,
  numberKey,
  numberValue,
  placeOfSuperseded,
  placeOfVersion,
  prefixEnd,
  supersededKey,
  TABLES,
  tableEnd,
  tableStart,
} from "../index/keys.ts";
import { decodeEntryRow, decodeEntryState, type EntryRow, encodeEntryRow } from "./entry-row.ts";
import { decodeKeyState, encodeKeyState, NO_KEY_STATE } from "./key-state.ts";
import type { SegmentTable } from "./segment-table.ts";

/** The place of a record that is given up; no segment has this number, and no entry this size. */
const NOWHERE = { segment: 0, offset: 0, size: 0 };
const PRESENT: Uint8Array = Uint8Array.of(1);
const VECTOR_PAGE = 1000;
/** Characters of an id: its multihash code and all digits. */
const ID_TEXT_LENGTH = 4 + 2 * DIGEST_BYTES;

/** The index of entries. Arrival numbers are the log's sequence numbers, so a rebuilt index deals the same ones. */
export class EntryTable {
  count = 0;
  /** The numbering that moved on last, of whose entries none is here behind its last seq. */
  #advanced: { readonly author: PeerId; readonly incarnation: Incarnation; last: number } | null = null;
  readonly #index: KeyValueIndex;
  readonly #segments: SegmentTable;
  readonly #clock: Pick<Clock, "now">;

  constructor(index: KeyValueIndex, segments: SegmentTable, clock: Pick<Clock, "now">) {
    this.#index = index;
    this.#segments = segments;
    this.#clock = clock;
  }

  row(arrival: number): EntryRow | undefined {
    const value = this.#index.get(numberKey(TABLES.entry, arrival));
    return value && decodeEntryRow(value);
  }

  /** The state of a record's version here; undefined where there is no such record. */
  state(arrival: number): ReturnType<typeof decodeEntryState> | undefined {
    const value = this.#index.get(numberKey(TABLES.entry, arrival));
    return value && decodeEntryState(value);
  }

  arrivalOf(id: EntryId): number | undefined {
    return this.#number(digestKey(TABLES.entryId, id));
  }

  /** The arrival of an author's entry. */
  arrivalAt(author: PeerId, incarnation: Incarnation, seq: number): number | undefined {
    return this.#number(authorEntryKey(author, incarnation, seq));
  }

  /** The last seq up to which all entries of an author's incarnation are here. */
  lastSeq(author: PeerId, incarnation: Incarnation): number {
    return this.#number(authorSeqKey(author, incarnation)) ?? 0;
  }

  /** Takes a record of the log. A known arrival was moved: only its place changes. */
  apply(
    entry: Entry,
    row: Omit<EntryRow, "id" | "isDropped" | "isExpired" | "superseded">,
    arrival: number,
  ): void {
    if (this.row(arrival)) {
      this.move(arrival, row);
      return;
    }
    // The same entry twice can only follow a damage: the first one counts.
    if (this.arrivalOf(entry.id) !== undefined) return;
    const { author, incarnation } = entry.body.dot;
    const isComplete = row.isComplete || entry.body.content === null;
    const state = { isComplete, isDropped: false, isExpired: false, superseded: null, id: entry.id };
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...row, ...state }));
    this.#index.put(digestKey(TABLES.entryId, entry.id), numberValue(arrival));
    this.#index.put(authorEntryKey(author, incarnation, entry.body.seq), numberValue(arrival));
    this.#index.put(versionKey(entry.body, { time: entry.body.time, arrival }), PRESENT);
    if (!isComplete) this.#index.put(numberKey(TABLES.incomplete, arrival), PRESENT);
    this.#advance(author, incarnation, entry.body.seq);
    this.#addVersion(entry, arrival);
    this.#segments.add(row.segment, RECORD_HEADER_BYTES + row.size);
    this.count += 1;
  }

  /** Notes the new place of a record that was moved, or stripped: what is left of it in the old one has to go. */
  move(arrival: number, to: Pick<EntryRow, "segment" | "offset" | "size">): void {
    const known = this.row(arrival);
    if (known === undefined) return;
    const isMoved = known.segment !== to.segment && known.size === to.size;
    const isStripped = to.size < known.size;
    if (isMoved || isStripped) this.#segments.markEmptying(known.segment);
    const { segment, offset, size } = to;
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...known, segment, offset, size }));
    this.#leave(known);
    this.#segments.add(segment, RECORD_HEADER_BYTES + size);
  }

  /** Forgets the place of a record that is damaged: what is left of it there has to go. */
  displace(arrival: number): void {
    const known = this.row(arrival);
    if (known === undefined || isDisplaced(known)) return;
    this.#segments.markEmptying(known.segment);
    this.#leave(known);
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...known, ...NOWHERE }));
  }

  #leave(known: EntryRow): void {
    if (!isDisplaced(known)) this.#segments.add(known.segment, -(RECORD_HEADER_BYTES + known.size));
  }

  markComplete(arrival: number): void {
    const row = this.row(arrival);
    if (row === undefined || row.isComplete || row.isExpired) return;
    const state = { isComplete: true, isDropped: false };
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...row, ...state }));
    this.#index.remove(numberKey(TABLES.incomplete, arrival));
  }

  /** Of an entry with content. */
  markDropped(arrival: number): void {
    const row = this.row(arrival);
    if (row === undefined || row.isDropped) return;
    const state = { isComplete: false, isDropped: true };
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...row, ...state }));
    this.#index.put(numberKey(TABLES.incomplete, arrival), PRESENT);
  }

  markExpired(arrival: number): void {
    const row = this.row(arrival);
    if (row === undefined || row.isExpired) return;
    const state = { isComplete: false, isDropped: true, isExpired: true };
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...row, ...state }));
    this.#index.remove(numberKey(TABLES.incomplete, arrival));
    if (row.superseded) this.#index.remove(supersededKey({ sinceMs: row.superseded.sinceMs, arrival }));
  }

  markErasing(arrival: number): void {
    this.#index.put(numberKey(TABLES.erasing, arrival), PRESENT);
  }

  markErased(arrival: number): void {
    this.#index.remove(numberKey(TABLES.erasing, arrival));
  }

  /** Superseded versions that are not expired, those that were superseded first before the others. */
  superseded(
    untilMs: number,
    { behind, limit }: { behind: SupersededPlace | null; limit: number },
  ): SupersededPlace[] {
    const start = behind === null ? tableStart(TABLES.superseded) : keyAfter(supersededKey(behind));
    const end = numberKey(TABLES.superseded, Math.max(0, Math.min(untilMs, NUMBER_MAX - 1)) + 1);
    return this.#index.range(start, end, limit).map(([key]) => placeOfSuperseded(key));
  }

  /** Arrivals of the versions of a key that no other supersedes. */
  heads(space: SpaceId, keyId: KeyId): number[] {
    const value = this.#index.get(keyStateKey(space, keyId));
    return value ? decodeKeyState(value).heads.map((head) => head.arrival) : [];
  }

  /** The writes to a key that some version of it here has seen. */
  seen(space: SpaceId, keyId: KeyId): VersionVector {
    const value = this.#index.get(keyStateKey(space, keyId));
    return value ? decodeKeyState(value).seen : [];
  }

  /** A key's versions, newest first, behind a place in that order. */
  versions(
    space: SpaceId,
    keyId: KeyId,
    { behind, limit }: { behind: VersionPlace | undefined; limit: number },
  ): VersionPlace[] {
    const prefix = keyVersionPrefix(space, keyId);
    const start = behind === undefined ? prefix : keyAfter(versionKey({ space, keyId }, behind));
    return this.#index.range(start, prefixEnd(prefix), limit).map(([key]) => placeOfVersion(key));
  }

  /** Arrivals of the entries whose ids begin with `prefix`, behind the id `after`; with the ids. */
  withIdPrefix(
    prefix: string,
    { after, limit }: { after: EntryId | null; limit: number },
  ): { id: EntryId; arrival: number }[] {
    const key = (text: string): Uint8Array => digestKey(TABLES.entryId, text as EntryId);
    const start = after === null ? key(prefix.padEnd(ID_TEXT_LENGTH, "0")) : keyAfter(key(after));
    const end = keyAfter(key(prefix.padEnd(ID_TEXT_LENGTH, "f")));
    return this.#index
      .range(start, end, limit)
      .map(([found, value]) => ({ id: digestFromBytes(found.subarray(1)), arrival: numberAtEnd(value) }));
  }

  /** Arrivals after `after` in a table ordered by arrival. */
  arrivals(table: "entry" | "incomplete" | "erasing", after: number, limit: number): number[] {
    return this.#index
      .range(numberKey(TABLES[table], after + 1), tableEnd(TABLES[table]), limit)
      .map(([key]) => numberAtEnd(key));
  }

  vector(): AuthorSeq[] {
    const vector: AuthorSeq[] = [];
    for (let start = tableStart(TABLES.authorSeq); ; ) {
      const page = this.#index.range(start, tableEnd(TABLES.authorSeq), VECTOR_PAGE);
      for (const [key, value] of page) vector.push({ ...authorOfKey(key), seq: numberAtEnd(value) });
      const last = page.at(-1)?.[0];
      if (page.length < VECTOR_PAGE || last === undefined) return vector.filter(({ seq }) => seq > 0);
      start = keyAfter(last);
    }
  }

  /** Moves the last seq on over all entries that follow it without a gap, now that `seq` is here. */
  #advance(author: PeerId, incarnation: Incarnation, seq: number): void {
    const known = this.#advanced;
    if (known?.author === author && known.incarnation === incarnation && known.last + 1 === seq) {
      // Nothing came behind it yet, or it would not be known.
      known.last = seq;
      this.#index.put(authorSeqKey(author, incarnation), numberValue(seq));
      return;
    }
    this.#advanced = null;
    const before = this.lastSeq(author, incarnation);
    let last = before;
    while (this.arrivalAt(author, incarnation, last + 1) !== undefined) last++;
    if (last !== before) this.#index.put(authorSeqKey(author, incarnation), numberValue(last));
    if (last === seq) this.#advanced = { author, incarnation, last };
  }

  #addVersion(entry: Entry, arrival: number): void {
    const { space, keyId, dot, context } = entry.body;
    const key = keyStateKey(space, keyId);
    const value = this.#index.get(key);
    const known = value ? decodeKeyState(value) : NO_KEY_STATE;
    const seen = mergeVectors(known.seen, context);
    // What is not here may still be superseded by what is: entries arrive in any order between authors.
    const heads = [...known.heads, { arrival, dot }].filter((head) => !coversDot(seen, head.dot));
    this.#index.put(key, encodeKeyState({ seen, heads }));
    const now = Math.max(1, Math.min(this.#clock.now(), NUMBER_MAX - 1));
    for (const head of [...known.heads, { arrival, dot }]) {
      if (!coversDot(seen, head.dot)) continue;
      const isNew = head.arrival === arrival;
      const writtenMs = isNew ? 0 : Math.min(entry.body.time.wallMs, NUMBER_MAX);
      this.#supersede(head.arrival, { sinceMs: now, writtenMs, by: isNew ? 0 : arrival });
      if (isNew) this.markErasing(arrival);
    }
    if (entry.body.erases || entry.body.sealed === null) this.markErasing(arrival);
  }

  #supersede(arrival: number, superseded: Supersession): void {
    const row = this.row(arrival);
    if (row === undefined || row.superseded) return;
    this.#index.put(numberKey(TABLES.entry, arrival), encodeEntryRow({ ...row, superseded }));
    this.#index.put(supersededKey({ sinceMs: superseded.sinceMs, arrival }), PRESENT);
  }

  #number(key: Uint8Array): number | undefined {
    const value = this.#index.get(key);
    return value && numberAtEnd(value);
  }
}

/** Whether nothing is left of an entry's record, see `EntryStore.destroyDamaged`. */
export function isDisplaced({ size }: EntryRow): boolean {
  return size === 0;
}

function versionKey(of: Pick<Entry["body"], "space" | "keyId">, { time, arrival }: VersionPlace): Uint8Array {
  return keyVersionKey(of.space, of.keyId, { ...time, arrival });
}
