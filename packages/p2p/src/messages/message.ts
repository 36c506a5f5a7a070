import {
  type CborValue,
  decodeCbor,
  encodeCbor,
  FieldReader,
  GstoreError,
  MESSAGE_BYTES_MAX,
} from "@gstore/core";
import { checkItems } from "./check-items.ts";

/** The format version of requests and answers, docs/spec/messages.md. */
export const MESSAGE_VERSION = 1;

/** Numbers of the messages. Only ever appended. An answer has the number of its request. */
export const MESSAGE_TYPES = {
  storeFile: 1,
  getFile: 2,
  syncEntries: 3,
  held: 4,
  holdsVersions: 5,
  heldReceipts: 6,
  giveEntries: 7,
  leaseVersions: 8,
  purged: 9,
  haveBlobs: 10,
  proveBlobs: 11,
  syncMembers: 20,
  pushMembers: 21,
  tellTime: 22,
  syncAddresses: 30,
  pushAddresses: 31,
} as const;
export type MessageType = keyof typeof MESSAGE_TYPES;

// Heads of CBOR items (RFC 8949 section 3): the shortest and the longest array, and a number that follows in one byte.
const ARRAY_OF_TWO = 0x82;
const ARRAY_OF_23 = 0x97;
const UINT_IN_BYTE = 0x18;
const UINT_HEAD_MAX = 0x1b;

/** A message's bytes: version, type and the fields of that type. */
export function encodeMessage(type: MessageType, ...fields: CborValue[]): Uint8Array {
  return encodeCbor([MESSAGE_VERSION, MESSAGE_TYPES[type], ...fields]);
}

/**
 * The type of a message, from its first bytes alone; the message is decoded once, by the reader of its type. Throws
 * `UNSUPPORTED_VERSION` for a version or type that this gstore does not know, `INVALID_FORMAT` for what is no message.
 */
export function messageType(bytes: Uint8Array): MessageType {
  const [array = 0, version = 0, head = 0, next = 0] = bytes;
  if (array < ARRAY_OF_TWO || array > ARRAY_OF_23 || version === 0 || version > UINT_HEAD_MAX)
    throw invalid();
  if (version !== MESSAGE_VERSION) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      "A message has a newer version. Update gstore on this node.",
    );
  }
  if (bytes.length < 3 || head > UINT_HEAD_MAX || (head === UINT_IN_BYTE && next < UINT_IN_BYTE))
    throw invalid();
  // A type in more than one byte is none of ours.
  const number = head < UINT_IN_BYTE ? head : head === UINT_IN_BYTE ? next : -1;
  for (const [type, known] of Object.entries(MESSAGE_TYPES)) if (known === number) return type as MessageType;
  throw new GstoreError(
    "UNSUPPORTED_VERSION",
    "A message of an unknown type needs a newer gstore on this node.",
  );
}

/**
 * A reader over the fields of a message that must be of `type` and have `count` fields. Byte strings are copies; with
 * `views` they are views of the message.
 */
export function readMessage(
  bytes: Uint8Array,
  type: MessageType,
  count: number,
  { views = false }: { readonly views?: boolean } = {},
): FieldReader {
  const what = `A ${type} message`;
  if (bytes.length <= MESSAGE_BYTES_MAX) checkItems(bytes, what);
  const value = decodeCbor(bytes, { bytesMax: MESSAGE_BYTES_MAX, what, views });
  const fields = new FieldReader(value, what, count + 2);
  fields.version(MESSAGE_VERSION);
  fields.integer("type", { min: MESSAGE_TYPES[type], max: MESSAGE_TYPES[type] });
  return fields;
}

function invalid(): GstoreError {
  return new GstoreError("INVALID_FORMAT", "A message does not begin with its version and type.");
}
