import type { HttpChannel } from "./http-channel.ts";
import type { BootstrapRecord, PeerRecord, PingRecord } from "./peers-wire-types.ts";
import type { NodeRef } from "./wire-types.ts";

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The part of a node's HTTP API about other nodes and the ways to them. Every rejection is a `GstoreError`. */
export class PeersClient {
  readonly #channel: HttpChannel;

  constructor(channel: HttpChannel) {
    this.#channel = channel;
  }

  /** Every other member, connected or not. */
  async all({ signal }: CallOptions = {}): Promise<readonly PeerRecord[]> {
    return (await this.#call<{ peers: PeerRecord[] }>("GET", "/v1/peers", { signal })).peers;
  }

  /** Makes the node dial a member at a multiaddr. */
  connect(address: string, { signal }: CallOptions = {}): Promise<NodeRef> {
    return this.#call("POST", "/v1/connect", { signal, body: { address } });
  }

  /** Measures the round trip from the node to a member by id or name. */
  ping(member: string, { signal }: CallOptions = {}): Promise<PingRecord> {
    return this.#call("POST", "/v1/ping", { signal, body: { member } });
  }

  /** Addresses that the node stays connected to until it stops. */
  async bootstrap({ signal }: CallOptions = {}): Promise<readonly BootstrapRecord[]> {
    return (await this.#call<BootstrapAnswer>("GET", "/v1/bootstrap", { signal })).bootstrap;
  }

  async addBootstrap(address: string, { signal }: CallOptions = {}): Promise<readonly BootstrapRecord[]> {
    const body = { address };
    return (await this.#call<BootstrapAnswer>("POST", "/v1/bootstrap", { signal, body })).bootstrap;
  }

  async removeBootstrap(address: string, { signal }: CallOptions = {}): Promise<readonly BootstrapRecord[]> {
    const body = { address };
    return (await this.#call<BootstrapAnswer>("DELETE", "/v1/bootstrap", { signal, body })).bootstrap;
  }

  #call<T>(
    method: "GET" | "POST" | "DELETE",
    path: string,
    { signal, body }: { readonly signal: AbortSignal | undefined; readonly body?: object },
  ): Promise<T> {
    if (body === undefined) return this.#channel.json({ method, path, signal });
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { "content-type": "application/json", "content-length": bytes.length };
    return this.#channel.json({ method, path, headers, body: bytes, signal });
  }
}

interface BootstrapAnswer {
  readonly bootstrap: readonly BootstrapRecord[];
}
