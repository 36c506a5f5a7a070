import type { HttpChannel } from "./http-channel.ts";
import type { SessionCodeRecord } from "./session-wire-types.ts";
import type {
  IssuedShareRecord,
  IssuedTokenRecord,
  ShareRecord,
  TokenRecord,
  TokenRequestRecord,
} from "./token-wire-types.ts";

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The part of a node's HTTP API about who may use it over TCP. Every rejection is a `GstoreError`. */
export class TokenClient {
  readonly #channel: HttpChannel;

  constructor(channel: HttpChannel) {
    this.#channel = channel;
  }

  async tokens({ signal }: CallOptions = {}): Promise<readonly TokenRecord[]> {
    const path = "/v1/tokens";
    return (await this.#channel.json<{ tokens: TokenRecord[] }>({ method: "GET", path, signal })).tokens;
  }

  create(request: TokenRequestRecord, { signal }: CallOptions = {}): Promise<IssuedTokenRecord> {
    const body = Buffer.from(JSON.stringify(request));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.json({ method: "POST", path: "/v1/tokens", headers, body, signal });
  }

  revoke(id: string, { signal }: CallOptions = {}): Promise<{ readonly id: string }> {
    return this.#channel.json({ method: "DELETE", path: `/v1/tokens/${encodeURIComponent(id)}`, signal });
  }

  /** A code by which one browser signs in to the page. */
  signIn(role: string, { signal }: CallOptions = {}): Promise<SessionCodeRecord> {
    const body = Buffer.from(JSON.stringify({ role }));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.json({ method: "POST", path: "/v1/sessions/codes", headers, body, signal });
  }

  async shares({ signal }: CallOptions = {}): Promise<readonly ShareRecord[]> {
    const path = "/v1/shares";
    return (await this.#channel.json<{ shares: ShareRecord[] }>({ method: "GET", path, signal })).shares;
  }

  /** Makes a link by which anybody reads the key, for `lifetime` or until it is revoked. */
  share(
    request: { readonly key: string; readonly space?: string; readonly lifetime?: string },
    { signal }: CallOptions = {},
  ): Promise<IssuedShareRecord> {
    const body = Buffer.from(JSON.stringify(request));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.json({ method: "POST", path: "/v1/shares", headers, body, signal });
  }

  revokeShare(id: string, { signal }: CallOptions = {}): Promise<{ readonly id: string }> {
    return this.#channel.json({ method: "DELETE", path: `/v1/shares/${encodeURIComponent(id)}`, signal });
  }
}
