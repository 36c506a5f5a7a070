import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeAddressRecord, encodeCbor, type NetworkId, networkIdOfRootKey } from "@gstore/core";
import { generateIdentity, signAddressRecord } from "@gstore/crypto";
import { decodePushAddresses, encodePushAddresses } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { syncedFile } from "../../src/synced-file.ts";
import { RawMember } from "../support/raw-member.ts";
import { TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until } from "../support/waiting.ts";

let network: TestNetwork;
let dir: string;
const discovery = { file: null, bootstrap: [] };

beforeEach(async () => {
  network = new TestNetwork();
  dir = await mkdtemp(join(tmpdir(), "gstore-discovery-"));
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
  await rm(dir, { recursive: true });
});

const isConnected = (one: TestNode, other: { readonly id: string }): boolean =>
  one.network.peers().some(({ peer }) => peer === other.id);

/** As {@link until}, while the clock goes on. */
async function inTime(what: string, condition: () => boolean): Promise<void> {
  await until(what, async () => {
    network.clock.advance(50);
    await turns(5);
    return condition();
  });
}

describe("members", () => {
  test("that each know one other find all", async () => {
    const nodes: TestNode[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) {
      const node = await network.node(name, { discovery });
      const last = nodes.at(-1);
      if (last !== undefined) await network.connect(last, node);
      nodes.push(node);
    }
    const all = () => nodes.every((one) => nodes.every((other) => one === other || isConnected(one, other)));
    await inTime("all are connected", all);
    const [a, , , , e] = nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
    const found = [...a.node.peers(), ...e.node.peers()].map(({ connection }) => connection?.foundBy);
    expect(found).toContain("member list");
  });

  test("come back after a restart without an address given", async () => {
    const file = syncedFile(join(dir, "addresses.json"));
    const [a, b] = [
      await network.node("a", { discovery }),
      await network.node("b", { discovery: { file, bootstrap: [] } }),
    ];
    await network.connect(a, b);
    await inTime("b knows both", () => b.parts.discovery.status().addressesKnown === 2);
    await b.node.stop();
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    // So that not the other one dials.
    await a.parts.discovery.stop();
    const again = await network.node("b", {
      self: b.self,
      disk: b.disk.reopened(),
      discovery: { file, bootstrap: [] },
    });
    await inTime("they are connected", () => isConnected(again, a));
    expect(again.node.peers()[0]?.connection?.foundBy).toBe("address book");
  });

  test("find one again that was not there for a while", async () => {
    const [a, b] = [await network.node("a", { discovery }), await network.node("b", { discovery })];
    await network.connect(a, b);
    await inTime("they know each other", () =>
      [a, b].every(({ parts }) => parts.discovery.status().addressesKnown === 2),
    );
    const link = network.hub.link(a.id, b.id);
    link.severed = true;
    network.hub.disconnect(a.id, b.id);
    network.clock.advance(3600_000);
    await turns(20);
    expect(isConnected(a, b)).toBe(false);
    link.severed = false;
    await inTime("they are connected", () => isConnected(a, b));
  });

  test("are forgotten when they are removed", async () => {
    const [a, b] = [await network.node("a", { discovery }), await network.node("b", { discovery })];
    await network.connect(a, b);
    await inTime("a knows both", () => a.parts.discovery.status().addressesKnown === 2);
    await a.node.removeMember("b");
    await inTime("a knows itself", () => a.parts.discovery.status().addressesKnown === 1);
  });
});

describe("what a neighbour says", () => {
  test("of a member is tried, and named as found there", async () => {
    const [a, b] = [await network.node("a", { discovery }), await network.node("b")];
    await a.parts.members.add(b.self.records);
    a.parts.discovery.seenOnLan(b.id, [`/memory/${b.id}/p2p/${b.id}`]);
    await inTime("they are connected", () => isConnected(a, b));
    expect(a.node.peers()[0]?.connection?.foundBy).toBe("lan");
  });

  test("of a service of this machine is not dialled, but by a node that lives on loopback itself", async () => {
    const other = network.identity("b");
    const dialled = async (node: TestNode): Promise<string[]> => {
      const asked: string[] = [];
      const connect = node.network.connect.bind(node.network);
      node.network.connect = (address, options) => {
        asked.push(address.slice(0, address.indexOf("/p2p/")));
        return connect(address, options);
      };
      await node.parts.members.add(other.records);
      node.parts.discovery.seenOnLan(other.identity.peerId, [
        "/ip4/127.0.0.1/tcp/22",
        "/ip4/192.168.1.7/tcp/22",
      ]);
      await inTime("it is dialled", () => asked.includes("/ip4/192.168.1.7/tcp/22"));
      network.clock.advance(1000);
      await turns(20);
      return asked.sort();
    };
    const a = await network.node("a", { discovery });
    expect(await dialled(a)).not.toContain("/ip4/127.0.0.1/tcp/22");
    a.network.addresses = () => [`/ip4/127.0.0.1/tcp/4000/p2p/${a.id}`];
    network.clock.advance(5000);
    expect(await dialled(a)).toContain("/ip4/127.0.0.1/tcp/22");
  });

  test("of who is no member yet is not dialled", async () => {
    const [a, b] = [await network.node("a", { discovery }), await network.node("b")];
    a.parts.discovery.seenOnLan(b.id, [`/memory/${b.id}/p2p/${b.id}`]);
    network.clock.advance(10_000);
    await turns(20);
    expect(isConnected(a, b)).toBe(false);
    expect(a.parts.discovery.status().addressesKnown).toBe(1);
  });
});

