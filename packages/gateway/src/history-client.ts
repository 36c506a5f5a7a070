import type { HttpChannel } from "./http-channel.ts";
import { urlOfKey } from "./key-of-url.ts";
import { withQuery } from "./query.ts";
import type { VersionRecord, VersionsAnswer } from "./wire-types.ts";

/** Versions in one page, docs/spec/http.md. */
const PAGE_MAX = 100;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The part of a node's HTTP API about what the keys of one space held before. Every rejection is a `GstoreError`. */
export class HistoryClient {
  readonly #channel: HttpChannel;
  readonly #space: string;

  constructor(channel: HttpChannel, space: string) {
    this.#channel = channel;
    this.#space = space;
  }

  /** One page of a key's versions, newest first. */
  versionsPage(
    key: string,
    { signal, ...query }: CallOptions & { after?: string; limit?: number } = {},
  ): Promise<VersionsAnswer> {
    const path = withQuery(urlOfKey({ space: this.#space, key }, "versions"), query);
    return this.#channel.json({ method: "GET", path, signal });
  }

  /** All versions of a key or the newest so many, newest first, read page by page. */
  async *versions(
    key: string,
    { signal, limit = Number.POSITIVE_INFINITY }: CallOptions & { limit?: number } = {},
  ): AsyncGenerator<VersionRecord> {
    let left = limit;
    for (let after: string | null = ""; after !== null && left > 0; ) {
      const query = { ...(after !== "" && { after }), ...(left < PAGE_MAX && { limit: left }) };
      const page: VersionsAnswer = await this.versionsPage(key, { signal, ...query });
      yield* page.items;
      left -= page.items.length;
      after = page.next;
    }
  }
}
