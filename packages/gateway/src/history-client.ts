import type { HttpChannel } from "./http-channel.ts";
import { urlOfKey, urlOfKeys } from "./key-of-url.ts";
import type { PurgeRecord } from "./purge-wire-types.ts";
import { withQuery } from "./query.ts";
import type {
  ConflictRecord,
  ConflictsAnswer,
  RecentAnswer,
  RestoreAnswer,
  StoreAnswer,
  VersionRecord,
  VersionRequest,
  VersionsAnswer,
} from "./wire-types.ts";

/** Versions in one page, docs/spec/http.md. */
const PAGE_MAX = 100;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface RestoreOptions extends CallOptions {
  readonly wait?: "local" | "min" | "all";
  /** How long to wait for copies, such as `30s`. */
  readonly timeout?: string;
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

  /** Makes a new version with what an older one holds. Resolves when the node has it synced, on as many nodes as asked. */
  async restore(key: string, version: string, options: RestoreOptions = {}): Promise<StoreAnswer> {
    const { op: _op, ...stored } = await this.#make(key, { restore: version }, options);
    return stored as StoreAnswer;
  }

  /** Settles a conflict in favour of one of the versions that contend. */
  resolve(key: string, version: string, options: RestoreOptions = {}): Promise<RestoreAnswer> {
    return this.#make(key, { resolve: version }, options);
  }

  /** Destroys a key with all that it held on every member; `timeout`, such as `30s`, is how long they are waited for. */
  purge(key: string, { signal, timeout }: CallOptions & { timeout?: string } = {}): Promise<PurgeRecord> {
    const path = withQuery(urlOfKey({ space: this.#space, key }, "versions"), { timeout });
    return this.#channel.json({ method: "DELETE", path, signal });
  }

  /** One page of the keys with a prefix that are in conflict. */
  conflictsPage(
    prefix: string,
    { signal, ...query }: CallOptions & { after?: string; limit?: number } = {},
  ): Promise<ConflictsAnswer> {
    const path = withQuery(urlOfKeys(this.#space, "conflicts"), {
      prefix: prefix === "" ? undefined : prefix,
      ...query,
    });
    return this.#channel.json({ method: "GET", path, signal });
  }

  /** One page of what was written last to keys with a prefix; with `removed` of those that are removed now. */
  recentPage(
    prefix: string,
    { signal, removed, ...query }: CallOptions & { removed?: boolean; before?: string; limit?: number } = {},
  ): Promise<RecentAnswer> {
    const path = withQuery(urlOfKeys(this.#space, "recent"), {
      prefix: prefix === "" ? undefined : prefix,
      removed: removed === undefined ? undefined : String(removed),
      ...query,
    });
    return this.#channel.json({ method: "GET", path, signal });
  }

  /** All keys with a prefix that are in conflict, in order, read page by page. */
  async *conflicts(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<ConflictRecord> {
    for (let after: string | null = ""; after !== null; ) {
      const query = after === "" ? {} : { after };
      const page: ConflictsAnswer = await this.conflictsPage(prefix, { signal, ...query });
      yield* page.items;
      after = page.next;
    }
  }

  /** Has another key of the space hold what a key holds, or moves it there. `isNew`: only where nothing is at that key (`ALREADY_EXISTS`). */
  copy(
    what: "copy" | "move",
    keys: { readonly from: string; readonly to: string },
    { isNew = false, signal }: CallOptions & { readonly isNew?: boolean } = {},
  ): Promise<StoreAnswer> {
    const path = `/v1/spaces/${encodeURIComponent(this.#space)}/${what}`;
    const body = Buffer.from(JSON.stringify(keys));
    const condition: Record<string, string> = isNew ? { "if-none-match": "*" } : {};
    const headers = { "content-type": "application/json", "content-length": body.length, ...condition };
    return this.#channel.json({ method: "POST", path, headers, body, signal });
  }

  #make(
    key: string,
    request: VersionRequest,
    { wait, timeout, signal }: RestoreOptions,
  ): Promise<RestoreAnswer> {
    const path = withQuery(urlOfKey({ space: this.#space, key }, "versions"), { wait, timeout });
    const body = Buffer.from(JSON.stringify(request));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.json({ method: "POST", path, headers, body, signal });
  }
}
