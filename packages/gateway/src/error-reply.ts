import { type ErrorCode, GstoreError, isGstoreError } from "@gstore/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ErrorRecord } from "./wire-types.ts";

/** The HTTP status of each error. */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  INVALID_KEY: 400,
  KEY_NOT_FOUND: 404,
  VERSION_NOT_FOUND: 404,
  RANGE_NOT_SATISFIABLE: 416,
  SPACE_NOT_FOUND: 404,
  ABORTED: 503,
  TIMEOUT: 504,
  TOO_BUSY: 503,
  NOT_RUNNING: 503,
  ALREADY_RUNNING: 409,
  ALREADY_EXISTS: 412,
  COPIES_NOT_REACHED: 504,
  SOURCE_CHANGED: 400,
  SOURCE_FAILED: 400,
  VERSION_AMBIGUOUS: 400,
  VERSION_EXPIRED: 410,
  METADATA_MISSING: 503,
  VERSION_PURGED: 410,
  NO_CONFLICT: 409,
  INVALID_FORMAT: 500,
  UNSUPPORTED_VERSION: 500,
  TOO_LARGE: 413,
  BLOB_NOT_FOUND: 500,
  BLOB_DAMAGED: 500,
  DIGEST_MISMATCH: 500,
  STORE_LOCKED: 503,
  STORE_CLOSED: 503,
  STORE_FULL: 507,
  NODE_FULL: 507,
  STORE_READ_ONLY: 503,
  STORE_IO: 500,
  STORE_DAMAGED: 500,
  NOT_INITIALISED: 503,
  ALREADY_INITIALISED: 409,
  SEAL_BROKEN: 500,
  SIGNATURE_INVALID: 500,
  CERTIFICATE_INVALID: 403,
  WRONG_NETWORK: 403,
  NOT_A_MEMBER: 403,
  KEY_MISSING: 403,
  KEY_FILE_INVALID: 500,
  PASSPHRASE_NEEDED: 403,
  LEAVE_INCOMPLETE: 409,
  TICKET_INVALID: 400,
  TOKEN_INVALID: 401,
  PEER_UNREACHABLE: 502,
  PEER_MISMATCH: 502,
  HANDSHAKE_FAILED: 502,
  CONNECTION_LOST: 502,
  PROTOCOL_VIOLATION: 502,
  REQUEST_REFUSED: 403,
  NO_HOLDER_REACHABLE: 503,
  PEER_FAILED: 502,
  ADDRESS_IN_USE: 409,
  ENTRY_REFUSED: 403,
  INTERNAL: 500,
};

/** Of an answer to HEAD, which has no body: the error record, as percent-encoded JSON. */
export const ERROR_HEADER = "x-gstore-error";

/** Any error as a {@link GstoreError}. What is not one already is a fault in the program: `INTERNAL`, its text kept inside. */
export function asGstoreError(error: unknown): GstoreError {
  if (isGstoreError(error)) return error;
  const refusal = refusalOfFastify(error);
  if (refusal !== undefined) return refusal;
  return new GstoreError("INTERNAL", "The node met a fault of its own; its log says more.", { cause: error });
}

/** An error as the API sends it: never its stack, nor its cause. */
export function errorRecord(error: GstoreError): ErrorRecord {
  const { code, message, retryable } = error;
  return { code, message, retryable, fields: { ...error.fields } as Record<string, string | number> };
}

/** Answers with an error. `onFault` is told of what a client sees only as `INTERNAL`; `status` is for one that differs from its code's. */
export function answerError(
  thrown: unknown,
  {
    request,
    reply,
    onFault,
    status,
  }: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly onFault: (error: unknown) => void;
    readonly status?: number;
  },
): void {
  const error = asGstoreError(thrown);
  if (error.code === "INTERNAL") onFault(thrown);
  const record = errorRecord(error);
  reply.code(status ?? STATUS_OF_CODE[error.code]);
  if (request.method === "HEAD") {
    reply.header(ERROR_HEADER, encodeURIComponent(JSON.stringify(record))).send();
  } else {
    reply.type("application/json").send(record);
  }
}

/** What fastify itself refuses: a query or body that doesn't fit its schema, a malformed URL, a body too large. */
function refusalOfFastify(error: unknown): GstoreError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode, code } = error as Error & { statusCode?: unknown; code?: unknown };
  if (typeof statusCode !== "number" || statusCode < 400 || statusCode > 499) return undefined;
  if (typeof code === "string" && !code.startsWith("FST_ERR_")) return undefined;
  if (statusCode === 413) return new GstoreError("TOO_LARGE", error.message, { cause: error });
  return new GstoreError("INVALID_ARGUMENT", describeRefusal(error), { cause: error });
}

/** Names the parameter that is unknown: "must NOT have additional properties" tells nobody what to change. */
function describeRefusal(error: Error): string {
  const [first] = (error as { validation?: { params?: Record<string, unknown> }[] }).validation ?? [];
  const unknown = first?.params?.additionalProperty;
  return typeof unknown === "string"
    ? `The parameter ${JSON.stringify(unknown.slice(0, 60))} is unknown.`
    : error.message;
}
