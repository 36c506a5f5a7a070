import { type Digest, digestOf } from "@gstore/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MemoryMember, MemoryMembers } from "./memory-members.ts";

const MEMBERS = 30;
const members = new MemoryMembers();
const blobs = new Map<Digest, MemoryMember>();

beforeAll(async () => {
  // Each knows the one before it, and nobody else: the ends are 29 steps apart.
  for (let count = 0; count < MEMBERS; count++) {
    const last = members.all.at(-1);
    const member = await members.add();
    if (last !== undefined) members.connect(member, last);
  }
  // Who came first knew few then: as after a while.
  for (const { dht } of [...members.all, ...members.all]) await dht.refresh();
  for (const member of members.all) {
    const digest = digestOf(Buffer.from(`a blob of ${member.id}`));
    blobs.set(digest, member);
    await member.dht.tellHolding(digest);
  }
}, 120_000);
afterAll(() => members.stop());

test("30 members that each know one other find every member", { timeout: 120_000 }, async () => {
  let lookups = 0;
  const askedBefore = members.all.reduce((sum, { dht }) => sum + dht.status().asked, 0);
  for (const { dht, id } of members.all)
    for (const other of members.all.filter((one) => one.id !== id)) {
      expect(await dht.findRecords(other.id)).toContainEqual(other.records.get(other.id));
      lookups++;
    }
  const asked = members.all.reduce((sum, { dht }) => sum + dht.status().asked, 0) - askedBefore;
  expect(lookups).toBe(MEMBERS * (MEMBERS - 1));
  expect(asked / lookups).toBeLessThan(10);
});

test("and every blob", { timeout: 120_000 }, async () => {
  for (const { dht, id } of members.all)
    for (const [digest, holder] of blobs)
      if (holder.id !== id) expect(await dht.findHolders(digest)).toEqual([holder.id]);
});
