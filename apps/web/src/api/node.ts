import type {
  InviteRequest,
  IssuedInviteRecord,
  LimitsRecord,
  MemberRecord,
  PeerRecord,
  PolicyRecord,
  StatusAnswer,
  TokenRecord,
} from "@gstore/gateway/client";
import { ask } from "./http.ts";

export function readStatus(signal?: AbortSignal): Promise<StatusAnswer> {
  return ask("/v1/status", { signal });
}

export async function listMembers(signal?: AbortSignal): Promise<readonly MemberRecord[]> {
  return (await ask<{ members: MemberRecord[] }>("/v1/members", { signal })).members;
}

export async function listPeers(signal?: AbortSignal): Promise<readonly PeerRecord[]> {
  return (await ask<{ peers: PeerRecord[] }>("/v1/peers", { signal })).peers;
}

export function makeInvite(request: InviteRequest): Promise<IssuedInviteRecord> {
  return ask("/v1/invites", { method: "POST", body: request });
}

export function removeMember(id: string): Promise<unknown> {
  return ask(`/v1/members/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export async function listPolicies(signal?: AbortSignal): Promise<readonly PolicyRecord[]> {
  return (await ask<{ policies: PolicyRecord[] }>("/v1/policies", { signal })).policies;
}

export function readLimits(signal?: AbortSignal): Promise<LimitsRecord> {
  return ask("/v1/limits", { signal });
}

export async function listTokens(signal?: AbortSignal): Promise<readonly TokenRecord[]> {
  return (await ask<{ tokens: TokenRecord[] }>("/v1/tokens", { signal })).tokens;
}

export function revokeToken(id: string): Promise<unknown> {
  return ask(`/v1/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
}
