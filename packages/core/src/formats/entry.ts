import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestOf, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import {
  type EntryId,
  ID_BYTES,
  type Incarnation,
  idToBytes,
  incarnationFromBytes,
  type KeyId,
  keyIdFromBytes,
  type PeerId,
  type PlacementId,
  peerIdOfPublicKey,
  placementIdFromBytes,
  publicKeyOfPeerId,
  type SpaceId,
  spaceIdFromBytes,
} from "../ids.ts";
import {
  BLOB_BYTES_MAX,
  CONTEXT_AUTHORS_MAX,
  ENTRY_BYTES_MAX,
  MANIFEST_LEVELS_MAX,
  MEMBERSHIP_HEADS_MAX,
} from "../limits.ts";
import { DecodedEntry } from "./decoded-entry.ts";
import type { HybridTime } from "./hybrid-time.ts";
import { checkMerklePath, type MerklePath } from "./merkle.ts";
import { compareDots, type Dot, type VersionVector } from "./version-vector.ts";

/** The format version of entries, docs/spec/entry.md. */
export const ENTRY_VERSION = 1;
const SIGNATURE_BYTES = 64;
const PATH_MAX = 10;
/** The version of a body that erases: who does not know of that must not take it for a mere removal. */
const ERASING_BODY_VERSION = 2;
const OPS = { put: 0, remove: 1 } as const;
const ERASE_OP = 2;

export type EntryOp = keyof typeof OPS;

/** What an entry's bytes are rooted in: one blob, a chunk (level 0) or a manifest node that many levels above chunks. */
export interface ContentRoot {
  readonly level: number;
  readonly digest: Digest;
  /** Bytes of the blob as stored. */
  readonly size: number;
}

/** The part of an entry that its author signs: what every member may read, and `sealed` for those with keys. */
export interface EntryBody {
  readonly space: SpaceId;
  readonly keyId: KeyId;
  readonly dot: Dot;
  /** What the author had seen of this key, this write not included. */
  readonly context: VersionVector;
  readonly op: EntryOp;
  /** Of a removal: all that its author had seen of the key is given up at once, by every node that has it. */
  readonly erases?: boolean;
  /** Class of the policy that decides on copies; 0 is the default policy. */
  readonly policyClass: number;
  readonly placement: PlacementId;
  /** Null for a removal and for an empty file. */
  readonly content: ContentRoot | null;
  /** Bytes of all blobs of this version as stored. */
  readonly storedBytes: number;
  /** Number of this entry among all of its author's in this incarnation, from 1, without gaps. */
  readonly seq: number;
  /** The author's entry before this one; null for the first of an incarnation. */
  readonly prev: EntryId | null;
  /** Heads of the membership log under which it was written, sorted. */
  readonly membershipHeads: readonly Digest[];
  readonly time: HybridTime;
  /** Sealed metadata, see formats/metadata.ts. */
  readonly sealed: Uint8Array;
}

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

/** Encodes a body; its digest is the entry's id. */
export function encodeEntryBody(body: EntryBody): Uint8Array {
  return encodeCbor([
    body.erases ? ERASING_BODY_VERSION : ENTRY_VERSION,
    idToBytes(body.space),
    idToBytes(body.keyId),
    encodeDot(body.dot),
    body.context.map(encodeDot),
    body.erases ? ERASE_OP : OPS[body.op],
    body.policyClass,
    idToBytes(body.placement),
    body.content && [body.content.level, digestToBytes(body.content.digest), body.content.size],
    body.storedBytes,
    body.seq,
    body.prev && digestToBytes(body.prev),
    body.membershipHeads.map(digestToBytes),
    [body.time.wallMs, body.time.logical],
    body.sealed,
  ]);
}

