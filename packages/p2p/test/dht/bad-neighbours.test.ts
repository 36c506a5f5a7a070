import { createHash } from "node:crypto";
import type { PeerId } from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import { peerIdFromString } from "@libp2p/peer-id";
import { afterEach, expect, test } from "vitest";
import { dhtProtocol, recordKey } from "../../src/dht/dht-keys.ts";
import { DHT_MEMBERS_PER_ADDRESS_MAX } from "../../src/dht/dht-limits.ts";
import type { DhtLimits } from "../../src/dht/kad-member-dht.ts";
import { dhtMessages } from "./dht-messages.ts";
import { type MemoryMember, MemoryMembers } from "./memory-members.ts";

const HONEST = 30;
const BAD = 200;
/** Identities that are made to choose from: making one costs nothing, being admitted does. */
const MADE = 6000;

let members: MemoryMembers;

afterEach(() => members.stop());

const placeOf = (key: Uint8Array): bigint => BigInt(`0x${createHash("sha256").update(key).digest("hex")}`);
const placeOfMember = (peer: PeerId): bigint => placeOf(peerIdFromString(peer).toMultihash().bytes);

/** Of many identities those nearest to a key. */
function nearestTo(key: Uint8Array): NodeIdentity[] {
  const target = placeOf(key);
  const made = Array.from({ length: MADE }, () => generateIdentity());
  const placed = made.map((identity) => ({ identity, distance: placeOfMember(identity.peerId) ^ target }));
  placed.sort((left, right) => (left.distance < right.distance ? -1 : 1));
  return placed.slice(0, BAD).map(({ identity }) => identity);
}

/** The one of them whose record's place is farthest from all others: where liars have most room. */
function loneliest(honest: readonly MemoryMember[]): MemoryMember {
  const roomOf = (member: MemoryMember): bigint => {
    const target = placeOf(recordKey(member.id));
    const distances = honest.map(({ id }) => placeOfMember(id) ^ target);
    return distances.sort((left, right) => (left < right ? -1 : 1))[0] as bigint;
  };
  return honest.reduce((best, next) => (roomOf(next) > roomOf(best) ? next : best));
}

/** How many of 29 honest members find the thirtieth, whose record 200 members gone bad have surrounded, all at one address. */
async function findersAmongBadNeighbours(limits: Partial<DhtLimits>): Promise<number> {
  members = new MemoryMembers();
  const honest: MemoryMember[] = [];
  for (let at = 0; at < HONEST; at++) honest.push(await members.add({ limits }));
  const victim = loneliest(honest);
  const bad: MemoryMember[] = [];
  for (const identity of nearestTo(recordKey(victim.id)))
    bad.push(await members.add({ identity, host: "192.0.2.66", limits }));
  // They take everything, keep nothing, and know nobody.
  for (const member of bad)
    member.handlers.set(dhtProtocol(members.networkId), async (stream) => {
      const { read, write } = dhtMessages(stream);
      await write(await read()).catch(() => {});
    });
  for (const member of honest) {
    for (const other of bad) members.connect(other, member);
    for (const other of honest) members.connect(other, member);
  }
  await members.settled();
  await victim.dht.refresh();
  let finders = 0;
  for (const member of honest) {
    if (member === victim) continue;
    member.records.delete(victim.id);
    if ((await member.dht.findRecords(victim.id)).length > 0) finders++;
  }
  return finders;
}

test("200 members gone bad at one address do not keep the others from finding each other", {
  timeout: 120_000,
}, async () => {
  expect(await findersAmongBadNeighbours({})).toBe(HONEST - 1);
  const [one] = members.all as [MemoryMember];
  expect(one.dht.status().refused.address).toBeGreaterThan(BAD - DHT_MEMBERS_PER_ADDRESS_MAX - 1);
});

test("without caps for one address they do", { timeout: 120_000 }, async () => {
  const limits = { membersPerAddress: 1000, askedPerAddress: 1000 };
  expect(await findersAmongBadNeighbours(limits)).toBeLessThan(HONEST / 3);
});

test("a household with one address has its members in the table", async () => {
  members = new MemoryMembers();
  const outside = await members.add();
  for (let at = 0; at < 8; at++) members.connect(outside, await members.add({ host: "203.0.113.5" }));
  await members.settled();
  expect(outside.dht.status()).toMatchObject({ members: 8, refused: { address: 0 } });
});
