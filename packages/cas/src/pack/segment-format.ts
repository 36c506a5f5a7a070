import { crc32 } from "node:zlib";
import { GstoreError } from "@gstore/core";
import { SEGMENT_HEADER_BYTES, SEGMENT_SEALS_MAX } from "../constants.ts";

const MAGIC = Buffer.from("gstoreP\n");
/** The version of segments that this gstore reads and writes. */
export const SEGMENT_VERSION = 1;
export const STORE_ID_BYTES = 16;

const AT = {
  version: 8,
  flags: 10,
  headerBytes: 12,
  number: 16,
  sealCount: 20,
  storeId: 24,
  seals: 40,
  crc: 4092,
};
const SEAL_BYTES = 16;

/** States that of an earlier segment only the first `end` bytes count: what follows failed to be written or synced. */
export interface Seal {
  readonly segment: number;
  readonly end: number;
}

export interface SegmentHeader {
  readonly number: number;
  readonly storeId: Uint8Array;
  readonly seals: readonly Seal[];
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  if (header.seals.length > SEGMENT_SEALS_MAX) throw new RangeError("too many seals for a segment header");
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.set(MAGIC);
  bytes.writeUInt16LE(SEGMENT_VERSION, AT.version);
  bytes.writeUInt32LE(SEGMENT_HEADER_BYTES, AT.headerBytes);
  bytes.writeUInt32LE(header.number, AT.number);
  bytes.writeUInt32LE(header.seals.length, AT.sealCount);
  bytes.set(header.storeId, AT.storeId);
  header.seals.forEach((seal, index) => {
    bytes.writeUInt32LE(seal.segment, AT.seals + index * SEAL_BYTES);
    bytes.writeUIntLE(seal.end, AT.seals + index * SEAL_BYTES + 8, 6);
  });
  bytes.writeUInt32LE(crc32(bytes.subarray(0, AT.crc)), AT.crc);
  return bytes;
}

/** The header at the start of a segment, or undefined where it is damaged. Throws `UNSUPPORTED_VERSION` for a newer one. */
export function decodeSegmentHeader(bytes: Uint8Array, path: string): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES);
  if (view.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return undefined;
  if (crc32(view.subarray(0, AT.crc)) !== view.readUInt32LE(AT.crc)) return undefined;
  const version = view.readUInt16LE(AT.version);
  if (version !== SEGMENT_VERSION) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      `The pack ${path} has format version ${version}; this gstore reads ${SEGMENT_VERSION}. Update gstore.`,
      { path },
    );
  }
  const sealCount = view.readUInt32LE(AT.sealCount);
  if (sealCount > SEGMENT_SEALS_MAX) return undefined;
  const seals = Array.from({ length: sealCount }, (_, index) => ({
    segment: view.readUInt32LE(AT.seals + index * SEAL_BYTES),
    end: view.readUIntLE(AT.seals + index * SEAL_BYTES + 8, 6),
  }));
  const storeId = Buffer.from(view.subarray(AT.storeId, AT.storeId + STORE_ID_BYTES));
  return { number: view.readUInt32LE(AT.number), storeId, seals };
}

/**
 * Whether a damaged header was that of this segment and had no seals: all but one byte of it, and perhaps of its checksum,
 * is as such a header has it. One with seals differs in more.
 */
export function isSealless(bytes: Uint8Array, of: { number: number; storeId: Uint8Array }): boolean {
  const expected = encodeSegmentHeader({ ...of, seals: [] });
  let differing = 0;
  for (let at = 0; at < AT.crc; at++) if (bytes[at] !== expected[at]) differing += 1;
  return differing <= 1;
}

const NAME = /^(\d{10})\.pack$/;

/** The file name of a segment: its number with ten digits, so that names sort as numbers do. */
export function segmentName(number: number): string {
  return `${String(number).padStart(10, "0")}.pack`;
}

/** The number in a segment's file name; undefined for other files. */
export function segmentNumberOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
