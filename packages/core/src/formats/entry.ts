import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { type Digest, digestOf, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import type { EntryId, Incarnation, PeerId } from "../ids.ts";
import { ENTRY_BYTES_MAX } from "../limits.ts";
import { DecodedEntry } from "./decoded-entry.ts";
import { decodeEntryBody, digestBytes, type EntryBody } from "./entry-body.ts";
import { checkMerklePath, type MerklePath } from "./merkle.ts";

/** The format version of entries that are written, docs/spec/entry.md. Those of version 1 are read. */
export const ENTRY_VERSION = 2;
const OLD_VERSION = 1;
const SIGNATURE_BYTES = 64;
const PATH_MAX = 10;
const WHAT = "An entry";

/** An entry as it is stored and sent: the exact bytes, and what they say. */
export interface Entry {
  readonly id: EntryId;
  readonly body: EntryBody;
  /** Root of the batch that was signed. */
  readonly signedRoot: Digest;
  readonly signature: Uint8Array;
  /** The whole envelope. Stored and forwarded as it is, never encoded again. */
  readonly bytes: Uint8Array;
}

/** The bytes that an author signs for a batch root: a domain tag and the root. */
export function entrySigningBytes(root: Digest): Uint8Array {
  return Buffer.concat([Buffer.from("gstore entry batch v1\0"), digestToBytes(root)]);
}

/** What an envelope holds besides the signature and the body's path to it. */
export interface EntryContents {
  /** The encoded body. */
  readonly body: Uint8Array;
  /** Null where it was stripped. */
  readonly sealed: Uint8Array | null;
}

/** Puts a body, what is sealed, the path in the signed batch and the signature together. Throws `TOO_LARGE`. */
export function encodeEntry(contents: EntryContents, path: MerklePath, signature: Uint8Array): Uint8Array {
  const siblings = path.siblings.map(digestToBytes);
  const { body, sealed } = contents;
  const bytes = encodeCbor([ENTRY_VERSION, body, sealed, [path.index, path.count, siblings], signature]);
  if (bytes.length > ENTRY_BYTES_MAX) {
    throw new GstoreError(
      "TOO_LARGE",
      `An entry of ${bytes.length} bytes is too large; use less user metadata.`,
      {
        limit: ENTRY_BYTES_MAX,
        actual: bytes.length,
      },
    );
  }
  return bytes;
}

/**
 * Decodes an entry strictly. What it says are views of `given`, or of a copy where that lies in something larger: entries are
 * kept for long, and each would keep the whole message or the 64 KiB of Buffer's pool that it came in. The signature is not
 * checked here: that is `EntryVerifier` of @gstore/crypto.
 */
export function decodeEntry(given: Uint8Array): Entry {
  const isWithinMore = given.buffer.byteLength > 2 * given.length;
  const bytes = isWithinMore ? new Uint8Array(given) : given;
  const value = decodeCbor(bytes, { bytesMax: ENTRY_BYTES_MAX, what: WHAT, views: true });
  const isOld = Array.isArray(value) && value[0] === OLD_VERSION;
  const envelope = new FieldReader(value, WHAT, isOld ? 4 : { min: 4, max: 5 });
  envelope.version(ENTRY_VERSION, OLD_VERSION);
  if (!isOld) checkLength(value as readonly unknown[]);
  const bodyBytes = envelope.bytes("body", ENTRY_BYTES_MAX_FIELD);
  const sealed = isOld ? undefined : envelope.bytesOrNull("sealed", { min: 1, max: ENTRY_BYTES_MAX });
  const pathFields = new FieldReader(envelope.any(), "An entry's path", 3);
  const path = {
    index: pathFields.integer("index"),
    count: pathFields.integer("count", { min: 1 }),
    siblings: pathFields.array("siblings", { max: PATH_MAX }).map(digestBytes),
  };
  checkMerklePath(path);
  const signature = envelope.bytes("signature", SIGNATURE_BYTES);
  const id = digestOf(bodyBytes);
  return new DecodedEntry({ id, body: decodeEntryBody(bodyBytes, sealed), signature, bytes }, path);
}

const ENTRY_BYTES_MAX_FIELD = { max: ENTRY_BYTES_MAX };

/**
 * The entry without its sealed metadata: the same id, signature, numbering and dot. The entry itself where it is stripped
 * already; null where its metadata is a part of the body, as in entries of version 1, and can't be taken out.
 */
export function strippedEntry(entry: Entry): Entry | null {
  if (entry.body.sealedDigest === undefined) return null;
  if (entry.body.sealed === null) return entry;
  const [version, body, , ...rest] = decodeCbor(entry.bytes, {
    bytesMax: ENTRY_BYTES_MAX,
    what: WHAT,
    views: true,
  }) as [number, Uint8Array, Uint8Array, CborValue, Uint8Array];
  return decodeEntry(encodeCbor([version, body, null, ...rest]));
}

/**
 * What is legible of an entry whose bytes are damaged in what is sealed: the entry stripped, if its body is whole and so has
 * this id. The signature may be hit as well, and is not checked here. Null where the body is hit.
 */
export function strippedOfDamaged(bytes: Uint8Array, id: EntryId): Entry | null {
  try {
    const [version, body, , ...rest] = decodeCbor(bytes, {
      bytesMax: ENTRY_BYTES_MAX,
      what: WHAT,
    }) as CborValue[];
    if (!(body instanceof Uint8Array) || digestOf(body) !== id) return null;
    return decodeEntry(encodeCbor([version ?? null, body, null, ...rest]));
  } catch (error) {
    if (error instanceof GstoreError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Checks the number of fields once the version is known: of a newer one nothing is said but that it is newer. */
function checkLength(fields: readonly unknown[]): void {
  if (fields.length === 5) return;
  throw new GstoreError("INVALID_FORMAT", `${WHAT} is not an array of 5 fields.`);
}

/** One author's numbering, for sync: who and in which incarnation. */
export interface AuthorSeq {
  readonly author: PeerId;
  readonly incarnation: Incarnation;
  readonly seq: number;
}