/** Puts a body's bytes, its path in the signed batch and the signature together. Throws `TOO_LARGE`. */
export function encodeEntry(bodyBytes: Uint8Array, path: MerklePath, signature: Uint8Array): Uint8Array {
  const siblings = path.siblings.map(digestToBytes);
  const bytes = encodeCbor([ENTRY_VERSION, bodyBytes, [path.index, path.count, siblings], signature]);
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

/** Decodes an entry strictly; it keeps `bytes`, and what it says are views of them. The signature is not checked here: that is `EntryVerifier` of @gstore/crypto. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const envelope = new FieldReader(
    decodeCbor(bytes, { bytesMax: ENTRY_BYTES_MAX, what: "An entry", views: true }),
    "An entry",
    4,
  );
  envelope.version(ENTRY_VERSION);
  const bodyBytes = envelope.bytes("body", ENTRY_BYTES_MAX_FIELD);
  const pathFields = new FieldReader(envelope.any(), "An entry's path", 3);
  const path = {
    index: pathFields.integer("index"),
    count: pathFields.integer("count", { min: 1 }),
    siblings: pathFields.array("siblings", { max: PATH_MAX }).map(digestBytes),
  };
  checkMerklePath(path);
  const signature = envelope.bytes("signature", SIGNATURE_BYTES);
  const id = digestOf(bodyBytes);
  return new DecodedEntry({ id, body: decodeEntryBody(bodyBytes), signature, bytes }, path);
}

const ENTRY_BYTES_MAX_FIELD = { max: ENTRY_BYTES_MAX };

/** Decodes a body strictly. */
export function decodeEntryBody(bytes: Uint8Array): EntryBody {
  const what = "An entry's body";
  const fields = new FieldReader(
    decodeCbor(bytes, { bytesMax: ENTRY_BYTES_MAX, what, views: true }),
    what,
    15,
  );
  const erases = fields.version(ERASING_BODY_VERSION, ENTRY_VERSION) === ERASING_BODY_VERSION;
  const body: EntryBody = {
    space: spaceIdFromBytes(fields.bytes("space", ID_BYTES.space)),
    keyId: keyIdFromBytes(fields.bytes("keyId", ID_BYTES.key)),
    dot: decodeDot(fields.any()),
    context: decodeContext(fields.array("context", { max: CONTEXT_AUTHORS_MAX })),
    ...decodeOp(fields, erases),
    policyClass: fields.integer("policyClass", { max: 0xffff }),
    placement: placementIdFromBytes(fields.bytes("placement", ID_BYTES.placement)),
    content: decodeContent(fields.any()),
    storedBytes: fields.integer("storedBytes"),
    seq: fields.integer("seq", { min: 1 }),
    prev: digestOrNull(fields.bytesOrNull("prev", DIGEST_BYTES)),
    membershipHeads: decodeHeads(fields.array("membershipHeads", { min: 1, max: MEMBERSHIP_HEADS_MAX })),
    time: decodeTime(fields.any()),
    sealed: fields.bytes("sealed", { min: 1, max: ENTRY_BYTES_MAX }),
  };
  refuseContradictions(body);
  return body;
}

function decodeOp(fields: FieldReader, erases: boolean): Pick<EntryBody, "op" | "erases"> {
  if (!erases) return { op: fields.integer("op", { max: OPS.remove }) === OPS.put ? "put" : "remove" };
  fields.integer("op", { min: ERASE_OP, max: ERASE_OP });
  return { op: "remove", erases };
}

function refuseContradictions(body: EntryBody): void {
  const refuse = (reason: string): never => {
    throw new GstoreError("INVALID_FORMAT", `An entry's body ${reason}.`);
  };
  if ((body.prev === null) !== (body.seq === 1)) refuse("has a predecessor at seq 1 or none after it");
  if (body.op === "remove" && body.content !== null) refuse("removes and has content");
  if (body.content === null && body.storedBytes !== 0) refuse("has bytes without content");
  if (body.content !== null && body.storedBytes < body.content.size) refuse("has fewer bytes than its root");
  if (body.content?.level === 0 && body.storedBytes !== body.content.size)
    refuse("is one chunk and has other bytes than it");
  const own = body.context.find((dot) => compareDots(dot, body.dot) === 0);
  if (body.dot.counter !== (own?.counter ?? 0) + 1) refuse("has a dot that does not follow its context");
}

function encodeDot(dot: Dot): CborValue {
  return [publicKeyOfPeerId(dot.author), idToBytes(dot.incarnation), dot.counter];
}

function decodeDot(value: CborValue): Dot {
  const fields = new FieldReader(value, "A dot", 3);
  return {
    author: peerIdOf(fields.bytes("author", ID_BYTES.publicKey)),
    incarnation: incarnationFromBytes(fields.bytes("incarnation", ID_BYTES.incarnation)),
    counter: fields.integer("counter", { min: 1 }),
  };
}

function decodeContext(values: readonly CborValue[]): VersionVector {
  const dots = values.map(decodeDot);
  for (let index = 1; index < dots.length; index++) {
    if (compareDots(dots[index - 1] as Dot, dots[index] as Dot) >= 0) {
      throw new GstoreError("INVALID_FORMAT", "An entry's context is not sorted, or names an author twice.");
    }
  }
  return dots;
}

function decodeHeads(values: readonly CborValue[]): Digest[] {
  const heads = values.map((value) => digestFromBytes(digestBytes(value)));
  if (heads.some((head, index) => index > 0 && (heads[index - 1] as Digest) >= head)) {
    throw new GstoreError("INVALID_FORMAT", "An entry's membership heads are not sorted.");
  }
  return heads;
}

function decodeContent(value: CborValue): ContentRoot | null {
  if (value === null) return null;
  const fields = new FieldReader(value, "An entry's content", 3);
  return {
    level: fields.integer("level", { max: MANIFEST_LEVELS_MAX }),
    digest: digestFromBytes(fields.bytes("digest", DIGEST_BYTES)),
    size: fields.integer("size", { min: 1, max: BLOB_BYTES_MAX }),
  };
}

function decodeTime(value: CborValue): HybridTime {
  const fields = new FieldReader(value, "An entry's time", 2);
  return { wallMs: fields.integer("wall"), logical: fields.integer("logical", { max: 0xffffffff }) };
}

const digestOrNull = (bytes: Uint8Array | null): Digest | null => bytes && digestFromBytes(bytes);

function digestBytes(value: CborValue): Uint8Array {
  if (value instanceof Uint8Array && value.length === DIGEST_BYTES) return value;
  throw new GstoreError("INVALID_FORMAT", `A hash of an entry is not ${DIGEST_BYTES} bytes.`);
}

const peerIds = new Map<string, PeerId>();
const PEER_IDS_MAX = 4096;

/** A PeerId from its key; remembered, since base58 costs more than all the rest of decoding an entry. */
function peerIdOf(publicKey: Uint8Array): PeerId {
  const hex = Buffer.from(publicKey).toString("hex");
  const known = peerIds.get(hex);
  if (known !== undefined) return known;
  if (peerIds.size >= PEER_IDS_MAX) peerIds.clear();
  const peerId = peerIdOfPublicKey(publicKey);
  peerIds.set(hex, peerId);
  return peerId;
}

/** One author's numbering, for sync: who and in which incarnation. */
export interface AuthorSeq {
  readonly author: PeerId;
  readonly incarnation: Incarnation;
  readonly seq: number;
}
