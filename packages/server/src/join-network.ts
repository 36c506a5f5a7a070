import { decodeTicket, evaluateMembership, GstoreError, parseNodeName, systemClock } from "@gstore/core";
import { generateIdentity, inviteKeys } from "@gstore/crypto";
import { requestAsStranger } from "@gstore/p2p";
import { decodeRedemptionAnswer, encodeRedemption } from "./membership/redemption.ts";
import { defaultName, initMember, type NodeId, refuseInitialised } from "./node-folder.ts";
import { redeemTicket } from "./redeem-ticket.ts";

export interface JoinOptions {
  /** The node's folder; made if it is not there. */
  readonly dir: string;
  readonly ticket: string;
  /** The node's name; default: made from the machine's. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

export interface JoinedNode extends NodeId {
  readonly role: string;
  /** Addresses of the node that issued the ticket: where to connect to first. */
  readonly addresses: readonly string[];
}

/**
 * Redeems a ticket and makes the folder of the new member. Rejects with `ALREADY_INITIALISED`, with what is wrong with
 * the ticket, with `PEER_UNREACHABLE` where the node that issued it can't be reached, and with `REQUEST_REFUSED` where it
 * was used up, has expired or was withdrawn; then nothing was made. Where an answer is lost it asks again, as the same
 * node; if that stays without an answer it rejects with `CONNECTION_LOST`, and the ticket may be used up.
 */
export async function joinNetwork(options: JoinOptions): Promise<JoinedNode> {
  await refuseInitialised(options.dir);
  const ticket = decodeTicket(options.ticket);
  if (ticket.expiresMs !== null && systemClock.now() > ticket.expiresMs) {
    throw new GstoreError("REQUEST_REFUSED", "The ticket has expired. Ask for another one.");
  }
  const identity = generateIdentity();
  const name = options.name === undefined ? defaultName(identity.peerId) : parseNodeName(options.name);
  const agreementKey = identity.agreementPublicKey;
  const keys = inviteKeys(ticket.secret);
  const message = (binding: Uint8Array) => encodeRedemption(keys, binding, { agreementKey, name });
  const given = { ...(options.signal && { signal: options.signal }) };
  const answer = await redeemTicket(
    ticket.addresses,
    (address) => requestAsStranger({ identity, address, peer: ticket.issuer, message, ...given }),
    given,
  );
  const records = decodeRedemptionAnswer(answer);
  const member = evaluateMembership(records, ticket.network).members.get(identity.peerId);
  if (member === undefined) {
    throw new GstoreError(
      "CERTIFICATE_INVALID",
      "The node that issued the ticket sent a log that does not admit this one.",
    );
  }
  await initMember(options.dir, identity, records);
  const { addresses } = ticket;
  return {
    id: identity.peerId,
    name,
    network: ticket.network,
    networkFile: null,
    role: member.role,
    addresses,
  };
}
