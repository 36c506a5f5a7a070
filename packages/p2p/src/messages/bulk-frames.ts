import {
  BLOB_BYTES_MAX,
  DIGEST_BYTES,
  DIGESTS_PER_MESSAGE_MAX,
  type Digest,
  digestFromBytes,
  digestToBytes,
  GstoreError,
  ID_BYTES,
  idToBytes,
  type SpaceId,
  spaceIdFromBytes,
} from "@gstore/core";

/**
 * Frames of a bulk transfer, docs/spec/messages.md: one type byte, then fields of fixed size, then for blobs their bytes to
 * the end of the frame. Not CBOR, so that a blob is neither copied nor looked through on its way.
 */
export const BULK_FRAME_TYPES = { fetch: 1, push: 2, want: 3, blob: 4, missing: 5, stored: 6 } as const;
const VERSION = 1;

export type BulkFrame =
  /** First frame of a transfer in which the dialler asks for blobs. */
  | { readonly type: "fetch"; readonly space: SpaceId }
  /** First frame of a transfer in which the dialler sends blobs. */
  | { readonly type: "push"; readonly space: SpaceId }
  /** Blobs to send, in this order. */
  | { readonly type: "want"; readonly digests: readonly Digest[] }
  | { readonly type: "blob"; readonly digest: Digest; readonly bytes: Uint8Array }
  /** A wanted blob that is not here (or is damaged here). */
  | { readonly type: "missing"; readonly digest: Digest }
  /** How many pushed blobs of this transfer are synced, all in the order they came. */
  | { readonly type: "stored"; readonly count: number };

/** A frame as the parts to be sent; a blob's bytes are the last part, as they are. */
export function encodeBulkFrame(frame: BulkFrame): Uint8Array[] {
  switch (frame.type) {
    case "fetch":
    case "push":
      return [Buffer.concat([Uint8Array.of(BULK_FRAME_TYPES[frame.type], VERSION), idToBytes(frame.space)])];
    case "want":
      return [Buffer.concat([Uint8Array.of(BULK_FRAME_TYPES.want), ...frame.digests.map(digestToBytes)])];
    case "blob":
      return [
        Buffer.concat([Uint8Array.of(BULK_FRAME_TYPES.blob), digestToBytes(frame.digest)]),
        frame.bytes,
      ];
    case "missing":
      return [Buffer.concat([Uint8Array.of(BULK_FRAME_TYPES.missing), digestToBytes(frame.digest)])];
    case "stored": {
      const bytes = Buffer.alloc(5);
      bytes[0] = BULK_FRAME_TYPES.stored;
      bytes.writeUInt32BE(frame.count, 1);
      return [bytes];
    }
  }
}

/** Decodes a frame strictly. A blob's bytes are a view into `bytes`; their digest is not checked here. */
export function decodeBulkFrame(bytes: Uint8Array): BulkFrame {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case BULK_FRAME_TYPES.fetch:
      return { type: "fetch", space: decodeOpening(rest) };
    case BULK_FRAME_TYPES.push:
      return { type: "push", space: decodeOpening(rest) };
    case BULK_FRAME_TYPES.want:
      return { type: "want", digests: decodeWant(rest) };
    case BULK_FRAME_TYPES.blob:
      if (rest.length <= DIGEST_BYTES || rest.length > DIGEST_BYTES + BLOB_BYTES_MAX) throw invalid();
      return {
        type: "blob",
        digest: digestFromBytes(rest.subarray(0, DIGEST_BYTES)),
        bytes: rest.subarray(DIGEST_BYTES),
      };
    case BULK_FRAME_TYPES.missing:
      return { type: "missing", digest: digestFromBytes(rest) };
    case BULK_FRAME_TYPES.stored:
      if (rest.length !== 4) throw invalid();
      return { type: "stored", count: new DataView(rest.buffer, rest.byteOffset, 4).getUint32(0) };
    default:
      throw invalid();
  }
}

function decodeOpening(rest: Uint8Array): SpaceId {
  const version = rest[0] ?? 0;
  if (version > VERSION) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      "A bulk transfer has a newer version. Update gstore on this node.",
    );
  }
  if (version !== VERSION || rest.length !== 1 + ID_BYTES.space) throw invalid();
  return spaceIdFromBytes(rest.subarray(1));
}

function decodeWant(rest: Uint8Array): Digest[] {
  const count = rest.length / DIGEST_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > DIGESTS_PER_MESSAGE_MAX) throw invalid();
  return Array.from({ length: count }, (_, index) =>
    digestFromBytes(rest.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)),
  );
}

function invalid(): GstoreError {
  return new GstoreError("INVALID_FORMAT", "A bulk frame is not valid.");
}
