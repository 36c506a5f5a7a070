import { HELD_RECEIPTS_RELAYED_AT_ONCE_MAX, type PeerId } from "@gstore/core";
import { generateIdentity, type HeldReceipt, signHeldReceipt } from "@gstore/crypto";
import {
  decodeHeldReceipts,
  decodeHeldReceiptsAnswer,
  encodeHeldReceipts,
  encodeHeldReceiptsAnswer,
  type HeldReceipts,
  messageType,
} from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoreOptions, StoreResult } from "../../src/index.ts";
import { RawMember } from "../support/raw-member.ts";
import { TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;

beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

/** Nodes in a row, each connected to the next alone; all know of all. */
async function chain(...names: string[]): Promise<TestNode[]> {
  const nodes: TestNode[] = [];
  for (const name of names) {
    const node = await network.node(name);
    const last = nodes.at(-1);
    if (last !== undefined) await network.connect(last, node);
    nodes.push(node);
  }
  await until("all know all", () => nodes.every(({ parts }) => parts.members.count === names.length));
  return nodes;
}

async function store(node: TestNode, options: StoreOptions, maxMs = 40_000): Promise<StoreResult> {
  const stored = node.node.store("file", "text", options);
  return (await withinClock(network.clock, stored, { maxMs })).value;
}

describe("a put that waits for all copies", () => {
  test("hears of one at a member that it has no connection to", async () => {
    const [a] = await chain("a", "b", "c");
    const { value: stored, tookMs } = await withinClock(
      network.clock,
      (a as TestNode).node.store("file", "text", { wait: "all" }),
      { maxMs: 40_000 },
    );
    expect(stored.holders.map(({ name }) => name).sort()).toEqual(["a", "b", "c"]);
    expect(tookMs).toBeLessThan(5000);
  });

  test("hears of them along a chain of five", async () => {
    const [a] = await chain("a", "b", "c", "d", "e");
    const stored = await store(a as TestNode, { wait: "all", copies: 5 });
    expect(stored.holders.map(({ name }) => name).sort()).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("asks nobody where all members are connected", async () => {
    const [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
    network.hub.link(a.id, c.id).stall();
    let isAsked = false;
    network.hub.link(a.id, b.id).from(a.id).onRequest = ({ message }) => {
      isAsked ||= messageType(message) === "heldReceipts";
    };
    const stored = codeOf(a.node.store("file", "text", { wait: "all", waitTimeoutMs: 5000 }));
    await withinClock(network.clock, stored, { maxMs: 20_000 });
    expect(await stored).toBe("COPIES_NOT_REACHED");
    expect(isAsked).toBe(false);
    network.hub.link(a.id, c.id).resume();
  });
});

describe("a member that answers in others' names", () => {
  let a: TestNode;
  let liar: RawMember;
  let far: ReturnType<TestNetwork["identity"]>;
  const questions: HeldReceipts[] = [];

  beforeEach(async () => {
    questions.splice(0);
    a = await network.node("a");
    liar = await RawMember.join(network, "liar");
    await network.hub.connect(liar.id, a.id);
    // A member that a knows and has no connection to.
    far = network.identity("far");
    await a.parts.members.add(far.records);
    await until("a knows them", () => a.parts.members.count === 3);
  });

  async function copiesBy(lie: (question: HeldReceipts) => HeldReceipt[]): Promise<number> {
    liar.answers.set("heldReceipts", (message) => {
      questions.push(decodeHeldReceipts(message));
      return encodeHeldReceiptsAnswer(lie(questions.at(-1) as HeldReceipts));
    });
    const stored = a.node.store("file", "text", { wait: "all", copies: 2, waitTimeoutMs: 6000 });
    const { value } = await withinClock(network.clock, codeOf(stored), { maxMs: 20_000 });
    expect(questions.length).toBeGreaterThan(0);
    return value === "nothing" ? 2 : 1;
  }

  const networkId = () => network.log.root.networkId;

  test("is not believed without the holder's signature", async () => {
    const forge = ({ nonce, versions }: HeldReceipts): HeldReceipt => ({
      ...signHeldReceipt(liar.self.identity, { networkId: networkId(), nonce }, versions),
      holder: far.identity.peerId,
    });
    expect(await copiesBy((question) => [forge(question)])).toBe(1);
  });

  test("is not believed with a receipt for another question", async () => {
    const old = (versions: HeldReceipts["versions"]): HeldReceipt =>
      signHeldReceipt(far.identity, { networkId: networkId(), nonce: new Uint8Array(16) }, versions);
    expect(await copiesBy(({ versions }) => [old(versions)])).toBe(1);
  });

  test("is not believed with one of somebody who is no member", async () => {
    const stranger = generateIdentity(network.random);
    const foreign = ({ nonce, versions }: HeldReceipts): HeldReceipt =>
      signHeldReceipt(stranger, { networkId: networkId(), nonce }, versions);
    expect(await copiesBy((question) => [foreign(question)])).toBe(1);
  });

  test("is believed with the holder's own", async () => {
    const honest = ({ nonce, versions }: HeldReceipts): HeldReceipt =>
      signHeldReceipt(far.identity, { networkId: networkId(), nonce }, versions);
    expect(await copiesBy((question) => [honest(question)])).toBe(2);
  });
});

describe("a node that is asked for receipts", () => {
  test("asks only those behind it that the question has not reached, and not without end", async () => {
    const [a, b, c] = (await chain("a", "b", "c")) as [TestNode, TestNode, TestNode];
    const stored = await store(a, { wait: "local" });
    await withinClock(
      network.clock,
      until("c has it", async () => (await c.disk.entries.get(stored.version))?.complete === true),
      { maxMs: 10_000 },
    );
    const ask = async (skip: PeerId[], hops: number): Promise<string[]> => {
      const question = { nonce: new Uint8Array(16), versions: [stored.version], skip, hops };
      const answer = await a.network.request(b.id, "entries", encodeHeldReceipts(question));
      return decodeHeldReceiptsAnswer(answer).map(({ holder }) => c.parts.members.nameOf(holder));
    };
    expect((await ask([a.id, b.id], 4)).sort()).toEqual(["b", "c"]);
    expect(await ask([a.id, b.id, c.id], 4)).toEqual(["b"]);
    expect(await ask([], 1)).toEqual(["b"]);
    // Even where the question hides who asked it does not come back.
    expect((await ask([], 4)).sort()).toEqual(["b", "c"]);
  });

  test("hands on a few at once, and answers the rest by itself", async () => {
    const [a, b] = (await chain("a", "b")) as [TestNode, TestNode];
    const silent = await RawMember.join(network, "silent");
    await network.hub.connect(silent.id, b.id);
    await until("b knows it", () => b.parts.members.count === 3);
    silent.answers.set("heldReceipts", () => new Promise(() => {}));
    const stored = await store(a, { wait: "local" });
    await until("b has it", async () => (await b.disk.entries.get(stored.version))?.complete === true);
    const question = { nonce: new Uint8Array(16), versions: [stored.version], skip: [], hops: 4 };
    const asked = Array.from({ length: 2 * HELD_RECEIPTS_RELAYED_AT_ONCE_MAX }, () =>
      a.network.request(b.id, "entries", encodeHeldReceipts(question)),
    );
    let answered = 0;
    for (const one of asked) void one.then(() => answered++);
    await turns(100);
    expect(answered).toBe(HELD_RECEIPTS_RELAYED_AT_ONCE_MAX);
    await withinClock(network.clock, Promise.all(asked), { maxMs: 20_000 });
  });
});
