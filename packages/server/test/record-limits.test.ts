import {
  type Digest,
  type EntryId,
  incarnationFromBytes,
  MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX,
  MEMBERSHIP_COUNTING_RECORDS_MAX,
  MEMBERSHIP_PARENTS_MAX,
  MEMBERSHIP_RECORDS_MAX,
  MEMBERSHIP_RECORDS_PER_ISSUER_MAX,
  MEMBERSHIP_ROOT_RESERVE_RECORDS,
  MEMBERSHIP_VOID_RECORDS_MAX,
  MEMBERSHIP_VOID_RECORDS_PER_ISSUER_MAX,
  type MembershipOperation,
  type MembershipRecord,
} from "@gstore/core";
import { generateIdentity, issueRecord, type NodeIdentity, type RecordSigner } from "@gstore/crypto";
import { MemoryDiskStore, SeededRandom } from "@gstore/testing";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Members } from "../src/membership/members.ts";
import { TestLog } from "./support/test-log.ts";

// Thousands of signatures are made and checked.
vi.setConfig({ testTimeout: 120_000 });

const random = new SeededRandom("record limits");
const mallory = generateIdentity(random);
const ada = generateIdentity(random);
const guest = generateIdentity(random);

let log: TestLog;
let disk: MemoryDiskStore;
let members: Members;

beforeEach(async () => {
  log = new TestLog(random);
  disk = new MemoryDiskStore();
  members = await Members.open(disk.membership, log.root.networkId);
  await members.add(log.base);
  await members.add([
    by(log.root, admit(mallory, "mallory", "admin")),
    by(log.root, admit(ada, "ada", "admin")),
  ]);
});

function by(
  signer: RecordSigner,
  operation: MembershipOperation,
  parents: readonly Digest[] = members.heads(),
): MembershipRecord {
  return issueRecord({ signer, networkId: log.root.networkId, parents, operation, timeMs: 0 });
}

function admit(
  identity: NodeIdentity,
  name: string,
  role: "admin" | "writer" = "writer",
): MembershipOperation {
  const { peerId: member, agreementPublicKey: agreementKey } = identity;
  return { op: "admit", member, agreementKey, role, name, spaces: null };
}

const remove = (identity: NodeIdentity): MembershipOperation => ({
  op: "remove",
  member: identity.peerId,
  cut: [],
});

/** Records of which each admits the same guest under another name. */
function flood(count: number, signer: RecordSigner, parents = members.heads()): MembershipRecord[] {
  return Array.from({ length: count }, (_, index) => by(signer, admit(guest, `g${index}`), parents));
}

/** As {@link flood}, each after the one before. */
function chained(count: number, signer: RecordSigner): MembershipRecord[] {
  const records: MembershipRecord[] = [];
  let parents = members.heads();
  for (let index = 0; index < count; index++) {
    const record = by(signer, admit(guest, `c${index}`), parents);
    records.push(record);
    parents = [record.id];
  }
  return records;
}

const isIssuedBy = ({ body }: MembershipRecord, { publicKey }: RecordSigner): boolean =>
  Buffer.compare(body.issuer, publicKey) === 0;

const issuedBy = (identity: RecordSigner): number =>
  members.records().filter((record) => isIssuedBy(record, identity)).length;

describe("a member that states its capacity again and again", () => {
  const state = (signer: NodeIdentity, bytes: number, parents = members.heads()) =>
    by(signer, { op: "attributes", member: signer.peerId, capacityBytes: bytes, zone: null }, parents);

  test("gets 64 records kept, and an admin may still state it", async () => {
    await members.add([by(log.root, admit(guest, "guest"))]);
    const [known, heads] = [members.records().length, members.heads()];
    await members.add(Array.from({ length: 100 }, (_, bytes) => state(guest, bytes, heads)).slice(0, 40));
    for (let bytes = 200; bytes < 240; bytes++) await members.add([state(guest, bytes)]);
    expect(members.records().length - known).toBe(MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX);
    const stated = by(ada, { op: "attributes", member: guest.peerId, capacityBytes: 5, zone: null });
    expect(await members.add([stated])).toHaveLength(1);
    expect(members.get(guest.peerId)?.capacityBytes).toBe(5);
  });

  test("is not held back where it is an admin", async () => {
    for (let bytes = 0; bytes < MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX + 5; bytes++)
      await members.add([state(ada, bytes)]);
    expect(members.get(ada.peerId)?.capacityBytes).toBe(MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX + 4);
  });
});

describe("a removed admin that floods the log with backdated records", () => {
  test("gets a few of them kept, and keeps out neither what counts nor what others had overruled", async () => {
    const before = members.heads();
    await members.add([by(log.root, remove(mallory))]);
    const heads = members.heads();
    await members.add(flood(2 * MEMBERSHIP_VOID_RECORDS_MAX, mallory, before));
    expect(issuedBy(mallory)).toBe(MEMBERSHIP_VOID_RECORDS_PER_ISSUER_MAX);
    const overruled = by(ada, admit(guest, "late"), heads);
    await members.add([by(log.root, { ...remove(ada) }, heads)]);
    expect(await members.add([overruled])).toHaveLength(1);
    expect(await members.add([by(log.root, admit(guest, "guest"))])).toHaveLength(1);
    expect(members.get(guest.peerId)?.name).toBe("guest");
  });

  test("does no better under any number of names that it admits", async () => {
    const before = members.heads();
    await members.add([by(log.root, remove(mallory))]);
    const puppets = Array.from({ length: 40 }, () => generateIdentity(random));
    const admissions = puppets.map((puppet, index) =>
      by(mallory, admit(puppet, `p${index}`, "admin"), before),
    );
    await members.add(admissions);
    for (const [index, puppet] of puppets.entries())
      await members.add(flood(40, puppet, [(admissions[index] as MembershipRecord).id]));
    const rest = members.records().length - members.recordIds().filter((id) => isValid(id)).length;
    expect(rest).toBeLessThanOrEqual(MEMBERSHIP_VOID_RECORDS_MAX);
    expect(await members.add([by(ada, admit(guest, "guest"))])).toHaveLength(1);
  });

  test("is remembered no better after a restart", async () => {
    const before = members.heads();
    await members.add([by(log.root, remove(mallory))]);
    await members.add(flood(100, mallory, before));
    const again = await Members.open(disk.membership, log.root.networkId);
    expect(again.recordIds().sort()).toEqual(members.recordIds().sort());
    expect(await again.add(flood(120, mallory, before).slice(100))).toEqual([]);
  });
});

