import type {
  Conflict,
  FileInfo,
  InviteStatus,
  LeaveReport,
  ListItem,
  MemberStatus,
  NamedNode,
  NodeStatus,
  PeerStatus,
  PurgeReport,
  RecentVersion,
  ResolveResult,
  SpaceStatus,
  StoreResult,
  VersionInfo,
} from "@gstore/server";
import type { PeerRecord } from "./peers-wire-types.ts";
import type { PurgeRecord } from "./purge-wire-types.ts";
import { repairRecord } from "./repair-wire.ts";
import type { StatusAnswer } from "./status-wire-types.ts";
import type {
  ConflictRecord,
  FileRecord,
  InviteRecord,
  LeaveRecord,
  ListRecord,
  MemberRecord,
  NodeRef,
  RecentRecord,
  RestoreAnswer,
  SpaceRecord,
  StoreAnswer,
  VersionRecord,
} from "./wire-types.ts";

/** The server's values in the form the HTTP API sends them. */

export function nodeRef({ peer, name }: NamedNode): NodeRef {
  return { id: peer, name };
}

export function fileRecord(info: FileInfo): FileRecord {
  return {
    key: info.key,
    version: info.version,
    size: info.size,
    digest: info.digest,
    contentType: info.contentType,
    stored: rfc3339(info.storedMs),
    modified: info.modifiedMs === null ? null : rfc3339(info.modifiedMs),
    mode: info.mode === null ? null : octalMode(info.mode),
    author: nodeRef(info.author),
    metadata: info.userMetadata,
  };
}

export function listRecord(item: ListItem): ListRecord {
  return item.kind === "folder" ? { kind: "folder", key: item.key } : { kind: "file", ...fileRecord(item) };
}

export function versionRecord(info: VersionInfo): VersionRecord {
  const { key, version, op, state, storedMs, author, size, digest, isHere } = info;
  const stored = rfc3339(storedMs);
  return { key, version, op, state, stored, author: nodeRef(author), size, digest, here: isHere };
}

export function recentRecord({ lastFile, ...info }: RecentVersion): RecentRecord {
  return { ...versionRecord(info), lastFile: lastFile === null ? null : versionRecord(lastFile) };
}

export function purgeRecord({ members, ...rest }: PurgeReport): PurgeRecord {
  return { ...rest, members: members.map((member) => ({ ...nodeRef(member), state: member.state })) };
}

export function conflictRecord({ key, versions }: Conflict): ConflictRecord {
  return { key, versions: versions.map(versionRecord) };
}

export function restoreAnswer(result: ResolveResult): RestoreAnswer {
  return result.op === "put" ? { op: "put", ...storeAnswer(result) } : result;
}

export function storeAnswer(result: StoreResult): StoreAnswer {
  const { key, version, digest, size, copies, wanted, storedBytes } = result;
  return { key, version, digest, size, copies, wanted, holders: result.holders.map(nodeRef), storedBytes };
}

export function statusAnswer(status: NodeStatus): StatusAnswer {
  const { node, startedMs, role, draining, clock, safety, scrub: given, repair, discovery, ...rest } = status;
  const { lastEndedMs, ...others } = given;
  return {
    ...{ ...nodeRef(node), ...rest, role: role ?? "removed", started: rfc3339(startedMs) },
    draining: draining.map(nodeRef),
    clock: { ...clock, apart: clock.apart.map((one) => ({ ...nodeRef(one), aheadMs: one.aheadMs })) },
    scrub: { ...others, lastEnded: lastEndedMs === null ? null : rfc3339(lastEndedMs) },
    safety: safety === null ? null : { checked: rfc3339(safety.checkedMs), current: safety.current },
    repair: repairRecord(repair),
    discovery: {
      ...discovery,
      reach: { ...discovery.reach, relays: discovery.reach.relays.map(nodeRef) },
    },
  };
}

export function peerRecord({
  peer,
  name,
  role,
  connected,
  incompatible,
  connection,
}: PeerStatus): PeerRecord {
  return {
    id: peer,
    name,
    role,
    connected,
    incompatible,
    version: connection?.version ?? null,
    address: connection?.address ?? null,
    direction: connection?.direction ?? null,
    punched: connection?.punched ?? null,
    foundBy: connection?.foundBy ?? null,
    relay: connection?.relay ? nodeRef(connection.relay) : null,
    since: connection ? rfc3339(connection.connectedAtMs) : null,
    roundTripMs: connection?.roundTripMs ?? null,
    bytesSent: connection?.bytesSent ?? null,
    bytesReceived: connection?.bytesReceived ?? null,
    sentPerSecond: connection?.sentPerSecond ?? null,
    receivedPerSecond: connection?.receivedPerSecond ?? null,
  };
}

export function memberRecord(member: MemberStatus): MemberRecord {
  const { peer, name, role, spaces, isSelf, admittedMs, connected, lastSeenMs, address } = member;
  const { capacityBytes, zone, full, isDraining: draining } = member;
  const lastSeen = lastSeenMs === null ? null : rfc3339(lastSeenMs);
  const admitted = rfc3339(admittedMs);
  const rights = { id: peer, name, role, spaces, self: isSelf };
  return { ...rights, admitted, connected, lastSeen, address, capacityBytes, zone, full, draining };
}

export function leaveRecord({ id, name }: { id: string; name: string }, report: LeaveReport): LeaveRecord {
  const { handedOver, onlyHere, kept } = report;
  return { id, name, handedOver, onlyHere, kept };
}

/** Without the ticket, should there be one. */
export function inviteRecord(invite: InviteStatus): InviteRecord {
  const { id, role, spaces, expiresMs, uses, usesLeft, createdMs } = invite;
  const expires = expiresMs === null ? null : rfc3339(expiresMs);
  return { id, role, spaces, expires, uses, usesLeft, created: rfc3339(createdMs) };
}

export function spaceRecord({ id, name, keys }: SpaceStatus): SpaceRecord {
  return { id, name, keys };
}

/** A time as RFC 3339 in UTC. One outside what a date can hold becomes the nearest that is, so that no entry breaks an answer. */
export function rfc3339(ms: number): string {
  const limit = 8.64e15;
  return new Date(Math.min(Math.max(Number.isFinite(ms) ? ms : 0, -limit), limit)).toISOString();
}

/** Permission bits as four octal digits. */
export function octalMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
