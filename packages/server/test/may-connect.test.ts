import {
  evaluateMembership,
  GstoreError,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
} from "@gstore/core";
import { generateIdentity, issueRecord, type NodeIdentity, type RecordSigner } from "@gstore/crypto";
import { SeededRandom } from "@gstore/testing";
import { expect, test } from "vitest";
import { assertMayConnect } from "../src/membership/may-connect.ts";
import { TestLog } from "./support/test-log.ts";

const random = new SeededRandom("may connect");
const { root, base } = new TestLog(random);
const [ada, mia, pia, guest] = [1, 2, 3, 4].map(() => generateIdentity(random)) as [
  NodeIdentity,
  NodeIdentity,
  NodeIdentity,
  NodeIdentity,
];

const stateOf = (...records: MembershipRecord[]): MembershipState =>
  evaluateMembership([...base, ...records], root.networkId);

function by(
  signer: RecordSigner,
  operation: MembershipOperation,
  after: readonly MembershipRecord[],
): MembershipRecord {
  const parents = after.map(({ id }) => id);
  return issueRecord({ signer, networkId: root.networkId, parents, operation, timeMs: 0 });
}

function admit(
  { peerId: member, agreementPublicKey: agreementKey }: NodeIdentity,
  name: string,
  role: "admin" | "writer" = "admin",
): MembershipOperation {
  return { op: "admit", member, agreementKey, role, name, spaces: null };
}

const remove = ({ peerId }: NodeIdentity) => ({ op: "remove", member: peerId, cut: [] }) as const;

const first = by(root, admit(ada, "ada"), base.slice(-1));
const second = by(ada, admit(mia, "mia"), [first]);
const known = [first, second];
const chainOfMia = [second, first];

function answer(state: MembershipState, who: NodeIdentity, chain: readonly MembershipRecord[]): string {
  try {
    assertMayConnect(state, who.peerId, chain);
    return "may";
  } catch (error) {
    if (error instanceof GstoreError) return error.code;
    throw error;
  }
}

test("a member may connect, and one that was removed may not", () => {
  expect(answer(stateOf(...known), mia, chainOfMia)).toBe("may");
  const removal = by(ada, remove(mia), [second]);
  expect(answer(stateOf(...known, removal), mia, chainOfMia)).toBe("NOT_A_MEMBER");
});

test("one that is not known may, whose admission is by an admin, or by somebody who is not known either", () => {
  const admission = by(mia, admit(guest, "guest"), [second]);
  expect(answer(stateOf(...known), guest, [admission, ...chainOfMia])).toBe("may");
  expect(answer(stateOf(first), guest, [admission, ...chainOfMia])).toBe("may");
});

test("one may not, whose admission is by somebody who was removed or demoted", () => {
  const backdated = by(mia, admit(guest, "guest"), [second]);
  const chain = [backdated, ...chainOfMia];
  const removal = by(ada, remove(mia), [second]);
  const change = { op: "changeRole", member: mia.peerId, role: "writer", spaces: null, cut: [] } as const;
  expect(answer(stateOf(...known, removal), guest, chain)).toBe("NOT_A_MEMBER");
  expect(answer(stateOf(...known, by(ada, change, [second])), guest, chain)).toBe("NOT_A_MEMBER");
});

test("nor one that stands on such an admission, however long its chain is", () => {
  const puppet = by(mia, admit(pia, "puppet"), [second]);
  const admission = by(pia, admit(guest, "guest"), [puppet]);
  const removal = by(ada, remove(mia), [second]);
  expect(answer(stateOf(...known, removal), guest, [admission, puppet, ...chainOfMia])).toBe("NOT_A_MEMBER");
});

test("but one may, whose admission is by an admin that was itself admitted by somebody removed since", () => {
  const honest = by(mia, admit(pia, "pia"), [second]);
  const removal = by(ada, remove(mia), [honest]);
  const admission = by(pia, admit(guest, "guest"), [removal]);
  const state = stateOf(...known, honest, removal);
  expect(answer(state, guest, [admission, honest, ...chainOfMia])).toBe("may");
});

test("an admission that is known not to count is none, though its issuer is an admin again", () => {
  const backdated = by(mia, admit(guest, "guest"), [second]);
  const removal = by(ada, remove(mia), [second]);
  const again = by(ada, admit(mia, "mia"), [removal]);
  const state = stateOf(...known, backdated, removal, again);
  expect(state.members.get(mia.peerId)?.role).toBe("admin");
  expect(answer(state, guest, [backdated, again, first])).toBe("NOT_A_MEMBER");
});
