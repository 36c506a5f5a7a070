import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import { type EpochId, epochIdFromBytes, ID_BYTES, idToBytes } from "../ids.ts";
import {
  BLOB_BYTES_MAX,
  CHUNK_BYTES_MAX,
  MANIFEST_CHILDREN_MAX,
  MANIFEST_LEVELS_MAX,
  MANIFEST_NODE_BYTES_MAX,
} from "../limits.ts";

/** The format version of manifest nodes, docs/spec/manifest.md. */
export const MANIFEST_VERSION = 1;
const EPOCHS_PER_NODE_MAX = 256;

/** How a chunk's bytes were encoded before they were sealed. A manifest node is always `none`. */
export const CODECS = { none: 0, zstd: 1 } as const;
export type Codec = keyof typeof CODECS;

/** What it takes to read a sealed blob, besides the space's secret. Kept sealed itself. */
export interface BlobSecret {
  /** Bytes of the file below this blob. */
  readonly plainSize: number;
  /** The hash that the blob's key is derived from, 32 bytes. */
  readonly material: Uint8Array;
  readonly codec: Codec;
  readonly epoch: EpochId;
}

/** A child as any member sees it. */
export interface ManifestChild {
  readonly digest: Digest;
  /** Bytes as stored. */
  readonly size: number;
}

/** The clear part of a manifest node; `sealed` holds the children's {@link BlobSecret}s. */
export interface ManifestNode {
  /** 1 for a node whose children are chunks, n for one whose children are nodes of level n - 1. */
  readonly level: number;
  readonly children: readonly ManifestChild[];
  readonly sealed: Uint8Array;
}

/** The clear fields in the encoding that the sealed part is bound to (as its additional data). */
export function manifestClearBytes(level: number, children: readonly ManifestChild[]): Uint8Array {
  return encodeCbor([MANIFEST_VERSION, level, children.map(encodeChild)]);
}

/** Encodes a node as the blob that is stored. Throws `TOO_LARGE`; `INTERNAL` for a child of a size that can't be. */
export function encodeManifestNode(node: ManifestNode): Uint8Array {
  const bytes = encodeCbor([MANIFEST_VERSION, node.level, node.children.map(encodeChild), node.sealed]);
  if (bytes.length > MANIFEST_NODE_BYTES_MAX) {
    throw new GstoreError("TOO_LARGE", `A manifest node of ${bytes.length} bytes is above the maximum.`);
  }
  return bytes;
}

/** Decodes the clear part of a node strictly. Any member can do this; it needs no key. */
export function decodeManifestNode(bytes: Uint8Array): ManifestNode {
  const what = "A manifest node";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: MANIFEST_NODE_BYTES_MAX, what }), what, 4);
  fields.version(MANIFEST_VERSION);
  return {
    level: fields.integer("level", { min: 1, max: MANIFEST_LEVELS_MAX }),
    children: fields.array("children", { min: 1, max: MANIFEST_CHILDREN_MAX }).map(decodeChild),
    sealed: fields.bytes("sealed", { max: MANIFEST_NODE_BYTES_MAX }),
  };
}

/** Encodes the children's secrets, to be sealed. Epochs are listed once and referred to by index. */
export function encodeBlobSecrets(secrets: readonly BlobSecret[]): Uint8Array {
  const epochs = [...new Set(secrets.map((secret) => secret.epoch))];
  if (epochs.length > EPOCHS_PER_NODE_MAX) {
    throw new GstoreError("TOO_LARGE", `A manifest node names ${epochs.length} epochs, above the maximum.`, {
      limit: EPOCHS_PER_NODE_MAX,
      actual: epochs.length,
    });
  }
  return encodeCbor([
    epochs.map(idToBytes),
    secrets.map((secret) => [
      secret.plainSize,
      secret.material,
      CODECS[secret.codec],
      epochs.indexOf(secret.epoch),
    ]),
  ]);
}

/** Decodes what {@link encodeBlobSecrets} made, for a node with `count` children. */
export function decodeBlobSecrets(bytes: Uint8Array, count: number): BlobSecret[] {
  const what = "A manifest node's sealed part";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: MANIFEST_NODE_BYTES_MAX, what }), what, 2);
  const epochs = fields.array("epochs", { max: EPOCHS_PER_NODE_MAX }).map(decodeEpoch);
  let used = 0;
  const secrets = fields.array("secrets", { min: count, max: count }).map((value) => {
    const secret = new FieldReader(value, "A blob's secret", 4);
    const plainSize = secret.integer("plainSize", { min: 1 });
    const material = secret.bytes("material", 32);
    const codec = decodeCodec(secret.integer("codec"));
    // In the order of first use, so that equal secrets have one encoding.
    const epoch = secret.integer("epoch", { max: Math.min(used, epochs.length - 1) });
    used = Math.max(used, epoch + 1);
    return { plainSize, material, codec, epoch: epochs[epoch] as EpochId };
  });
  if (used !== epochs.length || new Set(epochs).size !== epochs.length) {
    throw new GstoreError("INVALID_FORMAT", `${what} names an epoch twice, or one that nothing uses.`);
  }
  return secrets;
}

/** The codec of a number, or `UNSUPPORTED_VERSION`. */
export function decodeCodec(number: number): Codec {
  if (number === CODECS.none) return "none";
  if (number === CODECS.zstd) return "zstd";
  throw new GstoreError("UNSUPPORTED_VERSION", `Blobs with codec ${number} need a newer gstore.`);
}

/** Refuses a chunk's claimed size before anything is allocated for it. */
export function assertChunkSize(plainSize: number): void {
  if (plainSize <= CHUNK_BYTES_MAX) return;
  throw new GstoreError(
    "INVALID_FORMAT",
    `A chunk claims ${plainSize} bytes; at most ${CHUNK_BYTES_MAX} are possible.`,
  );
}

function encodeChild(child: ManifestChild): CborValue {
  // Nobody would decode it: a node that is stored and acknowledged must be readable.
  if (!(child.size >= 1 && child.size <= BLOB_BYTES_MAX)) {
    throw new GstoreError("INTERNAL", `A manifest node's child has a size of ${child.size} bytes.`, {
      digest: child.digest,
    });
  }
  return [digestToBytes(child.digest), child.size];
}

function decodeChild(value: CborValue): ManifestChild {
  const fields = new FieldReader(value, "A manifest node's child", 2);
  return {
    digest: digestFromBytes(fields.bytes("digest", DIGEST_BYTES)),
    size: fields.integer("size", { min: 1, max: BLOB_BYTES_MAX }),
  };
}

function decodeEpoch(value: CborValue): EpochId {
  if (value instanceof Uint8Array && value.length === ID_BYTES.epoch) return epochIdFromBytes(value);
  throw new GstoreError("INVALID_FORMAT", "A manifest node names an epoch that is none.");
}
