import { apiError, offline, sessionKey } from "../api/http.ts";
import { spacePath } from "../api/keys.ts";
import type { FileToSend } from "./upload-queue.ts";

interface PutOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (sent: number) => void;
}

/** Stores one file. By XMLHttpRequest, since fetch tells nothing of what it has sent. */
export function putFile(
  { file, space, key }: FileToSend,
  { signal, onProgress }: PutOptions,
): Promise<{ readonly note: string | null }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", spacePath(space, "keys", key));
    request.setRequestHeader("x-gstore-session-key", sessionKey.get());
    request.setRequestHeader("x-gstore-modified", new Date(file.lastModified).toISOString());
    request.setRequestHeader("content-type", file.type === "" ? "application/octet-stream" : file.type);
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    request.addEventListener("load", () => {
      if (request.status < 400) return resolve({ note: null });
      const error = apiError(recordOf(request.responseText), request.status);
      // Stored here all the same, and the copies are still being made.
      if (error.code === "COPIES_NOT_REACHED") resolve({ note: "stored; copies are still being made" });
      else reject(error);
    });
    request.addEventListener("error", () => reject(offline()));
    signal.addEventListener("abort", () => {
      request.abort();
      reject(signal.reason);
    });
    request.send(file);
  });
}

function recordOf(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}
