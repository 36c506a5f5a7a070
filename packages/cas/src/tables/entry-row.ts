import { DIGEST_BYTES, digestFromBytes, digestToBytes, type EntryId, type Supersession } from "@gstore/core";

/** Where an entry's record is. */
export interface EntryRow {
  readonly id: EntryId;
  readonly segment: number;
  /** Of the record's header. */
  readonly offset: number;
  /** Bytes of the entry. */
  readonly size: number;
  readonly isComplete: boolean;
  /** No copy of it is held here on purpose. */
  readonly isDropped: boolean;
  /** Its content was given up for good; then it is dropped as well. */
  readonly isExpired: boolean;
  readonly superseded: Supersession | null;
}

const COMPLETE = 1;
const DROPPED = 2;
const EXPIRED = 3;

const STATE_AT = 12;
const ID_AT = 13;
const SUPERSEDED_AT: number = ID_AT + DIGEST_BYTES;
const NUMBER_BYTES = 6;

export function encodeEntryRow(row: EntryRow): Uint8Array {
  const value = Buffer.allocUnsafe(SUPERSEDED_AT + (row.superseded ? 3 * NUMBER_BYTES : 0));
  value.writeUInt32LE(row.segment, 0);
  value.writeUInt32LE(row.offset, 4);
  value.writeUInt32LE(row.size, 8);
  value[STATE_AT] = stateOf(row);
  value.set(digestToBytes(row.id), ID_AT);
  if (row.superseded) {
    const { sinceMs, writtenMs, by } = row.superseded;
    value.writeUIntLE(sinceMs, SUPERSEDED_AT, NUMBER_BYTES);
    value.writeUIntLE(writtenMs, SUPERSEDED_AT + NUMBER_BYTES, NUMBER_BYTES);
    value.writeUIntLE(by, SUPERSEDED_AT + 2 * NUMBER_BYTES, NUMBER_BYTES);
  }
  return value;
}

export type EntryState = Pick<EntryRow, "isComplete" | "isDropped" | "isExpired" | "superseded">;

/** What a row says of the version, for who has the entry at hand. */
export function decodeEntryState(value: Uint8Array): EntryState {
  const state = value[STATE_AT];
  return {
    isComplete: state === COMPLETE,
    isDropped: state === DROPPED || state === EXPIRED,
    isExpired: state === EXPIRED,
    superseded: supersessionOf(value),
  };
}

export function decodeEntryRow(value: Uint8Array): EntryRow {
  const view = Buffer.from(value.buffer, value.byteOffset, value.length);
  return {
    segment: view.readUInt32LE(0),
    offset: view.readUInt32LE(4),
    size: view.readUInt32LE(8),
    ...decodeEntryState(value),
    id: digestFromBytes(view.subarray(ID_AT, ID_AT + DIGEST_BYTES)),
  };
}

function stateOf({ isComplete, isDropped, isExpired }: EntryRow): number {
  if (isComplete) return COMPLETE;
  if (isExpired) return EXPIRED;
  return isDropped ? DROPPED : 0;
}

/** The rows of most versions, those that are current, end before it. */
function supersessionOf(value: Uint8Array): Supersession | null {
  if (value.length === SUPERSEDED_AT) return null;
  const view = Buffer.from(value.buffer, value.byteOffset, value.length);
  const sinceMs = view.readUIntLE(SUPERSEDED_AT, NUMBER_BYTES);
  const writtenMs = view.readUIntLE(SUPERSEDED_AT + NUMBER_BYTES, NUMBER_BYTES);
  return { sinceMs, writtenMs, by: view.readUIntLE(SUPERSEDED_AT + 2 * NUMBER_BYTES, NUMBER_BYTES) };
}
