import type { IncomingMessage } from "node:http";
import { ERROR_CODES, type ErrorCode, GstoreError, isGstoreError } from "@gstore/core/client";
import type { ErrorRecord } from "./wire-types.ts";

/** The error that an answer's record stands for. A code that only a newer node knows becomes `PEER_FAILED`. */
export function errorOfRecord(record: ErrorRecord): GstoreError {
  const code = record.code in ERROR_CODES ? (record.code as ErrorCode) : "PEER_FAILED";
  return new GstoreError(code, String(record.message), {
    ...record.fields,
    retryable: record.retryable === true,
  });
}

/** The record in `text`, or undefined where that is something else. */
export function parseErrorRecord(text: string): ErrorRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === "object" && value !== null && "code" in value && "message" in value;
    return isRecord ? (value as ErrorRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The error of an answer that has no record, such as one that node:http gave by itself. */
export function errorOfStatus({ statusCode = 0, statusMessage = "" }: IncomingMessage): GstoreError {
  if (statusCode === 503) return new GstoreError("NOT_RUNNING", "The node is stopping.", { retryable: true });
  if (statusCode === 431)
    return new GstoreError("TOO_LARGE", "The key and its metadata are too long for a request.");
  return new GstoreError("INTERNAL", `The node answered ${statusCode} ${statusMessage} and gave no reason.`);
}

/** What went wrong on the way to the node. `dir` names it in the advice. */
export function errorOfConnection(error: unknown, dir: string): GstoreError {
  if (isGstoreError(error)) return error;
  const { code: systemCode, message } = error as NodeJS.ErrnoException;
  const options = { path: dir, cause: error, ...(systemCode === undefined ? {} : { systemCode }) };
  if (systemCode === "ENOENT" || systemCode === "ECONNREFUSED" || systemCode === "ENOTDIR") {
    const advice = `Start it with: gstore --dir ${shellQuote(dir)} up`;
    return new GstoreError("NOT_RUNNING", `No node runs in ${dir}. ${advice}`, {
      ...options,
      retryable: true,
    });
  }
  if (systemCode === "EACCES" || systemCode === "EPERM") {
    return new GstoreError("REQUEST_REFUSED", `The node in ${dir} belongs to another user.`, options);
  }
  if (systemCode === "ECONNRESET" || systemCode === "EPIPE") {
    return new GstoreError("CONNECTION_LOST", `The node in ${dir} went away in the middle of the work.`, {
      ...options,
      retryable: true,
    });
  }
  return new GstoreError("INTERNAL", `Talking to the node in ${dir} failed: ${message}`, options);
}

/** `text` as one word of a shell command that can be pasted. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_/.:=@%+,~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
