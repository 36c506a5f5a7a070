import type { CallOptions } from "./history-client.ts";
import type { HttpChannel } from "./http-channel.ts";
import { urlOfKey } from "./key-of-url.ts";
import type { ExplainAnswer, PolicyEvent, PolicyRecord, PolicyRequest } from "./policy-wire-types.ts";
import { withQuery } from "./query.ts";

type Events = AsyncGenerator<Exclude<PolicyEvent, { type: "error" }>>;

/** The part of a node's HTTP API about policies. Every rejection is a `GstoreError`. */
export class PolicyClient {
  readonly #channel: HttpChannel;
  readonly #space: string;

  constructor(channel: HttpChannel, space: string) {
    this.#channel = channel;
    this.#space = space;
  }

  /** The space's default, then its policies by prefix. */
  async list({ signal }: CallOptions = {}): Promise<readonly PolicyRecord[]> {
    const path = withQuery("/v1/policies", { space: this.#space });
    const { policies } = await this.#channel.json<{ policies: PolicyRecord[] }>({
      method: "GET",
      path,
      signal,
    });
    return policies;
  }

  /** Sets a policy and gives it to the keys below its prefix. The last event is the report; a failure rejects. */
  set(request: Omit<PolicyRequest, "space">, { signal }: CallOptions = {}): Events {
    const body = Buffer.from(JSON.stringify({ ...request, space: this.#space }));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.job<PolicyEvent>({ method: "PUT", path: "/v1/policies", headers, body, signal });
  }

  /** Drops a policy. As {@link PolicyClient.set}. */
  remove(prefix: string, { signal }: CallOptions = {}): Events {
    const path = withQuery("/v1/policies", { space: this.#space, prefix });
    return this.#channel.job<PolicyEvent>({ method: "DELETE", path, signal });
  }

  /** Where a key's current version should be, and why there. */
  explain(key: string, { signal }: CallOptions = {}): Promise<ExplainAnswer> {
    const path = urlOfKey({ space: this.#space, key }, "placement");
    return this.#channel.json({ method: "GET", path, signal });
  }
}
