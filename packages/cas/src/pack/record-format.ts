import { crc32 } from "node:zlib";
import { BLOB_BYTES_MAX, DIGEST_BYTES, digestOf, digestToBytes, GstoreError } from "@gstore/core";
import { BLOCK_BYTES, RECORD_HEADER_BYTES } from "../constants.ts";

/** Kinds of records, docs/spec/packs.md. Numbers are only ever appended. `lease` is reserved: nothing writes it yet. */
export const RECORD_KINDS = { blob: 1, entry: 2, membership: 3, deletion: 4, lease: 5, padding: 6 } as const;
export type RecordKind = keyof typeof RECORD_KINDS;

const KIND_NAMES = new Map<number, RecordKind>(
  Object.entries(RECORD_KINDS).map(([name, number]) => [number, name as RecordKind]),
);
/** The version of records that this gstore reads and writes. */
export const RECORD_VERSION = 1;
/** Bytes at the start of every record that nobody outside can know, see {@link segmentMark}. */
export const MARK_BYTES = 8;

const AT = {
  kind: 8,
  version: 9,
  flags: 10,
  bodyBytes: 12,
  sequence: 16,
  digest: 24,
  spaceTag: 56,
  crc: 60,
} as const;

/** Where the digest is in a header. */
export const DIGEST_AT: number = AT.digest;

export interface RecordHeader {
  readonly kind: RecordKind;
  /** Bytes of the body that follows the header. */
  readonly bodyBytes: number;
  /** Its number in the whole store, growing; a record that compaction moves keeps it. 0 for padding. */
  readonly sequence: number;
  /** BLAKE3 of the body, 32 bytes; zeros for padding, whose body means nothing. */
  readonly digest: Uint8Array;
  /** Of a blob, the tag of its space ({@link SpaceTags}); 0 where it is of no certain one, and for other kinds. */
  readonly spaceTag: number;
}

/**
 * What the records of a segment begin with: 8 bytes drawn from the store's id. A blob that a peer sends can therefore
 * not hold something that recovery takes for a record when it looks for one behind a damaged span.
 */
export function segmentMark(storeId: Uint8Array, segment: number): Uint8Array {
  const input = Buffer.alloc(16 + storeId.length + 4, "gstore pack mark");
  input.set(storeId, 16);
  input.writeUInt32LE(segment, 16 + storeId.length);
  return digestToBytes(digestOf(input)).subarray(0, MARK_BYTES);
}

/** Writes a header at `offset` of `target`. */
export function encodeRecordHeader(
  header: RecordHeader,
  { mark, target, offset }: { mark: Uint8Array; target: Buffer; offset: number },
): void {
  target.set(mark, offset);
  target[offset + AT.kind] = RECORD_KINDS[header.kind];
  target[offset + AT.version] = RECORD_VERSION;
  target.writeUInt16LE(0, offset + AT.flags);
  target.writeUInt32LE(header.bodyBytes, offset + AT.bodyBytes);
  target.writeUIntLE(header.sequence, offset + AT.sequence, 6);
  target.writeUInt16LE(0, offset + AT.sequence + 6);
  target.set(header.digest, offset + AT.digest);
  target.writeUInt32LE(header.spaceTag, offset + AT.spaceTag);
  target.writeUInt32LE(crc32(target.subarray(offset, offset + AT.crc)), offset + AT.crc);
}

/**
 * The header in the 64 bytes at the start of `bytes`, or undefined where there is none. Throws `UNSUPPORTED_VERSION` for an
 * intact one of a newer version or kind: cutting or passing over what a newer gstore wrote would lose it.
 */
export function decodeRecordHeader(bytes: Uint8Array, mark: Uint8Array): RecordHeader | undefined {
  if (bytes.length < RECORD_HEADER_BYTES) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, RECORD_HEADER_BYTES);
  if (view.compare(mark, 0, MARK_BYTES, 0, MARK_BYTES) !== 0) return undefined;
  if (crc32(view.subarray(0, AT.crc)) !== view.readUInt32LE(AT.crc)) return undefined;
  const kind = KIND_NAMES.get(view[AT.kind] as number);
  if (view[AT.version] !== RECORD_VERSION || kind === undefined) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      `A pack holds a record of version ${view[AT.version]} and kind ${view[AT.kind]}; this gstore does not know it. Update gstore.`,
    );
  }
  const bodyBytes = view.readUInt32LE(AT.bodyBytes);
  if (bodyBytes > BLOB_BYTES_MAX) return undefined;
  const digest = Buffer.from(view.subarray(AT.digest, AT.digest + DIGEST_BYTES));
  const spaceTag = view.readUInt32LE(AT.spaceTag);
  return { kind, bodyBytes, sequence: view.readUIntLE(AT.sequence, 6), digest, spaceTag };
}

const NO_DIGEST = new Uint8Array(DIGEST_BYTES);

/** The padding record that fills up to the next block behind `end`, header and body; empty if `end` is at one. */
export function encodePadding(end: number, mark: Uint8Array): Uint8Array {
  let gap = (BLOCK_BYTES - (end % BLOCK_BYTES)) % BLOCK_BYTES;
  if (gap === 0) return NO_BYTES;
  // A header does not fit into what is left of this block: the padding takes the next one too.
  if (gap < RECORD_HEADER_BYTES) gap += BLOCK_BYTES;
  const bytes = Buffer.alloc(gap);
  const header: RecordHeader = {
    kind: "padding",
    bodyBytes: gap - RECORD_HEADER_BYTES,
    sequence: 0,
    digest: NO_DIGEST,
    spaceTag: 0,
  };
  encodeRecordHeader(header, { mark, target: bytes, offset: 0 });
  return bytes;
}

const NO_BYTES = new Uint8Array(0);

/** Whether a body is the one its header speaks of. */
export function isBodyOf(header: RecordHeader, body: Uint8Array): boolean {
  if (header.kind === "padding") return true;
  return Buffer.compare(digestToBytes(digestOf(body)), header.digest) === 0;
}