describe("an admin that floods the log with records that count", () => {
  test("leaves room for other admins, and the root can remove it", async () => {
    await members.add(flood(MEMBERSHIP_COUNTING_RECORDS_MAX, mallory));
    expect(issuedBy(mallory)).toBeLessThanOrEqual(MEMBERSHIP_RECORDS_PER_ISSUER_MAX);
    await members.add(flood(MEMBERSHIP_RECORDS_PER_ISSUER_MAX, mallory));
    expect(issuedBy(mallory)).toBe(MEMBERSHIP_RECORDS_PER_ISSUER_MAX);
    expect(await members.add([by(ada, admit(guest, "by-ada"))])).toHaveLength(1);
    const ours = MEMBERSHIP_COUNTING_RECORDS_MAX - members.records().length;
    expect(await members.add(flood(ours, ada))).toHaveLength(ours);
    expect(await members.add([by(ada, admit(guest, "too-much"))])).toEqual([]);
    // What the removal did not know of counts no more, and its room is there for what comes with the removal.
    const both = [by(log.root, remove(mallory)), by(ada, admit(guest, "more"))];
    expect(await members.add(both)).toEqual(both);
    expect(members.get(mallory.peerId)).toBeUndefined();
    expect(both.every(({ id }) => isValid(id))).toBe(true);
    const countingOfMallory = members
      .records()
      .filter((record) => isIssuedBy(record, mallory) && isValid(record.id));
    // The parents of by-ada, of ada's others and of the removal.
    expect(countingOfMallory.length).toBeLessThanOrEqual(3 * MEMBERSHIP_PARENTS_MAX);
  });

  test("keeps the room of those that its removal follows, and the root has its own above them", async () => {
    const room = MEMBERSHIP_COUNTING_RECORDS_MAX - members.records().length;
    const ours = room - MEMBERSHIP_RECORDS_PER_ISSUER_MAX;
    await members.add(chained(MEMBERSHIP_RECORDS_PER_ISSUER_MAX, mallory));
    expect(await members.add(chained(ours, ada))).toHaveLength(ours);
    expect(members.heads()).toHaveLength(1);
    const removal = by(log.root, remove(mallory));
    expect(await members.add([removal, by(ada, admit(guest, "more"))])).toEqual([removal]);
    expect(await members.add([by(ada, admit(guest, "more"), [removal.id])])).toEqual([]);
    expect(members.get(mallory.peerId)).toBeUndefined();
    expect(members.records().every(({ id }) => isValid(id))).toBe(true);
    const rest = chained(MEMBERSHIP_ROOT_RESERVE_RECORDS, log.root);
    expect(await members.add(rest.slice(0, -1))).toHaveLength(MEMBERSHIP_ROOT_RESERVE_RECORDS - 1);
    expect(await members.add(rest.slice(-1))).toEqual([]);
  });

  test("and is removed without having been heard of by the remover makes room again", async () => {
    const before = members.heads();
    await members.add(flood(MEMBERSHIP_RECORDS_PER_ISSUER_MAX, mallory));
    await members.add([by(log.root, remove(mallory), before)]);
    const room = MEMBERSHIP_COUNTING_RECORDS_MAX - 10;
    // In two parts: ada too has a share only.
    expect(await members.add(flood(room / 2, ada, before))).toHaveLength(room / 2);
    expect(await members.add(flood(10, log.root, before))).toHaveLength(10);
    expect(members.records().length).toBeLessThanOrEqual(MEMBERSHIP_RECORDS_MAX);
    expect(members.get(ada.peerId)?.role).toBe("admin");
  });
});

test("a record that does not count is kept beyond its issuer's few where an entry was written under it", async () => {
  const before = members.heads();
  const named = by(mallory, admit(guest, "named"));
  const follower = by(mallory, admit(guest, "follower"), [named.id]);
  await members.add([by(log.root, remove(mallory), before)]);
  await members.add(flood(MEMBERSHIP_VOID_RECORDS_PER_ISSUER_MAX, mallory, before));
  expect(await members.add([named, follower])).toEqual([]);
  const entry = {
    author: ada.peerId,
    incarnation: incarnationFromBytes(new Uint8Array(8)),
    seq: 1,
    id: named.id as EntryId,
    space: log.space.id,
    membershipHeads: [follower.id],
  };
  expect(members.mayAuthor(entry)).toBe("unknown");
  expect(await members.add([named, follower])).toEqual([named, follower]);
  expect(members.mayAuthor(entry)).toBe("yes");
});

const isValid = (id: Digest): boolean => members.state.statuses.get(id)?.status === "valid";
