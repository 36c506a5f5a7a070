import {
  type CborValue,
  decodeCbor,
  decodeMembershipRecord,
  encodeCbor,
  FieldReader,
  GstoreError,
  ID_BYTES,
  isGstoreError,
  MESSAGE_BYTES_MAX,
  type MembershipRecord,
  NODE_NAME_BYTES_MAX,
  type PeerId,
  parseNodeName,
} from "@gstore/core";
import { isInviteProof, proveInvite } from "@gstore/crypto";
import type { Administration } from "./administration.ts";
import { type Invites, usedUp } from "./invites.ts";
import type { Members } from "./members.ts";

/** The format version of redemptions, docs/spec/tickets.md. */
export const REDEMPTION_VERSION = 1;
const REDEMPTION_BYTES_MAX = 1024;
const INVITE_ID_BYTES = 16;
const PROOF_BYTES = 32;

/** What a newcomer says of itself; its PeerId is proved by TLS. */
export interface Newcomer {
  readonly agreementKey: Uint8Array;
  readonly name: string;
}

/** The message that redeems an invitation over one TLS session. */
export function encodeRedemption(
  keys: { readonly id: Uint8Array; readonly proofKey: Uint8Array },
  binding: Uint8Array,
  { agreementKey, name }: Newcomer,
): Uint8Array {
  const request = encodeCbor([REDEMPTION_VERSION, keys.id, agreementKey, name]);
  return encodeCbor([REDEMPTION_VERSION, request, proveInvite(keys.proofKey, binding, request)]);
}

/** The membership log that answers a redemption. */
export function decodeRedemptionAnswer(bytes: Uint8Array): MembershipRecord[] {
  const what = "The answer to a ticket";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: MESSAGE_BYTES_MAX, what }), what, 2);
  fields.version(REDEMPTION_VERSION);
  return fields.array("records", { min: 1, max: 16_384 }).map((record: CborValue) => {
    if (record instanceof Uint8Array) return decodeMembershipRecord(record);
    throw new GstoreError("INVALID_FORMAT", `${what} holds something that is no record.`);
  });
}

export interface RedemptionOptions {
  readonly invites: Invites;
  readonly administration: Administration;
  readonly members: Members;
}

/**
 * Answers a stranger's redemption: checks the proof, takes one use durably, admits, and answers with the membership log.
 * Who took a use and never got the answer asks again, as the same node: no other use is taken. Rejects with
 * `REQUEST_REFUSED` for whatever is wrong with the ticket, the same for a wrong proof and an unknown one, and with
 * `TIMEOUT` where the use was taken and this node failed or was stopped before the admission was done.
 */
export async function redeem(
  { invites, administration, members }: RedemptionOptions,
  from: PeerId,
  message: Uint8Array,
  binding: Uint8Array,
): Promise<Uint8Array> {
  const { id, agreementKey, name, proof, request } = decodeRedemption(message);
  const keys = invites.keysOf(id);
  if (keys === undefined || !isInviteProof(proof, keys.proofKey, binding, request)) throw usedUp();
  // A removal is not undone by asking again, whatever the ticket has left.
  if (members.isRemoved(from) && invites.isUsedBy(id, from)) throw usedUp();
  if (members.get(from) === undefined) {
    administration.assertMayAdmit();
    refuseTaken(members, name);
    const { role, spaces } = await invites.use(id, from);
    await admit({ administration, members }, { member: from, agreementKey, role, name, spaces });
  } else if (!invites.isUsedBy(id, from)) {
    throw new GstoreError("REQUEST_REFUSED", "This node is a member already.");
  }
  return encodeCbor([REDEMPTION_VERSION, members.records().map((record) => record.bytes)]);
}

interface Redemption extends Newcomer {
  /** The invitation's, in hex. */
  readonly id: string;
  readonly proof: Uint8Array;
  /** What the proof is about. */
  readonly request: Uint8Array;
}

function decodeRedemption(message: Uint8Array): Redemption {
  const what = "A redemption";
  const outer = new FieldReader(decodeCbor(message, { bytesMax: REDEMPTION_BYTES_MAX, what }), what, 3);
  outer.version(REDEMPTION_VERSION);
  const request = outer.bytes("request", { max: REDEMPTION_BYTES_MAX });
  const proof = outer.bytes("proof", PROOF_BYTES);
  const fields = new FieldReader(decodeCbor(request, { bytesMax: REDEMPTION_BYTES_MAX, what }), what, 4);
  fields.version(REDEMPTION_VERSION);
  const id = Buffer.from(fields.bytes("invite", INVITE_ID_BYTES)).toString("hex");
  const agreementKey = fields.bytes("agreementKey", ID_BYTES.publicKey);
  return { id, agreementKey, name: parseNodeName(fields.text("name", NODE_NAME_BYTES_MAX)), proof, request };
}

/** Of two requests of one node at once the second finds it admitted by the first. */
async function admit(
  { administration, members }: Pick<RedemptionOptions, "administration" | "members">,
  member: Parameters<Administration["admit"]>[0],
): Promise<void> {
  try {
    await administration.admit(member);
  } catch (cause) {
    if (isGstoreError(cause, "ALREADY_EXISTS") && members.get(member.member) !== undefined) return;
    refuseTaken(members, member.name);
    // The use is counted. A refusal would make the newcomer throw away the identity that it belongs to.
    const message = "The node could not finish what it began. Run the same command again in a while.";
    throw new GstoreError("TIMEOUT", message, { cause, retryable: true });
  }
}

/** Said before a use is taken: who redeems a valid ticket may know it, and can try again under another name. */
function refuseTaken(members: Members, name: string): void {
  if (!members.all().some((member) => member.name === name)) return;
  throw new GstoreError(
    "REQUEST_REFUSED",
    `There is a member named ${name} already. Join with another --name.`,
  );
}
