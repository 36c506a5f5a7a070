import {
  type CborValue,
  decodeCbor,
  ERROR_CODES,
  encodeCbor,
  errorCodeOfNumber,
  FieldReader,
  GstoreError,
  MESSAGE_BYTES_MAX,
  type PeerId,
} from "@gstore/core";
import { ERROR_BYTES_MAX, ERROR_MESSAGE_CHARACTERS_MAX, REQUEST_FRAME_OVERHEAD } from "./limits.ts";

/** Bytes of the longest request frame without its length (docs/spec/bulk.md, "Requests"). */
export const REQUEST_FRAME_BYTES_MAX: number = MESSAGE_BYTES_MAX + REQUEST_FRAME_OVERHEAD;

const KINDS = { request: 0, response: 1, error: 2, cancel: 3 } as const;
const ID_MAX = 2 ** 32 - 1;

/** What travels on a kept stream, either way. */
export type RequestFrame =
  | { readonly kind: "request"; readonly id: number; readonly payload: Uint8Array }
  | { readonly kind: "response"; readonly id: number; readonly payload: Uint8Array }
  | { readonly kind: "error"; readonly id: number; readonly error: WireError }
  | { readonly kind: "cancel"; readonly id: number };

/** An error as it travels. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly retryable: boolean;
}

export function encodeRequestFrame(frame: RequestFrame): Uint8Array {
  return encodeCbor([frame.id, KINDS[frame.kind], payloadOf(frame)]);
}

/** Decodes a frame strictly; `INVALID_FORMAT` or `TOO_LARGE` for anything else. */
export function decodeRequestFrame(bytes: Uint8Array): RequestFrame {
  const what = "A request frame";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: REQUEST_FRAME_BYTES_MAX, what }), what, 3);
  const id = fields.integer("id", { max: ID_MAX });
  const kind = fields.integer("kind", { max: KINDS.cancel });
  if (kind === KINDS.request || kind === KINDS.response) {
    const payload = fields.bytes("payload", { max: MESSAGE_BYTES_MAX });
    return kind === KINDS.request ? { kind: "request", id, payload } : { kind: "response", id, payload };
  }
  if (kind === KINDS.error) return { kind: "error", id, error: readWireError(fields.any()) };
  if (fields.any() !== null) throw new GstoreError("INVALID_FORMAT", `${what}: a cancel has a payload.`);
  return { kind: "cancel", id };
}

/** An error's own bytes, as a broken-off bulk transfer ends with. */
export function encodeWireError(error: WireError): Uint8Array {
  return encodeCbor([error.code, error.message, error.retryable]);
}

export function decodeWireError(bytes: Uint8Array): WireError {
  return readWireError(decodeCbor(bytes, { bytesMax: ERROR_BYTES_MAX, what: "An error" }));
}

/** What a peer is told of an error: a {@link GstoreError}'s code and message; of any other only that there was one. */
export function wireErrorOf(error: unknown): WireError {
  if (!(error instanceof GstoreError)) {
    return { code: ERROR_CODES.INTERNAL, message: "The peer failed.", retryable: false };
  }
  const message = error.message.slice(0, ERROR_MESSAGE_CHARACTERS_MAX).toWellFormed();
  return { code: ERROR_CODES[error.code], message, retryable: error.retryable };
}

/** The error that a peer sent. */
export function errorOfWire(error: WireError, peer: PeerId): GstoreError {
  return new GstoreError(errorCodeOfNumber(error.code), error.message, { peer, retryable: error.retryable });
}

function payloadOf(frame: RequestFrame): CborValue {
  if (frame.kind === "cancel") return null;
  if (frame.kind !== "error") return frame.payload;
  return [frame.error.code, frame.error.message, frame.error.retryable];
}

function readWireError(value: CborValue): WireError {
  const fields = new FieldReader(value, "An error", 3);
  const code = fields.integer("code", { max: 65_535 });
  const message = fields.text("message", ERROR_BYTES_MAX);
  return { code, message, retryable: fields.boolean("retryable") };
}
