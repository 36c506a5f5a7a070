import type { ErrorRecord } from "@gstore/gateway/client";

/** What the node answered instead, or that it did not answer (`OFFLINE`). Its message is for people. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly isRetryable: boolean;

  constructor({ code, message, retryable }: Omit<ErrorRecord, "fields">, status: number) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.isRetryable = retryable;
  }
}

export function offline(): ApiError {
  const message = "The node doesn't answer. It may have been stopped; this page goes on when it is back.";
  return new ApiError({ code: "OFFLINE", message, retryable: true }, 0);
}

const SESSION_KEY = "gstore.session-key";

/** The key of the session that the cookie is of: kept where pages of another port can't read it, as they could the cookie. */
export const sessionKey = {
  get: (): string => localStorage.getItem(SESSION_KEY) ?? "",
  set: (key: string): void => localStorage.setItem(SESSION_KEY, key),
  clear: (): void => localStorage.removeItem(SESSION_KEY),
};

/** Fired on `window` when an answer shows that nobody is signed in any more. */
export const SIGNED_OUT = "gstore-signed-out";

export interface Ask {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Goes as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** One request; rejects with `ApiError` for every answer that is none of success. */
export async function send(
  path: string,
  { method = "GET", body, headers, query = {}, signal }: Ask = {},
): Promise<Response> {
  const all: Record<string, string> = { ...headers };
  if (method !== "GET" && method !== "HEAD") all["x-gstore-session-key"] = sessionKey.get();
  if (body !== undefined) all["content-type"] = "application/json";
  const answer = await fetch(withQuery(path, query), {
    method,
    headers: all,
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw offline();
  });
  if (!answer.ok) throw await errorOf(answer);
  return answer;
}

/** The same, its answer read as JSON. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  return (await (await send(path, options)).json()) as T;
}

/** Lines of JSON of a long job: tells of each, and resolves with the last one. */
export async function askLines<T extends { readonly type: string }>(
  path: string,
  options: Ask,
  onLine: (line: T) => void = () => {},
): Promise<T> {
  const answer = await send(path, { method: "POST", ...options });
  let [rest, last]: [string, T | undefined] = ["", undefined];
  if (answer.body === null) throw offline();
  for await (const part of textsOf(answer.body)) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text !== "")) {
      last = JSON.parse(line) as T;
      onLine(last);
    }
  }
  if (last?.type === "report") return last;
  if (last?.type === "error") throw new ApiError(last as unknown as ErrorRecord, 200);
  throw offline();
}

async function* textsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    yield decoder.decode(next.value, { stream: true });
  }
}

async function errorOf(answer: Response): Promise<ApiError> {
  const record = (await answer.json().catch(() => ({}))) as Partial<ErrorRecord>;
  return apiError(record, answer.status);
}

export function apiError(record: Partial<ErrorRecord>, status: number): ApiError {
  if (status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
  const { code = "UNKNOWN", message = `The node answered with ${status}.`, retryable = false } = record;
  return new ApiError({ code, message, retryable }, status);
}

export function withQuery(path: string, query: NonNullable<Ask["query"]>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return path;
  return `${path}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}
