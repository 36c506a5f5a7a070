import { createHash } from "node:crypto";
import { type PeerId, type Random, systemRandom } from "@gstore/core";
import { peerIdFromString } from "@libp2p/peer-id";
import { type MemoryMember, MemoryMembers } from "./memory-members.ts";

export interface CurvePoint {
  readonly members: number;
  readonly lookups: number;
  /** Lookups that gave the record. */
  readonly found: number;
  /** Members asked in a lookup. */
  readonly askedMean: number;
  readonly askedMax: number;
  /** Steps to the farthest member that was asked: 1 for whom the one who looks knew itself. */
  readonly stepsMean: number;
  readonly stepsMax: number;
}

/** Members that a newcomer finds next to itself, and others that it has met. */
const NEAREST = 20;
const MET = 20;

/** So many members as they are after having joined, and what lookups among them cost. The DHT is the real one. */
export async function measureLookups(
  count: number,
  { lookups, random = systemRandom }: { readonly lookups: number; readonly random?: Random },
): Promise<CurvePoint> {
  const members = new MemoryMembers();
  let steps = new Map<PeerId, number>();
  let most = 0;
  const answered = (from: PeerId, named: readonly PeerId[]): void => {
    const step = steps.get(from) ?? 1;
    most = Math.max(most, step);
    for (const peer of named) if (!steps.has(peer)) steps.set(peer, step + 1);
  };
  for (let at = 0; at < count; at++) await members.add({ answered });
  introduce(members, random);
  await members.settled();
  const asked: number[] = [];
  const taken: number[] = [];
  let found = 0;
  for (let at = 0; at < lookups; at++) {
    const sought = one(members, random);
    await sought.dht.refresh();
    const seeker = one(members, random, sought);
    seeker.records.delete(sought.id);
    const before = seeker.dht.status().asked;
    steps = new Map([...seeker.connected].map((peer) => [peer, 1]));
    most = 0;
    const records = await seeker.dht.findRecords(sought.id);
    asked.push(seeker.dht.status().asked - before);
    taken.push(most);
    if (records.length > 0) found++;
  }
  await members.stop();
  return {
    ...{ members: count, lookups, found },
    ...{ askedMean: mean(asked), askedMax: Math.max(...asked) },
    ...{ stepsMean: mean(taken), stepsMax: Math.max(...taken) },
  };
}

function introduce(members: MemoryMembers, random: Random): void {
  const places = new Map(members.all.map((member) => [member, placeOf(member.id)]));
  for (const member of members.all) {
    const here = places.get(member) as bigint;
    const distance = (other: MemoryMember): bigint => (places.get(other) as bigint) ^ here;
    const near = members.all
      .filter((other) => other !== member)
      .sort((a, b) => (distance(a) < distance(b) ? -1 : 1));
    for (const other of near.slice(0, NEAREST)) members.connect(member, other);
    for (let met = 0; met < MET; met++) members.connect(member, one(members, random));
  }
}

/** Where a member is in the space of keys. */
function placeOf(peer: PeerId): bigint {
  const { bytes } = peerIdFromString(peer).toMultihash();
  return BigInt(`0x${createHash("sha256").update(bytes).digest("hex")}`);
}

function one({ all }: MemoryMembers, random: Random, besides?: MemoryMember): MemoryMember {
  for (;;) {
    const member = all[random.below(all.length)] as MemoryMember;
    if (member !== besides) return member;
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
