import {
  decodeTicket,
  evaluateMembership,
  GstoreError,
  isGstoreError,
  type Member,
  type MembershipRecord,
  type PeerId,
  parseNodeName,
  systemClock,
  type Ticket,
  throwIfAborted,
} from "@gstore/core";
import { inviteKeys, type NodeIdentity } from "@gstore/crypto";
import { requestAsStranger } from "@gstore/p2p";
import { beginMemberFolder, hasIdentity } from "./member-folder.ts";
import { decodeRedemptionAnswer, encodeRedemption } from "./membership/redemption.ts";
import { defaultName, type NodeId, refuseInitialised } from "./node-folder.ts";
import { redeemTicket, unanswered } from "./redeem-ticket.ts";

export interface JoinOptions {
  /** The node's folder; made if it is not there. */
  readonly dir: string;
  readonly ticket: string;
  /** The node's name; default: made from the machine's. */
  readonly name?: string;
  /** Puts the key file under a passphrase; without one only its mode protects it. */
  readonly passphrase?: string;
  /** As for `createNode`. */
  readonly proxy?: string;
  /** Once the ticket has been sent, its answer is waited for all the same: the ticket may be used up already. */
  readonly signal?: AbortSignal;
}

export interface JoinedNode extends NodeId {
  readonly role: string;
  /** The node that issued the ticket. */
  readonly inviter: PeerId;
  /** Addresses of that node: where to connect to first. */
  readonly addresses: readonly string[];
}

/**
 * Redeems a ticket and makes the folder of the new member. Rejects with `ALREADY_INITIALISED`, with what is wrong with
 * the ticket, with `PEER_UNREACHABLE` where the node that issued it can't be reached, with `REQUEST_REFUSED` where it
 * was used up, has expired or was withdrawn, with `ABORTED`, and where the disk refuses; then nothing is left. Where an
 * answer is lost it asks again, as the same node; if that stays without an answer it rejects with `CONNECTION_LOST`, and
 * leaves the identity in the folder, so that the same call made again is again that node.
 */
export async function joinNetwork(options: JoinOptions): Promise<JoinedNode> {
  const { dir, passphrase, signal } = options;
  await refuseInitialised(dir);
  const ticket = decodeTicket(options.ticket);
  // Who was cut off may have taken its use before: its issuer knows.
  const isLate = ticket.expiresMs !== null && systemClock.now() > ticket.expiresMs;
  if (isLate && !(await hasIdentity(dir))) {
    throw new GstoreError("REQUEST_REFUSED", "The ticket has expired. Ask for another one.");
  }
  const givenName = options.name === undefined ? undefined : parseNodeName(options.name);
  throwIfAborted(signal);
  const folder = await beginMemberFolder(dir, { passphrase });
  const { peerId } = folder.identity;
  const name = givenName ?? defaultName(peerId);
  let records: MembershipRecord[];
  let member: Member;
  try {
    records = await redeem(ticket, folder.identity, { name, signal, proxy: options.proxy });
    member = admittedBy(records, ticket, peerId);
  } catch (error) {
    // Who was admitted without hearing of it has to come back as the same node.
    if (!isGstoreError(error, "CONNECTION_LOST")) await folder.giveUp();
    throw error;
  }
  await folder.admitted(records);
  const { network, issuer: inviter, addresses } = ticket;
  // Who was cut off after its admission keeps the name of that.
  const { name: admittedName, role } = member;
  return { id: peerId, name: admittedName, network, networkFile: null, role, inviter, addresses };
}

async function redeem(
  { addresses, issuer: peer, secret, network }: Ticket,
  identity: NodeIdentity,
  {
    name,
    signal,
    proxy,
  }: {
    readonly name: string;
    readonly signal: AbortSignal | undefined;
    readonly proxy: string | undefined;
  },
): Promise<MembershipRecord[]> {
  const newcomer = { agreementKey: identity.agreementPublicKey, name };
  let wasSent = false;
  const ask = async (address: string): Promise<Uint8Array> => {
    throwIfAborted(signal);
    const dialling = new AbortController();
    const abort = (): void => dialling.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    const message = (binding: Uint8Array): Uint8Array => {
      // From here on the ticket may be used up, and then the answer is what makes this node a member.
      signal?.removeEventListener("abort", abort);
      wasSent = true;
      return encodeRedemption(inviteKeys(secret, network), binding, newcomer);
    };
    const request = requestAsStranger({ identity, address, peer, message, signal: dialling.signal, proxy });
    return await request.finally(() => signal?.removeEventListener("abort", abort));
  };
  try {
    return decodeRedemptionAnswer(await redeemTicket(addresses, ask, signal === undefined ? {} : { signal }));
  } catch (error) {
    throw wasSent && signal?.aborted && !isGstoreError(error, "REQUEST_REFUSED") ? unanswered(error) : error;
  }
}

function admittedBy(records: readonly MembershipRecord[], ticket: Ticket, self: PeerId): Member {
  const member = evaluateMembership(records, ticket.network).members.get(self);
  if (member !== undefined) return member;
  throw new GstoreError(
    "CERTIFICATE_INVALID",
    "The node that issued the ticket sent a log that does not admit this one.",
  );
}
