import {
  decodeTicket,
  evaluateMembership,
  type MembershipOperation,
  type MembershipRecord,
  type Role,
} from "@gstore/core";
import {
  createSpaceRecords,
  generateIdentity,
  generateRootKey,
  inviteKeys,
  issueRecord,
} from "@gstore/crypto";
import { decodeRedemptionAnswer, encodeRedemption } from "@gstore/server/internals";
import { type ClockError, START_MS } from "../time/node-clock.ts";
import type { NodeFounding } from "./node-folder.ts";
import { SimulatedNode } from "./simulated-node.ts";
import type { World } from "./world.ts";

const TICKET_TIMEOUT_MS = 45_000;

/** Makes a network and its first node, an admin that holds the root key, as `initNode` does. */
export function foundNetwork(world: World, name: string, clockError: ClockError): SimulatedNode {
  const random = world.random("founding");
  const rootKey = generateRootKey(random);
  const identity = generateIdentity(random);
  const { networkId } = rootKey;
  const timeMs = START_MS;
  const records: MembershipRecord[] = [];
  const issue = (operation: MembershipOperation): void => {
    const parents = evaluateMembership(records, networkId).heads;
    records.push(issueRecord({ signer: rootKey, networkId, parents, operation, timeMs }));
  };
  const { peerId: member, agreementPublicKey: agreementKey } = identity;
  issue({ op: "admit", member, agreementKey, role: "admin", name, spaces: null });
  issue({ op: "recovery", agreementKey: rootKey.agreementPublicKey });
  const state = evaluateMembership(records, networkId);
  records.push(...createSpaceRecords({ state, signer: rootKey, timeMs, name: "main", random }).records);
  world.networkId = networkId;
  return addNode(world, foundingOf(world, { name, identity, rootKey, records }), clockError);
}

/** Lets an admin invite a new node and the new node redeem the ticket, as `gstore join` does. Rejects as that does. */
export async function joinNetwork(
  world: World,
  issuer: SimulatedNode,
  { name, role, clockError }: { name: string; role: Role; clockError: ClockError },
): Promise<SimulatedNode> {
  const identity = generateIdentity(world.random(`identity of ${name}`));
  if (issuer.running === null) throw new Error("the issuer does not run");
  const { ticket: text } = await issuer.running.node.invite({ role });
  const ticket = decodeTicket(text);
  const keys = inviteKeys(ticket.secret, ticket.network);
  const host = world.internet.hosts().find(({ peer }) => peer === ticket.issuer);
  if (host === undefined) throw new Error("the ticket names another node");
  const { agreementPublicKey: agreementKey } = identity;
  const answer = await world.internet.askAsStranger(identity.peerId, host.address, {
    message: (binding) => encodeRedemption(keys, binding, { agreementKey, name }),
    timeoutMs: TICKET_TIMEOUT_MS,
  });
  const records = decodeRedemptionAnswer(answer);
  const added = addNode(world, foundingOf(world, { name, identity, rootKey: null, records }), clockError);
  for (const address of ticket.addresses) added.bootstrap.add(address);
  return added;
}

/** Rejects a log by which the node could not show that it is a member, as `openNodeFolder` does. */
function foundingOf({ networkId }: World, given: Omit<NodeFounding, "certificate">): NodeFounding {
  const certificate = evaluateMembership(given.records, networkId).certificateOf(given.identity.peerId);
  if (certificate === undefined) throw new Error(`the log has no certificate for ${given.name}`);
  return { ...given, certificate };
}

function addNode(world: World, founding: NodeFounding, clockError: ClockError): SimulatedNode {
  const node = new SimulatedNode(world, founding, clockError);
  world.nodes.set(node.name, node);
  return node;
}
