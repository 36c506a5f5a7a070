import { ApiError, send } from "../api/http.ts";
import type { Begun } from "./put-file.ts";
import { type SendOptions, sendBody } from "./send-body.ts";

const TUS = { "tus-resumable": "1.0.0" };
/** How long (ms) is waited for a node that doesn't answer before it is asked again, one after the other. */
const RETRIES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];

interface Piecewise {
  readonly file: File;
  readonly space: string;
  readonly key: string;
  readonly type: string;
  readonly modified: string;
}

/** Sends a file by the tus protocol: goes on where the node has it when the line breaks, and when it is called again. */
export async function sendInPieces(
  given: Piecewise,
  options: SendOptions & { readonly begun: Begun },
): Promise<void> {
  const { signal, begun } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      await sendRest(given, options);
      return;
    } catch (error) {
      signal.throwIfAborted();
      // What the node has given up meanwhile begins anew.
      const isGone =
        error instanceof ApiError && (error.status === 404 || error.status === 410) && begun.url !== null;
      if (isGone) begun.url = null;
      const waitMs = RETRIES_MS[attempt];
      const isWorthIt = isGone || (error instanceof ApiError && error.code === "OFFLINE");
      if (!isWorthIt || waitMs === undefined) throw error;
      await wait(waitMs, signal);
    }
  }
}

async function sendRest(
  given: Piecewise,
  { signal, onProgress, begun }: SendOptions & { readonly begun: Begun },
): Promise<void> {
  const { file } = given;
  begun.url ??= await begin(given, signal);
  const answer = await send(begun.url, { method: "HEAD", headers: TUS, signal });
  const offset = Number(answer.headers.get("upload-offset") ?? 0);
  onProgress(offset);
  // Whole already: only the answer got lost.
  if (offset >= file.size) return;
  const headers = {
    ...TUS,
    "upload-offset": String(offset),
    "content-type": "application/offset+octet-stream",
  };
  await sendBody("PATCH", begun.url, headers, file.slice(offset), {
    signal,
    onProgress: (sent) => onProgress(offset + sent),
  });
}

async function begin({ file, space, key, type, modified }: Piecewise, signal: AbortSignal): Promise<string> {
  const metadata = Object.entries({ key, space, filetype: type, modified })
    .map(([name, value]) => `${name} ${base64(value)}`)
    .join(",");
  const headers = { ...TUS, "upload-length": String(file.size), "upload-metadata": metadata };
  const location = (await send("/v1/uploads", { method: "POST", headers, signal })).headers.get("location");
  if (location === null) throw new Error("The node did not say where the upload goes.");
  return new URL(location, window.location.href).pathname;
}

/** Has the node give up what has come of an upload. */
export async function giveUp({ url }: Begun): Promise<void> {
  if (url !== null) await send(url, { method: "DELETE", headers: TUS });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
