import { getSystemErrorMessage } from "node:util";
import { type ErrorCode, GstoreError } from "@gstore/gateway/client";

/** An error of the operating system as one sentence, with the file it is about; undefined for any other error. */
export function describeSystemError(error: unknown, code: ErrorCode = "INTERNAL"): GstoreError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, code: systemCode, path, syscall } = error as NodeJS.ErrnoException;
  if (typeof errno !== "number" || systemCode === undefined) return undefined;
  const reason = getSystemErrorMessage(errno) ?? systemCode;
  const what = path ?? syscall ?? "The system";
  const fields = { systemCode, ...(path === undefined ? {} : { path }) };
  return new GstoreError(code, `${what}: ${reason} (${systemCode})`, { ...fields, cause: error });
}