describe("an address record", () => {
  let node: TestNode;
  let member: RawMember;
  const recordOf = (of: RawMember["self"], sequence: number, networkId?: NetworkId) =>
    signAddressRecord(of.identity, {
      network: networkId ?? network.log.root.networkId,
      sequence,
      addresses: ["/memory/nowhere"],
    });
  const push = (...records: Uint8Array[]) =>
    member.network.request(node.id, "membership", encodePushAddresses(records));
  const refused = () => node.parts.discovery.status().refusedRecords;
  const nothing = { malformed: 0, foreign: 0, outdated: 0, stranger: 0, forged: 0 };

  beforeEach(async () => {
    node = await network.node("a", { discovery });
    member = await RawMember.join(network, "raw");
    await network.hub.connect(member.id, node.id);
    await inTime("the member is known", () => node.parts.members.count === 2);
  });

  test("is taken once, from whom it comes", async () => {
    await push(recordOf(member.self, 7).bytes);
    await push(recordOf(member.self, 7).bytes);
    expect(node.parts.discovery.status().addressesKnown).toBe(2);
    expect(refused()).toEqual(nothing);
  });

  test("with a forged signature is refused and counted, and so is what comes with it", async () => {
    const other = network.identity("other");
    await node.parts.members.add(other.records);
    const { bodyBytes } = recordOf(other, 7);
    const forged = encodeCbor([bodyBytes, recordOf(member.self, 7).signature]);
    expect(await codeOf(push(forged, recordOf(member.self, 8).bytes))).toBe("REQUEST_REFUSED");
    expect(refused()).toEqual({ ...nothing, forged: 1 });
    expect(node.parts.discovery.status().addressesKnown).toBe(1);
  });

  test("that is older than the last is refused and counted", async () => {
    await push(recordOf(member.self, 7).bytes, recordOf(member.self, 6).bytes);
    expect(refused()).toEqual({ ...nothing, outdated: 1 });
  });

  test("of another network is refused and counted", async () => {
    await push(recordOf(member.self, 7, networkIdOfRootKey(new Uint8Array(32))).bytes);
    expect(refused()).toEqual({ ...nothing, foreign: 1 });
  });

  test("of who is no member is refused and counted, and taken once it is one", async () => {
    const stranger = network.identity("late");
    const nobody = { ...stranger, identity: generateIdentity(network.random) };
    await push(recordOf(stranger, 7).bytes, recordOf(nobody, 7).bytes);
    expect(refused()).toEqual({ ...nothing, stranger: 2 });
    await node.parts.members.add(stranger.records);
    await inTime("it is known", () => node.parts.discovery.status().addressesKnown === 2);
  });

  test("with a million addresses is refused and counted", async () => {
    const addresses = new Uint8Array(1_000_010).fill(0x60);
    addresses.set([0x9a, 0x00, 0x0f, 0x42, 0x40]);
    expect(await codeOf(push(addresses))).toBe("INVALID_FORMAT");
    const short = encodeCbor([encodeCbor(Array(3900).fill("")), new Uint8Array(64)]);
    expect(await codeOf(push(short))).toBe("REQUEST_REFUSED");
    expect(refused()).toEqual({ ...nothing, malformed: 2 });
  });

  test("that changes all the time is passed on once a second", async () => {
    const listener = await RawMember.join(network, "listener");
    let heard = 0;
    listener.answers.set("pushAddresses", (message) => {
      heard += decodePushAddresses(message).length;
      return encodeCbor([1, 31]);
    });
    await network.hub.connect(listener.id, node.id);
    await inTime("the listener is known", () => node.parts.members.count === 3);
    for (let sequence = 1; sequence <= 100; sequence++) await push(recordOf(member.self, sequence).bytes);
    network.clock.advance(1000);
    await until("it is passed on", () => heard > 0);
    expect(heard).toBe(1);
  });

  test("that a former run of this node signed is followed by a later one", async () => {
    let told = 0;
    member.answers.set("pushAddresses", (message) => {
      for (const bytes of decodePushAddresses(message)) told = decodeAddressRecord(bytes).body.sequence;
      return encodeCbor([1, 31]);
    });
    const sequence = network.clock.now() + 1_000_000;
    await push(recordOf(node.self, sequence).bytes);
    await inTime("a later one is told", () => told > sequence);
  });
});

describe("an address book", () => {
  const start = (name: string) =>
    network.node(name, { discovery: { file: syncedFile(join(dir, "addresses.json")), bootstrap: [] } });

  test("of a newer version stops the start, and stays", async () => {
    await writeFile(join(dir, "addresses.json"), '{"version": 2}');
    expect(await codeOf(start("a"))).toBe("UNSUPPORTED_VERSION");
    expect((await stat(join(dir, "addresses.json"))).size).toBe(14);
  });

  test("that is damaged is begun anew, and said so", async () => {
    await writeFile(join(dir, "addresses.json"), '{"version": 1, "members": [{"peer":');
    const node = await start("a");
    expect(node.complaints.join()).toContain("begun anew");
    expect(node.parts.discovery.status().addressesKnown).toBe(1);
  });
});
