import type { CallOptions } from "./history-client.ts";
import type { HttpChannel } from "./http-channel.ts";
import type { DropEvent, PinEvent, PinRecord } from "./pins-wire-types.ts";
import { withQuery } from "./query.ts";
import type { FolderUsageEvent, FolderUsageRequest, UsageEvent } from "./usage-wire-types.ts";

type Jobs<Event extends { readonly type: string }> = AsyncGenerator<Exclude<Event, { type: "error" }>>;

/** The part of a node's HTTP API about what it stores, and what it keeps for its own user. Every rejection is a `GstoreError`. */
export class UsageClient {
  readonly #channel: HttpChannel;
  readonly #space: string;

  constructor(channel: HttpChannel, space: string) {
    this.#channel = channel;
    this.#space = space;
  }

  /** What the node's store is used for. The last event is the report; a failure rejects. */
  usage({ signal }: CallOptions = {}): Jobs<UsageEvent> {
    return this.#channel.job<UsageEvent>({ method: "POST", path: "/v1/usage", signal });
  }

  /** What the files below a prefix take, by folder. The last event is the sum of all; a failure rejects. */
  du(request: Omit<FolderUsageRequest, "space"> = {}, { signal }: CallOptions = {}): Jobs<FolderUsageEvent> {
    return this.#channel.job<FolderUsageEvent>({
      ...{ method: "POST", path: "/v1/du", signal },
      ...jsonOf({ ...request, space: this.#space }),
    });
  }

  /** What is pinned on the node, in all spaces. */
  async pins({ signal }: CallOptions = {}): Promise<readonly PinRecord[]> {
    const answer = await this.#channel.json<{ pins: PinRecord[] }>({
      ...{ method: "GET", path: "/v1/pins", signal },
    });
    return answer.pins;
  }

  /** Has the node keep a key, or all below a prefix that ends in `/` or is empty. The last event is the report; a failure rejects. */
  pin(prefix: string, { signal }: CallOptions = {}): Jobs<PinEvent> {
    return this.#channel.job<PinEvent>({
      ...{ method: "PUT", path: "/v1/pins", signal },
      ...jsonOf({ space: this.#space, prefix }),
    });
  }

  /** Takes pins away, and gives up what they kept. As {@link UsageClient.pin}. */
  drop(prefix: string, { signal }: CallOptions = {}): Jobs<DropEvent> {
    const path = withQuery("/v1/pins", { space: this.#space, prefix });
    return this.#channel.job<DropEvent>({ method: "DELETE", path, signal });
  }
}

function jsonOf(value: object): {
  readonly body: Uint8Array;
  readonly headers: Record<string, string | number>;
} {
  const body = Buffer.from(JSON.stringify(value));
  return { body, headers: { "content-type": "application/json", "content-length": body.length } };
}
