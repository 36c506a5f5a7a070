import type {
  InviteRequest,
  IssuedInviteRecord,
  IssuedTokenRecord,
  LimitsRecord,
  MemberRecord,
  PeerRecord,
  PolicyRecord,
  PolicyReportRecord,
  PolicyRequest,
  StatusAnswer,
  TokenRecord,
  TokenRequestRecord,
} from "@gstore/gateway/client";
import { ask, askLines } from "./http.ts";

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

export async function listPolicies(space: string, signal?: AbortSignal): Promise<readonly PolicyRecord[]> {
  return (await ask<{ policies: PolicyRecord[] }>("/v1/policies", { query: { space }, signal })).policies;
}

type PolicyReport = { readonly type: "report" } & PolicyReportRecord;

/** Sets the policy of the keys that begin so; resolves when it holds for the files that there are too. */
export function setPolicy(request: PolicyRequest): Promise<PolicyReport> {
  return askLines("/v1/policies", { method: "PUT", body: request });
}

export function dropPolicy(space: string, prefix: string): Promise<PolicyReport> {
  return askLines("/v1/policies", { method: "DELETE", query: { space, prefix } });
}

export function setLimits(limits: LimitsRecord): Promise<LimitsRecord> {
  return ask("/v1/limits", { method: "PUT", body: limits });
}

export function makeToken(request: TokenRequestRecord): Promise<IssuedTokenRecord> {
  return ask("/v1/tokens", { method: "POST", body: request });
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
