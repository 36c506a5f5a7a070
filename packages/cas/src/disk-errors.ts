import { type ErrorCode, GstoreError, isGstoreError } from "@gstore/core";

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "STORE_FULL",
  EDQUOT: "STORE_FULL",
  EROFS: "STORE_READ_ONLY",
  EACCES: "STORE_READ_ONLY",
  EPERM: "STORE_READ_ONLY",
};

const ADVICE: Partial<Record<ErrorCode, string>> = {
  STORE_FULL: "The disk is full; free some space. What was stored before can be read.",
  STORE_READ_ONLY: "The disk or folder can't be written; check its mount and permissions. Reading goes on.",
  STORE_IO: "The disk reported an error; check its health (dmesg, smartctl).",
};

/** The coded error for what the system said about `path`. Only known codes change their name; the rest is `STORE_IO`. */
export function diskError(cause: unknown, path: string): GstoreError {
  if (isGstoreError(cause)) return cause;
  const systemCode = systemCodeOf(cause);
  const code = CODES[systemCode] ?? "STORE_IO";
  return new GstoreError(code, `${ADVICE[code]} (${systemCode} at ${path})`, {
    path,
    systemCode,
    cause,
    retryable: true,
  });
}

export function storeFull(path: string): GstoreError {
  return diskError({ code: "ENOSPC" }, path);
}

export function storeClosed(path: string): GstoreError {
  return new GstoreError("STORE_CLOSED", "The disk store was closed.", { path });
}

/** The system's own code of an error, such as `ENOSPC`; `UNKNOWN` where it has none. */
export function systemCodeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
