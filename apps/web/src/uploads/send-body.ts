import { apiError, offline, sessionKey } from "../api/http.ts";

export interface SendOptions {
  readonly signal: AbortSignal;
  /** Bytes of this body that have gone. */
  readonly onProgress: (sent: number) => void;
}

/** One request with a file, or a part of one, as its body. By XMLHttpRequest, since fetch tells nothing of what it has sent. */
export function sendBody(
  method: "PUT" | "PATCH",
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Blob,
  { signal, onProgress }: SendOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, url);
    const all = { ...headers, "x-gstore-session-key": sessionKey.get() };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    request.addEventListener("load", () => {
      if (request.status < 400) resolve();
      else reject(apiError(recordOf(request.responseText), request.status));
    });
    request.addEventListener("error", () => reject(offline()));
    signal.addEventListener("abort", () => {
      request.abort();
      reject(signal.reason);
    });
    request.send(body);
  });
}

function recordOf(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}
