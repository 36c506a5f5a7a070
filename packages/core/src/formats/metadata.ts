import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import { epochIdFromBytes, ID_BYTES, idToBytes } from "../ids.ts";
import { parseKeyName } from "../key-name.ts";
import {
  CONTENT_TYPE_BYTES_MAX,
  ENTRY_BYTES_MAX,
  KEY_BYTES_MAX,
  USER_METADATA_BYTES_MAX,
  USER_METADATA_PAIRS_MAX,
} from "../limits.ts";
import { type BlobSecret, CODECS, decodeCodec } from "./manifest.ts";

/** The format version of metadata, docs/spec/entry.md. */
export const METADATA_VERSION = 1;
const MODE_MAX = 0o7777;

/** What an entry says to those who hold the space's keys. */
export interface VersionMetadata {
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly contentType: string | null;
  /** The file's modification time in milliseconds since 1970, and its permission bits, where the writer gave them. */
  readonly modifiedMs: number | null;
  readonly mode: number | null;
  readonly user: readonly (readonly [name: string, value: string])[];
  /** Digest of the file's bytes as the user gave them; null for a removal. */
  readonly contentDigest: Digest | null;
  /** What opens the content root; null where there is none. */
  readonly rootSecret: BlobSecret | null;
}

export function encodeMetadata(metadata: VersionMetadata): Uint8Array {
  const secret = metadata.rootSecret;
  return encodeCbor([
    METADATA_VERSION,
    metadata.name,
    metadata.size,
    metadata.contentType,
    metadata.modifiedMs,
    metadata.mode,
    metadata.user,
    metadata.contentDigest && digestToBytes(metadata.contentDigest),
    secret && [secret.plainSize, secret.material, CODECS[secret.codec], idToBytes(secret.epoch)],
  ]);
}

/**
 * Decodes metadata strictly; no name gets out that could lead out of a folder. The name is checked against the entry's
 * keyId by who holds the name key.
 */
export function decodeMetadata(bytes: Uint8Array): VersionMetadata {
  const what = "An entry's metadata";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: ENTRY_BYTES_MAX, what }), what, 9);
  fields.version(METADATA_VERSION);
  return {
    name: decodeName(fields.text("name", KEY_BYTES_MAX)),
    size: fields.integer("size"),
    contentType: fields.textOrNull("contentType", CONTENT_TYPE_BYTES_MAX),
    modifiedMs: fields.integerOrNull("modified", { min: -8.64e15, max: 8.64e15 }),
    mode: fields.integerOrNull("mode", { max: MODE_MAX }),
    user: fields.array("user", { max: USER_METADATA_PAIRS_MAX }).map(decodePair),
    contentDigest: decodeDigest(fields.bytesOrNull("contentDigest", DIGEST_BYTES)),
    rootSecret: decodeRootSecret(fields.any()),
  };
}

/** Its normal form is not asked for: a later Unicode may have another one, and would make the version unreadable. */
function decodeName(name: string): string {
  try {
    parseKeyName(name);
  } catch (cause) {
    throw new GstoreError("INVALID_FORMAT", "An entry's metadata has a name that no key can have.", {
      cause,
    });
  }
  return name;
}

function decodePair(value: CborValue): readonly [string, string] {
  const fields = new FieldReader(value, "User metadata", 2);
  return [fields.text("name", USER_METADATA_BYTES_MAX), fields.text("value", USER_METADATA_BYTES_MAX)];
}

function decodeDigest(bytes: Uint8Array | null): Digest | null {
  return bytes && digestFromBytes(bytes);
}

function decodeRootSecret(value: CborValue): BlobSecret | null {
  if (value === null) return null;
  const fields = new FieldReader(value, "A root's secret", 4);
  return {
    plainSize: fields.integer("plainSize", { min: 1 }),
    material: fields.bytes("material", 32),
    codec: decodeCodec(fields.integer("codec")),
    epoch: epochIdFromBytes(fields.bytes("epoch", ID_BYTES.epoch)),
  };
}
