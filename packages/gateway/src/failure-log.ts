import type { ErrorRecord } from "./wire-types.ts";

const REMEMBERED_MAX = 256;
const REQUEST_ID_LENGTH_MAX = 64;

/**
 * Why the last downloads broke off half-way. A broken-off answer can't say so itself: HTTP has no place for an error
 * behind the first byte that every client would notice, so the client asks again by its own request id.
 */
export class FailureLog {
  readonly #records = new Map<string, ErrorRecord>();

  /** Keeps the error for the client that called its request `requestId`. Requests without an id leave nothing. */
  remember(requestId: unknown, error: ErrorRecord): void {
    if (typeof requestId !== "string" || requestId === "" || requestId.length > REQUEST_ID_LENGTH_MAX) return;
    const [oldest] = this.#records.keys();
    if (this.#records.size >= REMEMBERED_MAX && oldest !== undefined) this.#records.delete(oldest);
    this.#records.set(requestId, error);
  }

  /** The error of that request, once. */
  take(requestId: string): ErrorRecord | undefined {
    const record = this.#records.get(requestId);
    this.#records.delete(requestId);
    return record;
  }
}
