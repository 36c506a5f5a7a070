import { ERROR_CODES, type ErrorCode, GstoreError, isGstoreError } from "@gstore/core";
import { ERROR_MESSAGE_CHARACTERS_MAX } from "./limits.ts";

/** An error as it travels. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly retryable: boolean;
}

/** What a peer is told of an error by whose code: never the message, which may speak of paths, keys and the system here. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  ABORTED: "The peer gave the work up.",
  TIMEOUT: "The peer waited in vain.",
  NOT_RUNNING: "The peer is starting or stopping.",
  INVALID_FORMAT: "The peer could not read what was sent.",
  UNSUPPORTED_VERSION: "The peer's gstore does not know this version. Update gstore there.",
  TOO_LARGE: "What was sent is larger than the peer takes.",
  BLOB_NOT_FOUND: "The peer does not have the blob.",
  BLOB_DAMAGED: "The peer's copy is damaged.",
  DIGEST_MISMATCH: "The bytes that were sent do not hash to their digest.",
  STORE_FULL: "The peer's disk is full.",
  STORE_READ_ONLY: "The peer's disk is read-only.",
  STORE_IO: "The peer's disk failed.",
  CERTIFICATE_INVALID: "The peer does not take the certificate or record.",
  SIGNATURE_INVALID: "A signature does not hold.",
  WRONG_NETWORK: "The peer is in another network.",
  INTERNAL: "The peer failed.",
};

/** Errors whose message is written for the peer that asked. */
const TOLD_IN_FULL: readonly ErrorCode[] = [
  ...(["REQUEST_REFUSED", "PROTOCOL_VIOLATION", "NOT_A_MEMBER", "TOO_BUSY"] as const),
  ...(["ENTRY_REFUSED", "TICKET_INVALID"] as const),
];

/**
 * What a peer is told of an error: its code, whether to try again, and a sentence that says nothing of this node. Of what is
 * no {@link GstoreError} only that there was one.
 */
export function wireErrorOf(error: unknown): WireError {
  if (!(error instanceof GstoreError)) {
    return { code: ERROR_CODES.INTERNAL, message: "The peer failed.", retryable: false };
  }
  const { code, retryable } = error;
  return { code: ERROR_CODES[code], message: sentenceOf(error), retryable };
}

function sentenceOf(error: GstoreError): string {
  const { path, key, address, systemCode } = error.fields;
  const isLocal = [path, key, address, systemCode].some((field) => field !== undefined);
  if (isGstoreError(error, ...TOLD_IN_FULL) && !isLocal)
    return error.message.slice(0, ERROR_MESSAGE_CHARACTERS_MAX).toWellFormed();
  return SENTENCES[error.code] ?? "The peer could not do it.";
}
