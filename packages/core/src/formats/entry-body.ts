import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestOf, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import {
  type EntryId,
  ID_BYTES,
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
import type { HybridTime } from "./hybrid-time.ts";
import { compareDots, type Dot, type VersionVector } from "./version-vector.ts";

/** The version of bodies that are written, docs/spec/entry.md; those of 1 and 2 hold the sealed metadata itself. */
const BODY_VERSION = 3;
/** In bodies of version 2, and in no others, op 2 stands alone. */
const ERASING_BODY_VERSION = 2;
/** What they mean stands beside them in {@link decodeOp}. */
const OPS = { put: 0, remove: 1, erase: 2, purge: 3 } as const;

export type EntryOp = "put" | "remove";

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
  /** Of a removal that erases: the sealed metadata of all that goes as well, docs/spec/entry.md "Purging". */
  readonly purges?: boolean;
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
  /** Sealed metadata, see formats/metadata.ts; null where the entry is stripped of it. */
  readonly sealed: Uint8Array | null;
  /** BLAKE3 of the sealed metadata, which is signed in its place. Bodies of before there was one hold the metadata itself. */
  readonly sealedDigest?: Digest;
}

/** The body of an entry that is not stripped. */
export type WholeEntryBody = EntryBody & { readonly sealed: Uint8Array };

/** Encodes a body; its digest is the entry's id. Needs `sealed`, or its digest. */
export function encodeEntryBody(body: EntryBody): Uint8Array {
  const sealedDigest = body.sealed === null ? body.sealedDigest : digestOf(body.sealed);
  if (sealedDigest === undefined || body.sealed?.length === 0)
    throw new GstoreError("INVALID_FORMAT", "An entry's body has no sealed metadata.");
  return encodeCbor([
    BODY_VERSION,
    idToBytes(body.space),
    idToBytes(body.keyId),
    encodeDot(body.dot),
    body.context.map(encodeDot),
    encodeOp(body),
    body.policyClass,
    idToBytes(body.placement),
    body.content && [body.content.level, digestToBytes(body.content.digest), body.content.size],
    body.storedBytes,
    body.seq,
    body.prev && digestToBytes(body.prev),
    body.membershipHeads.map(digestToBytes),
    [body.time.wallMs, body.time.logical],
    digestToBytes(sealedDigest),
  ]);
}

/**
 * Decodes a body strictly. `sealed` is what stands beside it in the envelope, null where it was stripped, and has to have
 * the digest that the body names. Undefined where nothing can stand there: then the body holds the metadata itself.
 */
export function decodeEntryBody(bytes: Uint8Array, sealed: Uint8Array | null | undefined): EntryBody {
  const what = "An entry's body";
  const fields = new FieldReader(
    decodeCbor(bytes, { bytesMax: ENTRY_BYTES_MAX, what, views: true }),
    what,
    15,
  );
  const isApart = sealed !== undefined;
  const version = isApart
    ? fields.version(BODY_VERSION, BODY_VERSION)
    : fields.version(ERASING_BODY_VERSION, 1);
  const body: EntryBody = {
    space: spaceIdFromBytes(fields.bytes("space", ID_BYTES.space)),
    keyId: keyIdFromBytes(fields.bytes("keyId", ID_BYTES.key)),
    dot: decodeDot(fields.any()),
    context: decodeContext(fields.array("context", { max: CONTEXT_AUTHORS_MAX })),
    ...decodeOp(fields, version),
    policyClass: fields.integer("policyClass", { max: 0xffff }),
    placement: placementIdFromBytes(fields.bytes("placement", ID_BYTES.placement)),
    content: decodeContent(fields.any()),
    storedBytes: fields.integer("storedBytes"),
    seq: fields.integer("seq", { min: 1 }),
    prev: digestOrNull(fields.bytesOrNull("prev", DIGEST_BYTES)),
    membershipHeads: decodeHeads(fields.array("membershipHeads", { min: 1, max: MEMBERSHIP_HEADS_MAX })),
    time: decodeTime(fields.any()),
    ...(isApart
      ? { sealed, sealedDigest: digestFromBytes(fields.bytes("sealedDigest", DIGEST_BYTES)) }
      : { sealed: fields.bytes("sealed", { min: 1, max: ENTRY_BYTES_MAX }) }),
  };
  refuseContradictions(body);
  return body;
}

function encodeOp({ op, erases, purges }: EntryBody): number {
  if (purges) return OPS.purge;
  return erases ? OPS.erase : OPS[op];
}

function decodeOp(fields: FieldReader, version: number): Pick<EntryBody, "op" | "erases" | "purges"> {
  const [min, max] = { 1: [OPS.put, OPS.remove], 2: [OPS.erase, OPS.erase] }[version] ?? [OPS.put, OPS.purge];
  const op = fields.integer("op", { min: min as number, max: max as number });
  if (op === OPS.put) return { op: "put" };
  if (op === OPS.remove) return { op: "remove" };
  return { op: "remove", erases: true, ...(op === OPS.purge ? { purges: true } : {}) };
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
  if (body.sealedDigest !== undefined && body.sealed !== null && digestOf(body.sealed) !== body.sealedDigest)
    refuse("names another digest than its sealed metadata has");
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

export function digestBytes(value: CborValue): Uint8Array {
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
