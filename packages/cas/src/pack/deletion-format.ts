import { DIGEST_BYTES, type Digest, digestFromBytes, digestToBytes } from "@gstore/core";

const ITEM_BYTES: number = DIGEST_BYTES + 8;

/** One deleted blob, and which segments hold records of it: the deletion is needed as long as one of them is there. */
export interface Deletion {
  readonly digest: Digest;
  /** The segment of the record that it deletes. */
  readonly segment: number;
  /** A segment with an older, replaced record of the same blob; 0 where there is none. */
  readonly olderSegment: number;
}

/** The body of a deletion record, docs/spec/packs.md. */
export function encodeDeletions(deletions: readonly Deletion[]): Uint8Array {
  const bytes = Buffer.alloc(deletions.length * ITEM_BYTES);
  deletions.forEach((deletion, index) => {
    const at = index * ITEM_BYTES;
    bytes.set(digestToBytes(deletion.digest), at);
    bytes.writeUInt32LE(deletion.segment, at + DIGEST_BYTES);
    bytes.writeUInt32LE(deletion.olderSegment, at + DIGEST_BYTES + 4);
  });
  return bytes;
}

/** Reads a body whose digest was checked. */
export function decodeDeletions(body: Uint8Array): Deletion[] {
  const view = Buffer.from(body.buffer, body.byteOffset, body.length);
  const deletions: Deletion[] = [];
  for (let at = 0; at + ITEM_BYTES <= view.length; at += ITEM_BYTES) {
    deletions.push({
      digest: digestFromBytes(view.subarray(at, at + DIGEST_BYTES)),
      segment: view.readUInt32LE(at + DIGEST_BYTES),
      olderSegment: view.readUInt32LE(at + DIGEST_BYTES + 4),
    });
  }
  return deletions;
}
