import type { DhtStatus, MemberDht, PeerId } from "@gstore/core";
import { signAddressRecord } from "@gstore/crypto";
import { encodePushAddresses } from "@gstore/p2p";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { TestNetwork, type TestNode } from "../support/test-network.ts";
import { turns, until } from "../support/waiting.ts";

let network: TestNetwork;
const discovery = { file: null, bootstrap: [] };

beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
});

/** A node with a DHT that gives these records, and notes for whom it was asked. */
function withDht(node: TestNode, records: Map<PeerId, Uint8Array[]>): PeerId[] {
  const asked: PeerId[] = [];
  const dht: Partial<MemberDht> = {
    async findRecords(peer) {
      asked.push(peer);
      const { offered } = node.parts.discovery.dhtHandlers;
      return (records.get(peer) ?? []).filter((record) => offered(peer, record));
    },
    status: () => ({ members: 7 }) as DhtStatus,
  };
  Object.assign(node.network, { dht });
  return asked;
}

function recordOf({ identity }: RawMember["self"], sequence: number, address: string): Uint8Array {
  const networkId = network.log.root.networkId;
  return signAddressRecord(identity, { network: networkId, sequence, addresses: [address] }).bytes;
}

/** A node, a member connected to it, and one that is at none of its known addresses. */
async function threeOfThem() {
  const node = await network.node("a", { discovery });
  const teller = await RawMember.join(network, "raw");
  const lost = await network.node("lost");
  const connect = node.network.connect.bind(node.network);
  node.network.connect = async (address, options) => {
    if (address.startsWith("/memory/nowhere")) throw new Error("nobody is there");
    return await connect(address, options);
  };
  await network.hub.connect(teller.id, node.id);
  await node.parts.members.add(lost.self.records);
  const tell = (record: Uint8Array) =>
    teller.network.request(node.id, "membership", encodePushAddresses([record]));
  return { node, lost, tell };
}

async function inTime(what: string, condition: () => boolean): Promise<void> {
  await until(what, async () => {
    network.clock.advance(250);
    await turns(5);
    return condition();
  });
}

test("a member that moved is found by a lookup, which is what it is shown as found by", async () => {
  const { node, lost, tell } = await threeOfThem();
  const here = recordOf(lost.self, 6, `/memory/${lost.id}`);
  const asked = withDht(node, new Map([[lost.id, [here]]]));
  await tell(recordOf(lost.self, 5, "/memory/nowhere"));
  const peer = () => node.node.peers().find((one) => one.peer === lost.id);
  await inTime("they are connected", () => peer()?.connected === true);
  expect(peer()?.connection?.foundBy).toBe("dht");
  expect(asked).toEqual([lost.id]);
  expect(node.parts.discovery.status().dht?.members).toBe(7);
});

test("what a lookup gives is not taken where it is old, forged or of somebody else, and looked for ever less often", async () => {
  const { node, lost, tell } = await threeOfThem();
  const other = network.identity("other");
  const forged = recordOf(lost.self, 7, `/memory/${lost.id}`);
  forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
  const old = recordOf(lost.self, 4, `/memory/${lost.id}`);
  const others = recordOf(other, 9, `/memory/${lost.id}`);
  const asked = withDht(node, new Map([[lost.id, [old, forged, others]]]));
  await tell(recordOf(lost.self, 5, "/memory/nowhere"));
  await inTime("it is looked for", () => asked.length === 1);
  const { refusedRecords } = node.parts.discovery.status();
  expect(refusedRecords).toMatchObject({ forged: 1, malformed: 1 });
  const startMs = network.clock.monotonic();
  await inTime("an hour passes", () => network.clock.monotonic() - startMs > 3600_000);
  // After 30 s, 60 s, 120 s and so on, when it is dialled in vain again.
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.length).toBeLessThan(9);
  expect(node.network.peers().map(({ peer }) => peer)).not.toContain(lost.id);
});
