import { digestOf, placementIdFromBytes, type Role } from "@gstore/core";
import { decodeBulkFrame, encodeBulkFrame, encodePushMembers } from "@gstore/p2p";
import { SeededRandom } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { TestLog } from "../support/test-log.ts";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  a = await network.node("a");
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function nodeAs(role: Role): Promise<TestNode> {
  const node = await network.node(role, { role });
  await network.connect(a, node);
  return node;
}

describe("a node of a member who may only read", () => {
  test("reads, and refuses to write before it reads a byte of the source", async () => {
    const reader = await nodeAs("reader");
    await a.node.store("file", "text");
    expect((await readAll(reader.node, "file")).toString()).toBe("text");
    let isRead = false;
    async function* source() {
      isRead = true;
      yield Buffer.from("new");
    }
    expect(await codeOf(reader.node.store("file", source()))).toBe("REQUEST_REFUSED");
    expect(isRead).toBe(false);
    expect(await codeOf(reader.node.remove("file"))).toBe("REQUEST_REFUSED");
    expect(reader.disk.entries.count()).toBe(1);
    expect((await readAll(a.node, "file")).toString()).toBe("text");
  });

  test("holds copies", async () => {
    const reader = await nodeAs("reader");
    const stored = await a.node.store("file", "text", { wait: "all" });
    expect(stored.holders.map(({ name }) => name).sort()).toEqual(["a", "reader"]);
    expect(reader.disk.blobs.usage().blobs).toBe(1);
  });
});

test("a writer writes", async () => {
  const writer = await nodeAs("writer");
  await writer.node.store("file", "text", { wait: "all" });
  expect((await readAll(a.node, "file")).toString()).toBe("text");
});

describe("membership records", () => {
  test("that the root has not signed are refused, and nobody becomes a member", async () => {
    const hostile = await RawMember.join(network, "hostile");
    await network.hub.connect(hostile.id, a.id);
    await until("a knows it", () => a.parts.members.count === 2);
    const other = new TestLog(new SeededRandom("other"));
    const [foreign] = network.identity("foreign", "admin", { log: other }).certificate;
    const [genuine] = network.identity("genuine").certificate;
    const forged = Uint8Array.from(genuine?.bytes ?? []);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    const push = (...records: Uint8Array[]) =>
      codeOf(hostile.network.request(a.id, "membership", encodePushMembers(records)));
    expect(await push(foreign?.bytes as Uint8Array)).toBe("WRONG_NETWORK");
    expect(await push(forged)).toBe("CERTIFICATE_INVALID");
    expect(await push(genuine?.bytes as Uint8Array, forged)).toBe("CERTIFICATE_INVALID");
    expect(await push(Buffer.from("garbage"))).toBe("INVALID_FORMAT");
    expect(a.parts.members.count).toBe(2);
    expect(await push(genuine?.bytes as Uint8Array)).toBe("nothing");
    expect(a.parts.members.count).toBe(3);
  });

  test("come to a node from its peers, also of members that it has never met", async () => {
    const b = await network.node("b");
    const c = await network.node("c");
    await network.connect(a, b);
    await network.connect(b, c);
    await until("c knows a", () => c.parts.members.get(a.id) !== undefined);
    expect(c.node.peers().map(({ name, connected }) => [name, connected])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });
});

test("a version that was known without being asked for is fetched when it is asked to be held", async () => {
  const raw = await RawMember.join(network, "raw");
  await network.hub.connect(raw.id, a.id);
  await until("a knows it", () => a.parts.members.count === 2);
  const blob = Buffer.from("the blob");
  raw.serveBulk = async (channel) => {
    for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive()) {
      if (decodeBulkFrame(bytes).type !== "want") continue;
      await channel.send(...encodeBulkFrame({ type: "blob", digest: digestOf(blob), bytes: blob }));
    }
  };
  // One copy is wanted, and by its placement not at a.
  const { space } = raw.author.fork().body;
  const placement = placements().find(
    (id) => a.parts.placement.ranked({ space, placement: id, policyClass: 1 })[0] === raw.id,
  );
  const content = { level: 0, digest: digestOf(blob), size: blob.length };
  const entry = raw.author.next({ content, policyClass: 1, ...(placement && { placement }) });
  expect(await raw.announce(a.id, [entry])).toEqual(["accepted"]);
  await until("a has looked at it", () => a.parts.replication.catchUp.behind === 0);
  expect(a.disk.blobs.usage().blobs).toBe(0);
  expect(await raw.announce(a.id, [entry], { hold: [0] })).toEqual(["accepted"]);
  await until("a holds it", () => a.disk.blobs.usage().blobs === 1);
  expect(await raw.announce(a.id, [entry], { hold: [0] })).toEqual(["held"]);
});

function placements(): ReturnType<typeof placementIdFromBytes>[] {
  return Array.from({ length: 50 }, (_, number) => placementIdFromBytes(new Uint8Array(16).fill(number)));
}
