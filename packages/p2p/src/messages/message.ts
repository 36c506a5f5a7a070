import {
  type CborValue,
  decodeCbor,
  encodeCbor,
  FieldReader,
  GstoreError,
  MESSAGE_BYTES_MAX,
} from "@gstore/core";

/** The format version of requests and answers, docs/spec/messages.md. */
export const MESSAGE_VERSION = 1;

/** Numbers of the messages. Only ever appended. An answer has the number of its request. */
export const MESSAGE_TYPES = {
  storeFile: 1,
  getFile: 2,
  syncEntries: 3,
  held: 4,
  holdsVersions: 5,
  haveBlobs: 10,
  syncMembers: 20,
  pushMembers: 21,
} as const;
export type MessageType = keyof typeof MESSAGE_TYPES;

/** A message's bytes: version, type and the fields of that type. */
export function encodeMessage(type: MessageType, ...fields: CborValue[]): Uint8Array {
  return encodeCbor([MESSAGE_VERSION, MESSAGE_TYPES[type], ...fields]);
}

/** The type of a message. Throws `UNSUPPORTED_VERSION` for one that this gstore does not know. */
export function messageType(bytes: Uint8Array): MessageType {
  const value = decodeCbor(bytes, { bytesMax: MESSAGE_BYTES_MAX, what: "A message" });
  const fields = new FieldReader(value, "A message", { min: 2, max: 16 });
  fields.version(MESSAGE_VERSION);
  const number = fields.integer("type");
  for (const [type, known] of Object.entries(MESSAGE_TYPES)) if (known === number) return type as MessageType;
  throw new GstoreError("UNSUPPORTED_VERSION", `Message ${number} needs a newer gstore on this node.`);
}

/** A reader over the fields of a message that must be of `type` and have `count` fields. */
export function readMessage(bytes: Uint8Array, type: MessageType, count: number): FieldReader {
  const value = decodeCbor(bytes, { bytesMax: MESSAGE_BYTES_MAX, what: `A ${type} message` });
  const fields = new FieldReader(value, `A ${type} message`, count + 2);
  fields.version(MESSAGE_VERSION);
  fields.integer("type", { min: MESSAGE_TYPES[type], max: MESSAGE_TYPES[type] });
  return fields;
}
