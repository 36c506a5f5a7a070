import {
  decodeCbor,
  encodeCbor,
  errorCodeOfNumber,
  FieldReader,
  GstoreError,
  MESSAGE_BYTES_MAX,
  type PeerId,
} from "@gstore/core";
import { ERROR_BYTES_MAX, REQUEST_FRAME_OVERHEAD } from "./limits.ts";
import type { WireError } from "./wire-errors.ts";

/** Bytes of the longest request frame without its length (docs/spec/bulk.md, "Requests"). */
export const REQUEST_FRAME_BYTES_MAX: number = MESSAGE_BYTES_MAX + REQUEST_FRAME_OVERHEAD;

const KINDS = ["request", "response", "error", "cancel"] as const;
const WHAT = "A request frame";
const ID_MAX = 2 ** 32 - 1;
// Initial bytes and lengths of CBOR (RFC 8949 section 3).
const ARRAY_OF_3 = 0x83;
const MAJOR_UINT = 0;
const MAJOR_BYTES = 2;
const NULL = 0xf6;

/** What travels on a kept stream, either way. The payload is a message's bytes, or an error's ({@link encodeWireError}). */
export type RequestFrame =
  | { readonly kind: "request" | "response" | "error"; readonly id: number; readonly payload: Uint8Array }
  | { readonly kind: "cancel"; readonly id: number };

/** The frame in one or two parts: the CBOR array `[id, kind, payload]`, its payload not copied. */
export function encodeRequestFrame(frame: RequestFrame): Uint8Array[] {
  const head = [ARRAY_OF_3, ...headOf(MAJOR_UINT, frame.id), KINDS.indexOf(frame.kind)];
  if (frame.kind === "cancel") return [Uint8Array.from([...head, NULL])];
  return [Uint8Array.from([...head, ...headOf(MAJOR_BYTES, frame.payload.length)]), frame.payload];
}

/**
 * Decodes a frame strictly; `INVALID_FORMAT` for anything else. By hand, since messages are 4 MiB of a peer's choosing:
 * nothing is built of them and the payload is a view of the frame.
 */
export function decodeRequestFrame(bytes: Uint8Array): RequestFrame {
  if (bytes[0] !== ARRAY_OF_3) throw invalidFrame("is not an array of 3 fields");
  const id = readHead(bytes, { at: 1, major: MAJOR_UINT });
  if (id.value > ID_MAX) throw invalidFrame("has an id above 2^32 - 1");
  const kind = KINDS[bytes[id.next] ?? KINDS.length];
  if (kind === undefined) throw invalidFrame("has a kind that is not known");
  if (kind === "cancel") {
    if (bytes[id.next + 1] !== NULL || bytes.length !== id.next + 2)
      throw invalidFrame("cancels with a payload");
    return { kind, id: id.value };
  }
  const payload = readHead(bytes, { at: id.next + 1, major: MAJOR_BYTES });
  if (payload.value > MESSAGE_BYTES_MAX) throw invalidFrame("has a payload that is too long");
  if (bytes.length - payload.next !== payload.value)
    throw invalidFrame("has a payload of another length than it says");
  return { kind, id: id.value, payload: bytes.subarray(payload.next) };
}

/** An error's bytes: the payload of an error frame, and what a broken-off bulk transfer ends with. */
export function encodeWireError(error: WireError): Uint8Array {
  return encodeCbor([error.code, error.message, error.retryable]);
}

export function decodeWireError(bytes: Uint8Array): WireError {
  const what = "An error";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: ERROR_BYTES_MAX, what }), what, 3);
  const code = fields.integer("code", { max: 65_535 });
  const message = fields.text("message", ERROR_BYTES_MAX);
  return { code, message, retryable: fields.boolean("retryable") };
}

/** The error that a peer sent. */
export function errorOfWire(error: WireError, peer: PeerId): GstoreError {
  return new GstoreError(errorCodeOfNumber(error.code), error.message, { peer, retryable: error.retryable });
}

/** A CBOR head in its shortest form, up to 32 bits. */
function headOf(major: number, value: number): number[] {
  const type = major << 5;
  if (value < 24) return [type | value];
  if (value < 0x100) return [type | 24, value];
  if (value < 0x1_0000) return [type | 25, value >>> 8, value & 0xff];
  return [type | 26, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function readHead(bytes: Uint8Array, from: { at: number; major: number }): { value: number; next: number } {
  const { at, major } = from;
  const initial = bytes[at] ?? 0xff;
  const info = initial & 0x1f;
  if (initial >> 5 !== major || info > 26) throw invalidFrame("has a field of another type");
  if (info < 24) return { value: info, next: at + 1 };
  const length = 2 ** (info - 24);
  if (at + 1 + length > bytes.length) throw invalidFrame("is cut off");
  let value = 0;
  for (let index = 1; index <= length; index++) value = value * 256 + (bytes[at + index] as number);
  if (value < (info === 24 ? 24 : 2 ** (4 * length)))
    throw invalidFrame("has a number that is not in its shortest form");
  return { value, next: at + 1 + length };
}

function invalidFrame(reason: string): GstoreError {
  return new GstoreError("INVALID_FORMAT", `${WHAT} ${reason}.`);
}
