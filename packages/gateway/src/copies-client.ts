import type {
  DrainEvent,
  PlanEvent,
  PlanRequest,
  SafeEvent,
  SafeRequest,
  WhereisAnswer,
} from "./copies-wire-types.ts";
import type { CallOptions } from "./history-client.ts";
import type { HttpChannel } from "./http-channel.ts";
import { urlOfKey } from "./key-of-url.ts";
import { withQuery } from "./query.ts";

type Jobs<Event extends { readonly type: string }> = AsyncGenerator<Exclude<Event, { type: "error" }>>;

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

  /** Counts the copies of all versions, or of those below a prefix. The last event is the report; a failure rejects. */
  safe(request: SafeRequest = {}, options: CallOptions = {}): Jobs<SafeEvent> {
    return this.#job<SafeEvent>("/v1/safe", request, options);
  }

  /** What would be short or lost without some members. The last event is the report; a failure rejects. */
  plan(request: PlanRequest, options: CallOptions = {}): Jobs<PlanEvent> {
    return this.#job<PlanEvent>("/v1/plan", request, options);
  }

  /** Has the node hand over all that it holds. The last event is the report; a failure rejects. */
  drain({ signal }: CallOptions = {}): Jobs<DrainEvent> {
    return this.#channel.job<DrainEvent>({ method: "POST", path: "/v1/drain", signal });
  }

  #job<Event extends { readonly type: string }>(
    path: string,
    request: object,
    { signal }: CallOptions,
  ): Jobs<Event> {
    const body = Buffer.from(JSON.stringify(request));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.job<Event>({ method: "POST", path, headers, body, signal });
  }
}
