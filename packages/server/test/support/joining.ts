import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTicket, evaluateMembership, incarnationFromBytes, type MembershipRecord } from "@gstore/core";
import { generateIdentity, inviteKeys } from "@gstore/crypto";
import { Invites } from "../../src/membership/invites.ts";
import { decodeRedemptionAnswer, encodeRedemption, redeem } from "../../src/membership/redemption.ts";
import { invite } from "../../src/operations/members.ts";
import { syncedFile } from "../../src/synced-file.ts";
import type { TestIdentity, TestNetwork, TestNode } from "./test-network.ts";

const BINDING = new Uint8Array(32).fill(7);

/** Has a node invite a newcomer, and redeems the ticket as it: what the newcomer's folder then holds. */
export async function joinBy(
  network: TestNetwork,
  inviter: TestNode,
  name: string,
  as: string | { readonly role?: string; readonly spaces?: readonly string[] } = "writer",
): Promise<TestIdentity> {
  const dir = await mkdtemp(join(tmpdir(), "gstore-invites-"));
  try {
    const parts = {
      ...inviter.parts,
      invites: await Invites.open(syncedFile(join(dir, "invites.json")), network.clock),
    };
    const { ticket } = await invite(parts, typeof as === "string" ? { role: as } : as);
    const identity = generateIdentity(network.random);
    const newcomer = { agreementKey: identity.agreementPublicKey, name };
    const message = encodeRedemption(
      inviteKeys(decodeTicket(ticket).secret, network.log.root.networkId),
      BINDING,
      newcomer,
    );
    const records = decodeRedemptionAnswer(await redeem(parts, identity.peerId, message, BINDING));
    return {
      name,
      identity,
      records,
      certificate: chainOf(network, records, identity.peerId),
      incarnation: incarnationFromBytes(network.random.bytes(8)),
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

function chainOf(
  network: TestNetwork,
  records: readonly MembershipRecord[],
  peer: TestIdentity["identity"]["peerId"],
): TestIdentity["certificate"] {
  const chain = evaluateMembership(records, network.log.root.networkId).certificateOf(peer);
  if (chain === undefined) throw new Error("the newcomer has no certificate");
  return chain;
}
