import type { MemberRecord, PeerRecord, StatusAnswer } from "@gstore/gateway/client";
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
