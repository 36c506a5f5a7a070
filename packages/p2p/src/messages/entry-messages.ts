import {
  type AuthorSeq,
  BLOB_BYTES_MAX,
  type CborValue,
  type Digest,
  ENTRIES_PER_MESSAGE_MAX,
  ENTRY_BYTES_MAX,
  type EntryId,
  FieldReader,
  GstoreError,
  ID_BYTES,
  idToBytes,
  incarnationFromBytes,
  type KeyId,
  keyIdFromBytes,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
  type SpaceId,
  SYNC_VECTOR_MAX,
  spaceIdFromBytes,
} from "@gstore/core";
import { decodeByteStrings, decodeDigests, encodeDigests } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

/** Announces entries, in their author's order, to a member; small blobs come along. */
export interface StoreFile {
  readonly entries: readonly Uint8Array[];
  /** Which of the entries the receiver is asked to hold a copy of, by index. */
  readonly hold: readonly number[];
  readonly blobs: readonly Uint8Array[];
}

/** What became of each announced entry: known here, held here with all its blobs, refused, or known with no room for a copy. */
const STORE_OUTCOMES = { accepted: 0, held: 1, refused: 2, full: 3 } as const;
export type StoreOutcome = keyof typeof STORE_OUTCOMES;
const OUTCOME_NAMES = Object.keys(STORE_OUTCOMES) as StoreOutcome[];

export const encodeStoreFile = (message: StoreFile): Uint8Array =>
  encodeMessage("storeFile", message.entries, message.hold, message.blobs);

/** The blobs are views of the message; the entries, which outlive it, are copies. */
export function decodeStoreFile(bytes: Uint8Array): StoreFile {
  const fields = readMessage(bytes, "storeFile", 3, { views: true });
  const entries = decodeByteStrings(
    fields.array("entries", { min: 1, max: ENTRIES_PER_MESSAGE_MAX }),
    ENTRY_BYTES_MAX,
  ).map((entry) => entry.slice());
  const hold = fields
    .array("hold", { max: entries.length })
    .map((value) => indexBelow(value, entries.length));
  const blobs = decodeByteStrings(fields.array("blobs", { max: ENTRIES_PER_MESSAGE_MAX }), BLOB_BYTES_MAX);
  return { entries, hold, blobs };
}

export const encodeStoreFileAnswer = (outcomes: readonly StoreOutcome[]): Uint8Array =>
  encodeMessage(
    "storeFile",
    outcomes.map((outcome) => STORE_OUTCOMES[outcome]),
  );

/** Decodes the answer to a StoreFile with `count` entries. */
export function decodeStoreFileAnswer(bytes: Uint8Array, count: number): StoreOutcome[] {
  const fields = readMessage(bytes, "storeFile", 1);
  return fields
    .array("outcomes", { min: count, max: count })
    .map((value) => OUTCOME_NAMES[indexBelow(value, OUTCOME_NAMES.length)] as StoreOutcome);
}

/** Asks for the entries of a key that nothing supersedes. */
export interface GetFile {
  readonly space: SpaceId;
  readonly keyId: KeyId;
}

export const encodeGetFile = (message: GetFile): Uint8Array =>
  encodeMessage("getFile", idToBytes(message.space), idToBytes(message.keyId));

export function decodeGetFile(bytes: Uint8Array): GetFile {
  const fields = readMessage(bytes, "getFile", 2);
  return {
    space: spaceIdFromBytes(fields.bytes("space", ID_BYTES.space)),
    keyId: keyIdFromBytes(fields.bytes("keyId", ID_BYTES.key)),
  };
}

export const encodeGetFileAnswer = (heads: readonly EntryId[]): Uint8Array =>
  encodeMessage("getFile", encodeDigests(heads));

export function decodeGetFileAnswer(bytes: Uint8Array): Digest[] {
  return decodeDigests(readMessage(bytes, "getFile", 1).array("heads", { max: ENTRIES_PER_MESSAGE_MAX }));
}

/** Asks for the entries that a node with this vector lacks. */
export const encodeSyncEntries = (vector: readonly AuthorSeq[]): Uint8Array =>
  encodeMessage("syncEntries", vector.map(encodeAuthorSeq));

export function decodeSyncEntries(bytes: Uint8Array): AuthorSeq[] {
  return readMessage(bytes, "syncEntries", 1).array("vector", { max: SYNC_VECTOR_MAX }).map(decodeAuthorSeq);
}

/** One page of what the asker lacks, each author's entries in order of seq, and the answering node's own vector. */
export interface SyncEntriesAnswer {
  readonly entries: readonly Uint8Array[];
  readonly more: boolean;
  readonly vector: readonly AuthorSeq[];
}

export const encodeSyncEntriesAnswer = (answer: SyncEntriesAnswer): Uint8Array =>
  encodeMessage("syncEntries", answer.entries, answer.more, answer.vector.map(encodeAuthorSeq));

export function decodeSyncEntriesAnswer(bytes: Uint8Array): SyncEntriesAnswer {
  const fields = readMessage(bytes, "syncEntries", 3);
  return {
    entries: decodeByteStrings(fields.array("entries", { max: ENTRIES_PER_MESSAGE_MAX }), ENTRY_BYTES_MAX),
    more: fields.boolean("more"),
    vector: fields.array("vector", { max: SYNC_VECTOR_MAX }).map(decodeAuthorSeq),
  };
}

/** Says that the sender now holds all blobs of these versions. The answer is empty. */
export const encodeHeld = (versions: readonly EntryId[]): Uint8Array =>
  encodeMessage("held", encodeDigests(versions));

export function decodeHeld(bytes: Uint8Array): EntryId[] {
  return decodeDigests(readMessage(bytes, "held", 1).array("versions", { max: ENTRIES_PER_MESSAGE_MAX }));
}

export const encodeHeldAnswer = (): Uint8Array => encodeMessage("held");

/** Asks which of these versions the receiver holds with all their blobs. */
export const encodeHoldsVersions = (versions: readonly EntryId[]): Uint8Array =>
  encodeMessage("holdsVersions", encodeDigests(versions));

export function decodeHoldsVersions(bytes: Uint8Array): EntryId[] {
  return decodeDigests(
    readMessage(bytes, "holdsVersions", 1).array("versions", { max: ENTRIES_PER_MESSAGE_MAX }),
  );
}

export const encodeHoldsVersionsAnswer: typeof encodeHoldsVersions = encodeHoldsVersions;
export const decodeHoldsVersionsAnswer: typeof decodeHoldsVersions = decodeHoldsVersions;

function encodeAuthorSeq(value: AuthorSeq): CborValue {
  return [publicKeyOfPeerId(value.author), idToBytes(value.incarnation), value.seq];
}

function decodeAuthorSeq(value: CborValue): AuthorSeq {
  const fields = new FieldReader(value, "A vector's element", 3);
  return {
    author: peerIdOfPublicKey(fields.bytes("author", ID_BYTES.publicKey)),
    incarnation: incarnationFromBytes(fields.bytes("incarnation", ID_BYTES.incarnation)),
    seq: fields.integer("seq", { min: 1 }),
  };
}

function indexBelow(value: CborValue, bound: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < bound) return value;
  throw new GstoreError("INVALID_FORMAT", "A message holds a number that is out of bounds.");
}
