import type { Digest } from "@gstore/core";
import { RECORD_HEADER_BYTES } from "../constants.ts";
import type { KeyValueIndex } from "../index/key-value-index.ts";
import { digestKey, numberAtEnd, numberKey, numberValue, TABLES, tableEnd } from "../index/keys.ts";
import type { SegmentTable } from "./segment-table.ts";

/** Where a membership record is. */
export interface MembershipPlace {
  readonly segment: number;
  readonly offset: number;
  readonly size: number;
}

const VALUE_BYTES = 12;
/** More than any membership log has: members and changes of roles are counted in thousands. */
const RECORDS_MAX = 1_000_000;

/** The index of membership records, in order of arrival. */
export class MembershipTable {
  readonly #index: KeyValueIndex;
  readonly #segments: SegmentTable;

  constructor(index: KeyValueIndex, segments: SegmentTable) {
    this.#index = index;
    this.#segments = segments;
  }

  arrivalOf(id: Digest): number | undefined {
    const value = this.#index.get(digestKey(TABLES.membershipId, id));
    return value && numberAtEnd(value);
  }

  place(arrival: number): MembershipPlace | undefined {
    const value = this.#index.get(numberKey(TABLES.membership, arrival));
    return value && decodePlace(value);
  }

  /** The arrivals of all records, ascending. */
  arrivals(): number[] {
    return this.#index
      .range(numberKey(TABLES.membership, 0), tableEnd(TABLES.membership), RECORDS_MAX)
      .map(([key]) => numberAtEnd(key));
  }

  /** Takes a record of the log; a known arrival was moved. */
  apply(id: Digest, place: MembershipPlace, arrival: number): void {
    if (this.place(arrival)) this.move(arrival, place);
    else if (this.arrivalOf(id) === undefined) this.#add(id, place, arrival);
  }

  #add(id: Digest, place: MembershipPlace, arrival: number): void {
    this.#put(arrival, place);
    this.#index.put(digestKey(TABLES.membershipId, id), numberValue(arrival));
  }

  /** Notes the new place of a record that was moved. */
  move(arrival: number, to: MembershipPlace): void {
    const known = this.place(arrival);
    if (known === undefined) return;
    if (known.segment !== to.segment) this.#segments.markEmptying(known.segment);
    this.#segments.add(known.segment, -(RECORD_HEADER_BYTES + known.size));
    this.#put(arrival, to);
  }

  #put(arrival: number, place: MembershipPlace): void {
    const value = Buffer.alloc(VALUE_BYTES);
    value.writeUInt32LE(place.segment, 0);
    value.writeUInt32LE(place.offset, 4);
    value.writeUInt32LE(place.size, 8);
    this.#index.put(numberKey(TABLES.membership, arrival), value);
    this.#segments.add(place.segment, RECORD_HEADER_BYTES + place.size);
  }
}

function decodePlace(value: Uint8Array): MembershipPlace {
  const view = Buffer.from(value.buffer, value.byteOffset, value.length);
  return { segment: view.readUInt32LE(0), offset: view.readUInt32LE(4), size: view.readUInt32LE(8) };
}
