import type { WhereisAnswer } from "./copies-wire-types.ts";
import type { CallOptions } from "./history-client.ts";
import type { HttpChannel } from "./http-channel.ts";
import { urlOfKey } from "./key-of-url.ts";
import { withQuery } from "./query.ts";

/** The part of a node's HTTP API about where copies are. Every rejection is a `GstoreError`. */
export class CopiesClient {
  readonly #channel: HttpChannel;
  readonly #space: string;

  constructor(channel: HttpChannel, space: string) {
    this.#channel = channel;
    this.#space = space;
  }

  /** Which members hold a version of a key: the current one, or the one that is named. */
  whereis(
    key: string,
    { version, signal }: CallOptions & { readonly version?: string } = {},
  ): Promise<WhereisAnswer> {
    const path = withQuery(urlOfKey({ space: this.#space, key }, "copies"), { version });
    return this.#channel.json({ method: "GET", path, signal });
  }
}
