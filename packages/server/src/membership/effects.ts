import { isGstoreError, type PeerId } from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { encodePushMembers } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import type { NodeParts } from "../node-parts.ts";
import { within } from "../within.ts";
import { heldSpaces } from "./administration.ts";
import type { MembershipChange } from "./members.ts";

/** Records in one message to a peer, well below the bytes of one. */
const RECORDS_PER_PUSH = 128;
/** A removed peer is given this long (ms) to hear of it before its connections are closed. */
const LAST_WORD_MS = 500;
/** Who adds records waits at most this long (ms) for the names that they concern. */
const LOOK_AGAIN_WAIT_MS = 2000;
/** Several admins that see the same thing to do wait differently long (ms), so that one does it. */
const DUTIES_DELAY_MS = { least: 500, spread: 2500 };

/** What follows from news of the membership log: tell the others, drop who was removed, use new keys, look again at what counts. */
export async function takeEffect(
  parts: NodeParts,
  identity: NodeIdentity,
  change: MembershipChange,
): Promise<void> {
  const { spaces, logger } = parts;
  tellPeers(parts, change);
  const isMore = spaces.update(heldSpaces({ members: parts.members, identity, rootKey: parts.rootKey }));
  const looking = lookAgain(parts, { authors: authorsWithOtherRights(change), isMore });
  // As a rule that is a moment. Where there are a million keys, news of members must not wait for them.
  await within(parts.clock, LOOK_AGAIN_WAIT_MS, looking);
  // With the members the placement changed: this node may be the one to hold what another held.
  if (placementChanged(change)) parts.replication.catchUp.poke({ all: true });
  doDutiesLater(parts, logger);
}

/** Looks again at the names that may show something else now. Never rejects: what is left is gone on with at the next start. */
async function lookAgain(
  { names, logger, stopping }: NodeParts,
  { authors, isMore }: { authors: readonly PeerId[]; isMore: boolean },
): Promise<void> {
  try {
    await names.recheck(authors);
    if (isMore) await names.keysCame();
  } catch (error) {
    if (!stopping.aborted) logger.error({ error: String(error) }, "names could not be looked at again");
  }
}

/** Does an admin's duties a moment later, if they are still to be done then. */
export function doDutiesLater({ administration, clock, random, stopping }: NodeParts, logger: Logger): void {
  clock.after(DUTIES_DELAY_MS.least + random.below(DUTIES_DELAY_MS.spread), () => {
    if (stopping.aborted) return;
    administration
      .doDuties()
      .catch((error: unknown) => logger.warn({ error: String(error) }, "an admin's duty failed"));
  });
}

function tellPeers(
  { network, members, clock, logger }: NodeParts,
  { before, fresh }: MembershipChange,
): void {
  for (const { peer } of network.peers()) {
    const told = pushTo(peer);
    // Who has only just come is not known yet. Who was a member may be none without a removal: its admission fell.
    const wasKnown = before.members.has(peer) || members.isRemoved(peer);
    if (members.get(peer) !== undefined || !wasKnown) continue;
    const drop = () => network.disconnect(peer).catch(() => {});
    const cancel = clock.after(LAST_WORD_MS, drop);
    void told.finally(() => {
      cancel();
      void drop();
    });
  }
  async function pushTo(peer: PeerId): Promise<void> {
    for (let at = 0; at < fresh.length; at += RECORDS_PER_PUSH) {
      const records = fresh.slice(at, at + RECORDS_PER_PUSH).map(({ bytes }) => bytes);
      try {
        await network.request(peer, "membership", encodePushMembers(records));
      } catch (error) {
        logger.debug({ peer, error: String(error) }, "a peer could not be told of membership records");
        // It did not keep some of these; the next may matter all the more.
        if (!isGstoreError(error, "REQUEST_REFUSED")) return;
      }
    }
  }
}

/** Whether members, capacities, zones or policies are others than before, by which versions are placed. */
function placementChanged({ before, after }: MembershipChange): boolean {
  const saidIn = ({ members, spaces }: MembershipChange["after"]): string => {
    const placing = [...members.values()].map(({ peer, spaces: own, capacityBytes, zone, isDraining }) =>
      [peer, own?.join() ?? "all", capacityBytes, zone, isDraining].join(" "),
    );
    const policies = [...spaces.values()].flatMap((space) =>
      [...space.policies.values()].map(({ record }) => record),
    );
    return [...placing.sort(), ...policies.sort()].join("\n");
  };
  return saidIn(before) !== saidIn(after);
}

/** Members whose entries may count otherwise than before. */
function authorsWithOtherRights({ before, after }: MembershipChange): PeerId[] {
  const peers = new Set([
    ...before.members.keys(),
    ...before.removed.keys(),
    ...after.members.keys(),
    ...after.removed.keys(),
  ]);
  const rightsIn = (state: MembershipChange["after"], peer: PeerId): string => {
    const member = state.members.get(peer);
    const removals = state.removed.get(peer)?.removals.map(({ record }) => record) ?? [];
    return `${member?.role} ${member?.spaces?.join()} ${removals.join()}`;
  };
  // Whoever was not known has no entries here.
  const wasKnown = (peer: PeerId) => before.members.has(peer) || before.removed.has(peer);
  return [...peers].filter((peer) => wasKnown(peer) && rightsIn(before, peer) !== rightsIn(after, peer));
}
