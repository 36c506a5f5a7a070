import type { HttpChannel } from "./http-channel.ts";
import type {
  InviteRecord,
  InviteRequest,
  IssuedInviteRecord,
  LeaveEvent,
  MemberRecord,
  NodeRef,
  SpaceRecord,
} from "./wire-types.ts";

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The part of a node's HTTP API about members, invitations and spaces. Every rejection is a `GstoreError`. */
export class MembershipClient {
  readonly #channel: HttpChannel;

  constructor(channel: HttpChannel) {
    this.#channel = channel;
  }

  /** Every member, the node itself included. */
  async members({ signal }: CallOptions = {}): Promise<readonly MemberRecord[]> {
    return (await this.#call<{ members: MemberRecord[] }>("GET", "/v1/members", { signal })).members;
  }

  removeMember(idOrName: string, { signal }: CallOptions = {}): Promise<NodeRef> {
    return this.#call("DELETE", `/v1/members/${encodeURIComponent(idOrName)}`, { signal });
  }

  setRole(
    { member, role }: { readonly member: string; readonly role: string },
    { signal }: CallOptions = {},
  ): Promise<MemberRecord> {
    return this.#call("PATCH", `/v1/members/${encodeURIComponent(member)}`, { signal, body: { role } });
  }

  /** States how much a member can hold, where it stands and whether it is being drained; null for what nobody said. */
  setAttributes(
    member: string,
    attributes: {
      readonly capacityBytes?: number | null;
      readonly zone?: string | null;
      readonly draining?: boolean;
    },
    { signal }: CallOptions = {},
  ): Promise<MemberRecord> {
    return this.#call("PATCH", `/v1/members/${encodeURIComponent(member)}`, { signal, body: attributes });
  }

  /** Has the node hand over what only it holds, and takes it out of its network. The last event is the report; a failure rejects. */
  leave({
    force = false,
    signal,
  }: CallOptions & { readonly force?: boolean } = {}): AsyncGenerator<
    Exclude<LeaveEvent, { type: "error" }>
  > {
    const body = Buffer.from(JSON.stringify({ force }));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.job<LeaveEvent>({ method: "POST", path: "/v1/leave", headers, body, signal });
  }

  invite(request: InviteRequest, { signal }: CallOptions = {}): Promise<IssuedInviteRecord> {
    return this.#call("POST", "/v1/invites", { signal, body: request });
  }

  /** The node's invitations that can still be redeemed. */
  async invites({ signal }: CallOptions = {}): Promise<readonly InviteRecord[]> {
    return (await this.#call<{ invites: InviteRecord[] }>("GET", "/v1/invites", { signal })).invites;
  }

  withdrawInvite(id: string, { signal }: CallOptions = {}): Promise<{ readonly id: string }> {
    return this.#call("DELETE", `/v1/invites/${encodeURIComponent(id)}`, { signal });
  }

  async spaces({ signal }: CallOptions = {}): Promise<readonly SpaceRecord[]> {
    return (await this.#call<{ spaces: SpaceRecord[] }>("GET", "/v1/spaces", { signal })).spaces;
  }

  createSpace(name: string, { signal }: CallOptions = {}): Promise<SpaceRecord> {
    return this.#call("POST", "/v1/spaces", { signal, body: { name } });
  }

  #call<T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    { signal, body }: { readonly signal: AbortSignal | undefined; readonly body?: object },
  ): Promise<T> {
    if (body === undefined) return this.#channel.json({ method, path, signal });
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { "content-type": "application/json", "content-length": bytes.length };
    return this.#channel.json({ method, path, headers, body: bytes, signal });
  }
}
