import {
  decodeCbor,
  ERROR_CODES,
  type ErrorCode,
  encodeCbor,
  FieldReader,
  GstoreError,
  isGstoreError,
  MESSAGE_BYTES_MAX,
  type PeerId,
} from "@gstore/core";
import { ERROR_BYTES_MAX, STRANGER_MESSAGE_OVERHEAD, STRANGER_REQUEST_BYTES_MAX } from "./limits.ts";
import { decodeWireError, encodeWireError, errorOfWire } from "./request-frames.ts";
import { type WireError, wireErrorOf } from "./wire-errors.ts";

/** The version of what is spoken on `gstore-join/1`, docs/spec/handshake.md. This file is it without input and output. */
export const STRANGER_VERSION = 1;
/** What the TLS exporter is asked for: another name than the handshake's, so that no proof serves for both. */
export const STRANGER_EXPORTER_LABEL = "EXPORTER-gstore-join-v1";

/** Bytes of the longest request and of the longest reply, without their lengths. */
export const STRANGER_REQUEST_FRAME_BYTES_MAX: number =
  STRANGER_REQUEST_BYTES_MAX + STRANGER_MESSAGE_OVERHEAD;
export const STRANGER_REPLY_FRAME_BYTES_MAX: number = MESSAGE_BYTES_MAX + STRANGER_MESSAGE_OVERHEAD;

const KINDS = { request: 1, answer: 2, refusal: 3 } as const;
/** Fields a message of a newer version may have. */
const FIELDS_MAX = 16;

/** The codes that a stranger may learn, with their messages: what an honest one can act on. */
const TOLD: readonly ErrorCode[] = ["REQUEST_REFUSED", "TICKET_INVALID", "TOO_BUSY", "TIMEOUT"];

/** Throws `TOO_LARGE` for more than `STRANGER_REQUEST_BYTES_MAX`. */
export function encodeStrangerRequest(message: Uint8Array): Uint8Array {
  if (message.length > STRANGER_REQUEST_BYTES_MAX) {
    throw new GstoreError("TOO_LARGE", `A request of ${message.length} bytes is too long for a stranger.`, {
      limit: STRANGER_REQUEST_BYTES_MAX,
      actual: message.length,
    });
  }
  return encodeCbor([STRANGER_VERSION, KINDS.request, message]);
}

/** Decodes a request strictly. Throws `INVALID_FORMAT`, or `UNSUPPORTED_VERSION` for a newer one. */
export function decodeStrangerRequest(bytes: Uint8Array): Uint8Array {
  const fields = openMessage(bytes, "A stranger's request", STRANGER_REQUEST_FRAME_BYTES_MAX);
  fields.integer("kind", { min: KINDS.request, max: KINDS.request });
  return fields.bytes("message", { max: STRANGER_REQUEST_BYTES_MAX });
}

/** Throws `TOO_LARGE` for more than `MESSAGE_BYTES_MAX`. */
export function encodeStrangerAnswer(message: Uint8Array): Uint8Array {
  if (message.length > MESSAGE_BYTES_MAX) {
    throw new GstoreError("TOO_LARGE", `An answer of ${message.length} bytes is too long for a stranger.`, {
      limit: MESSAGE_BYTES_MAX,
      actual: message.length,
    });
  }
  return encodeCbor([STRANGER_VERSION, KINDS.answer, message]);
}

export function encodeStrangerRefusal(error: WireError): Uint8Array {
  return encodeCbor([STRANGER_VERSION, KINDS.refusal, encodeWireError(error)]);
}

/** The answer, or what the refusal says, thrown as from `peer`. `INVALID_FORMAT` for anything else. */
export function decodeStrangerReply(bytes: Uint8Array, peer: PeerId): Uint8Array {
  const fields = openMessage(bytes, "The answer to a stranger", STRANGER_REPLY_FRAME_BYTES_MAX);
  const kind = fields.integer("kind", { min: KINDS.answer, max: KINDS.refusal });
  const messageMax = kind === KINDS.answer ? MESSAGE_BYTES_MAX : ERROR_BYTES_MAX;
  const message = fields.bytes("message", { max: messageMax });
  if (kind === KINDS.refusal) throw errorOfWire(decodeWireError(message), peer);
  return message;
}

/** What a stranger is told of a handler's rejection: as little as helps an honest one. */
export function strangerErrorOf(error: unknown): WireError {
  if (isGstoreError(error, ...TOLD)) return wireErrorOf(error);
  return { code: ERROR_CODES.REQUEST_REFUSED, message: "The request was refused.", retryable: false };
}

/** What a stranger is told whose request could not be read: nothing, but that its version is too new. */
export function strangerFormatErrorOf(error: unknown): WireError {
  if (!isGstoreError(error, "UNSUPPORTED_VERSION")) return strangerErrorOf(null);
  const message = "The node speaks an older version. Update gstore there.";
  return { code: ERROR_CODES.UNSUPPORTED_VERSION, message, retryable: false };
}

/** The fields of a message behind its version, which comes first: a newer one may have more of them. */
function openMessage(bytes: Uint8Array, what: string, bytesMax: number): FieldReader {
  const value = decodeCbor(bytes, { bytesMax, what });
  new FieldReader(value, what, { min: 1, max: FIELDS_MAX }).version(STRANGER_VERSION);
  const fields = new FieldReader(value, what, 3);
  fields.version(STRANGER_VERSION);
  return fields;
}
