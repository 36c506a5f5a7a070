/**
 * Every error code of gstore with the number it has on the wire. Numbers are only ever appended. What each means and
 * what to do about it is in docs/errors.md; a test compares the two.
 */
export const ERROR_CODES = {
  // Use
  INVALID_ARGUMENT: 1,
  INVALID_KEY: 2,
  KEY_NOT_FOUND: 3,
  VERSION_NOT_FOUND: 4,
  RANGE_NOT_SATISFIABLE: 5,
  SPACE_NOT_FOUND: 6,
  ABORTED: 7,
  TIMEOUT: 8,
  TOO_BUSY: 9,
  NOT_RUNNING: 10,
  ALREADY_RUNNING: 11,
  ALREADY_EXISTS: 12,
  COPIES_NOT_REACHED: 13,
  SOURCE_CHANGED: 14,
  SOURCE_FAILED: 15,
  VERSION_AMBIGUOUS: 16,
  NO_CONFLICT: 17,
  // Formats
  INVALID_FORMAT: 20,
  UNSUPPORTED_VERSION: 21,
  TOO_LARGE: 22,
  // Disk
  BLOB_NOT_FOUND: 30,
  BLOB_DAMAGED: 31,
  DIGEST_MISMATCH: 32,
  STORE_LOCKED: 33,
  STORE_CLOSED: 34,
  STORE_FULL: 35,
  STORE_READ_ONLY: 36,
  STORE_IO: 37,
  STORE_DAMAGED: 38,
  NOT_INITIALISED: 39,
  ALREADY_INITIALISED: 40,
  // Crypto and membership
  SEAL_BROKEN: 50,
  SIGNATURE_INVALID: 51,
  CERTIFICATE_INVALID: 52,
  WRONG_NETWORK: 53,
  NOT_A_MEMBER: 54,
  KEY_MISSING: 55,
  KEY_FILE_INVALID: 56,
  TICKET_INVALID: 57,
  PASSPHRASE_NEEDED: 58,
  LEAVE_INCOMPLETE: 59,
  TOKEN_INVALID: 60,
  // Links and peers
  PEER_UNREACHABLE: 70,
  PEER_MISMATCH: 71,
  HANDSHAKE_FAILED: 72,
  CONNECTION_LOST: 73,
  PROTOCOL_VIOLATION: 74,
  REQUEST_REFUSED: 75,
  NO_HOLDER_REACHABLE: 76,
  PEER_FAILED: 77,
  ADDRESS_IN_USE: 78,
  ENTRY_REFUSED: 79,
  NODE_FULL: 80,
  INTERNAL: 99,
  VERSION_EXPIRED: 100,
  METADATA_MISSING: 101,
  VERSION_PURGED: 102,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The facts an error may carry, so that programs need not parse its message. Never a secret. */
export interface ErrorFields {
  readonly key?: string;
  readonly path?: string;
  readonly peer?: string;
  readonly digest?: string;
  readonly version?: string;
  readonly address?: string;
  readonly limit?: number;
  readonly actual?: number;
  /** How many copies were reached and wanted, where that is what went wrong. */
  readonly copies?: number;
  readonly wanted?: number;
  /** The system's own code, such as `ENOSPC`, where there is one. */
  readonly systemCode?: string;
}

export interface ErrorOptions extends ErrorFields {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anything being changed. */
  readonly retryable?: boolean;
}

/** The one error class that crosses package boundaries. The message says what happened and what to do next. */
export class GstoreError extends Error {
  override readonly name = "GstoreError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    const { cause, retryable, ...fields } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable ?? false;
    this.fields = fields;
  }
}

/** True where `error` is a {@link GstoreError}, of one of `codes` if any are given. */
export function isGstoreError(error: unknown, ...codes: ErrorCode[]): error is GstoreError {
  return error instanceof GstoreError && (codes.length === 0 || codes.includes(error.code));
}

/** The code of a wire number, or `PEER_FAILED` for one that a newer version has and this does not. */
export function errorCodeOfNumber(number: number): ErrorCode {
  for (const [code, value] of Object.entries(ERROR_CODES)) if (value === number) return code as ErrorCode;
  return "PEER_FAILED";
}

/** Throws `ABORTED` where the signal has fired; its reason becomes the cause. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** The error that a fired signal stands for: its own reason if that is a {@link GstoreError}, else `ABORTED`. */
export function abortedError(signal: AbortSignal): GstoreError {
  if (isGstoreError(signal.reason)) return signal.reason;
  return new GstoreError("ABORTED", "The operation was cancelled.", { cause: signal.reason });
}
