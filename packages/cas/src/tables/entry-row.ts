import { DIGEST_BYTES, digestFromBytes, digestToBytes, type EntryId } from "@gstore/core";

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
}

const COMPLETE = 1;
const DROPPED = 2;

const STATE_AT = 12;
const ID_AT = 13;

export function encodeEntryRow(row: EntryRow): Uint8Array {
  const value = Buffer.allocUnsafe(ID_AT + DIGEST_BYTES);
  value.writeUInt32LE(row.segment, 0);
  value.writeUInt32LE(row.offset, 4);
  value.writeUInt32LE(row.size, 8);
  value[STATE_AT] = row.isComplete ? COMPLETE : row.isDropped ? DROPPED : 0;
  value.set(digestToBytes(row.id), ID_AT);
  return value;
}

/** What a row says of the version, for who has the entry at hand. */
export function decodeEntryState(value: Uint8Array): Pick<EntryRow, "isComplete" | "isDropped"> {
  const state = value[STATE_AT];
  return { isComplete: state === COMPLETE, isDropped: state === DROPPED };
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
