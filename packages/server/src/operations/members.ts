import { encodeTicket, GstoreError, ROLES, type Role, type SpaceId } from "@gstore/core";
import { parsePeerAddress } from "@gstore/p2p";
import type { InviteOptions, InviteStatus, IssuedInvite, MemberStatus, SpaceStatus } from "../api.ts";
import { relayOf } from "../discovery/own-addresses.ts";
import type { Invite } from "../membership/invites.ts";
import type { NodeParts } from "../node-parts.ts";
import { isFull } from "../placement/is-full.ts";

const USES_MAX = 1000;
const TICKET_ADDRESSES_MAX = 8;

/** See `GstoreNode.members`. */
export function memberStatuses(parts: NodeParts): MemberStatus[] {
  const { members, network, spaces, sightings, clock } = parts;
  const connections = new Map(network.peers().map((connected) => [connected.peer, connected]));
  return members
    .all()
    .map(({ peer, name, role, spaces: ids, sinceMs, capacityBytes, zone, isDraining }): MemberStatus => {
      const isSelf = peer === network.self;
      const seen = isSelf ? { lastSeenMs: clock.now(), address: null } : sightings.of(peer);
      return {
        ...{ peer, name, role, isSelf, capacityBytes, zone, isDraining, full: isFull(parts, peer) },
        spaces: spaceNames(spaces, ids),
        admittedMs: sinceMs,
        connected: isSelf || connections.has(peer),
        lastSeenMs: seen?.lastSeenMs ?? null,
        address: connections.get(peer)?.address ?? seen?.address ?? null,
      };
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** See `GstoreNode.invite`. */
export async function invite(parts: NodeParts, options: InviteOptions): Promise<IssuedInvite> {
  const { members, network, invites, clock, random, networkId, administration } = parts;
  administration.assertMayAdmit();
  const role = parseRole(options.role ?? "writer");
  const uses = options.uses ?? 1;
  if (!Number.isInteger(uses) || uses < 1 || uses > USES_MAX) {
    throw new GstoreError("INVALID_ARGUMENT", `An invitation has 1 to ${USES_MAX} uses.`);
  }
  const { lifetimeMs } = options;
  if (lifetimeMs !== undefined && !(lifetimeMs > 0)) {
    throw new GstoreError("INVALID_ARGUMENT", "An invitation's lifetime is longer than nothing.");
  }
  // A newcomer would give the whole ticket up at the first address that is none.
  const given = (options.addresses ?? []).map((address) => String(parsePeerAddress(address).multiaddr));
  const expiresMs = lifetimeMs === undefined ? null : clock.now() + lifetimeMs;
  const spaces = spaceIds(parts, options.spaces);
  const made = await invites.create({ role, spaces, expiresMs, uses }, { networkId, random });
  // Relays join members only, which a newcomer is not yet.
  const own = network.addresses().filter((address) => relayOf(address) === null);
  const addresses = [...given, ...own].slice(0, TICKET_ADDRESSES_MAX);
  const issuer = members.find(network.self).peer;
  const ticket = encodeTicket({ network: networkId, issuer, addresses, secret: made.secret, expiresMs });
  return { ...statusOf(parts, made.invite), ticket };
}

/** See `GstoreNode.invites`. */
export function inviteStatuses(parts: NodeParts): InviteStatus[] {
  return parts.invites.list().map((one) => statusOf(parts, one));
}

/** See `GstoreNode.removeMember`. */
export async function removeMember(
  { members, network, administration }: NodeParts,
  idOrName: string,
): Promise<{ peer: string; name: string }> {
  const member = members.find(idOrName);
  if (member.peer === network.self) {
    throw new GstoreError("INVALID_ARGUMENT", "That is this node itself. It leaves with: gstore leave");
  }
  await administration.remove(member);
  return { peer: member.peer, name: member.name };
}

/** See `GstoreNode.setRole`. */
export async function setRole(parts: NodeParts, idOrName: string, role: string): Promise<void> {
  const member = parts.members.find(idOrName);
  await parts.administration.changeRole(member, parseRole(role), member.spaces);
}

/** See `GstoreNode.spaces`. */
export function spaceStatuses({ spaces, names }: NodeParts): SpaceStatus[] {
  return spaces
    .all()
    .map(({ id, name }): SpaceStatus => ({ id, name, keys: names.count(id) }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

export function parseRole(role: string): Role {
  if (Object.hasOwn(ROLES, role)) return role as Role;
  throw new GstoreError("INVALID_ARGUMENT", `A role is one of ${Object.keys(ROLES).join(", ")}.`);
}

function spaceIds({ spaces }: NodeParts, names: readonly string[] | undefined): SpaceId[] | null {
  return names === undefined ? null : names.map((name) => spaces.named(name).id);
}

function statusOf(
  { spaces }: NodeParts,
  { id, role, spaces: ids, expiresMs, uses, usesLeft, createdMs }: Invite,
): InviteStatus {
  return {
    id,
    role,
    spaces: spaceNames(spaces, ids),
    expiresMs,
    uses,
    usesLeft,
    createdMs,
  };
}

function spaceNames(spaces: NodeParts["spaces"], ids: readonly SpaceId[] | null): string[] | null {
  return ids === null ? null : ids.map((id) => spaces.get(id)?.name ?? id);
}
