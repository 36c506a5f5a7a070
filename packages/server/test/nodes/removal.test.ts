import { generateIdentity, issueRecord, openSpaces } from "@gstore/crypto";
import { encodePushMembers, encodeSyncEntries, encodeSyncMembers } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Spaces } from "../../src/membership/spaces.ts";
import { canOpenCurrent, untilAgreed, viewOf } from "../support/agreement.ts";
import { joinBy } from "../support/joining.ts";
import { RawMember } from "../support/raw-member.ts";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

/** What is promised: from the removal to the last connection of the removed member. */
const EFFECT_MS_MAX = 2000;

let network: TestNetwork;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  a = await network.node("a");
  b = await network.node("b");
  await network.connect(a, b);
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const knowsRemovalOf = (node: TestNode, { id }: Pick<TestNode, "id">): boolean =>
  node.parts.members.isRemoved(id);

/** Waits for something, for as much of the clock's time as a removal may take. */
async function inTime(what: string, condition: () => boolean): Promise<void> {
  await withinClock(network.clock, until(what, condition), { maxMs: EFFECT_MS_MAX });
}

describe("a removed member", () => {
  test("has no connection after 2 s, also to who hears of it through others", async () => {
    const c = await network.node("c");
    const m = await network.node("m", { role: "writer" });
    await network.connect(b, c);
    await network.connect(c, m);
    await network.connect(a, m);
    await a.node.removeMember("m");
    await inTime("m has no peers", () => m.network.peers().length === 0);
    expect(await codeOf(network.hub.connect(m.id, c.id))).toBe("NOT_A_MEMBER");
    expect(await codeOf(network.hub.connect(b.id, m.id))).toBe("NOT_A_MEMBER");
    expect(await codeOf(m.node.store("late", "x"))).toBe("NOT_A_MEMBER");
  });

  test("is refused everything from then on, though its connection is still open and it answers nothing", async () => {
    const raw = await RawMember.join(network, "raw");
    await network.hub.connect(raw.id, a.id);
    await until("a knows it", () => a.parts.members.get(raw.id) !== undefined);
    raw.answers.set("pushMembers", () => new Promise(() => {}));
    await a.node.removeMember("raw");
    const asks = [
      ["entries", encodeSyncEntries([])],
      ["membership", encodeSyncMembers([])],
      ["membership", encodePushMembers([raw.self.certificate[0]?.bytes as Uint8Array])],
    ] as const;
    for (const [purpose, message] of asks) {
      expect(await codeOf(raw.network.request(a.id, purpose, message))).toBe("NOT_A_MEMBER");
    }
    await inTime("it is dropped", () => raw.network.peers().length === 0);
  });

  test("is known as such by who was away as soon as that meets anyone who knows, directly or not", async () => {
    const [c, d] = [await network.node("c"), await network.node("d")];
    const m = await network.node("m", { role: "writer" });
    await network.connect(m, c);
    await network.connect(m, a);
    network.hub.disconnect(a.id, m.id);
    network.hub.disconnect(m.id, c.id);
    await a.node.removeMember("m");
    await until("b knows it", () => knowsRemovalOf(b, m));
    network.hub.disconnect(a.id, b.id);
    await network.connect(b, d);
    network.hub.disconnect(b.id, d.id);
    await network.connect(d, c);
    expect(knowsRemovalOf(c, m)).toBe(true);
    expect(await codeOf(network.hub.connect(m.id, c.id))).toBe("NOT_A_MEMBER");
  });

  test("can open nothing that is written after, by whomever: news of its removal bring the new keys", async () => {
    const m = await network.node("m", { role: "writer" });
    await network.connect(a, m);
    await network.connect(b, m);
    await a.node.store("before", "text", { wait: "all" });
    expect(canOpenCurrent(b, m.self)).toBe(true);
    const seen: boolean[] = [];
    const removed = a.node.removeMember("m");
    await until("b knows it", () => {
      seen.push(knowsRemovalOf(b, m) && canOpenCurrent(b, m.self));
      return knowsRemovalOf(b, m);
    });
    await removed;
    expect(seen).not.toContain(true);
    await b.node.store("after", "secret");
    const [entry] = await b.disk.entries.ofAuthor(b.id, b.self.incarnation, 1, 1);
    if (entry === undefined) throw new Error("b has written");
    expect(
      new Spaces(openSpaces(b.parts.members.state, m.self.identity), network.random).tryOpen(entry),
    ).toBe("no key");
    expect((await readAll(a.node, "after")).toString()).toBe("secret");
    expect((await readAll(a.node, "before")).toString()).toBe("text");
  });
});

describe("a removed writer and its accomplice", () => {
  let m: RawMember;
  let accomplice: RawMember;

  beforeEach(async () => {
    m = await RawMember.join(network, "m");
    accomplice = await RawMember.join(network, "accomplice");
    for (const raw of [m, accomplice]) await network.hub.connect(raw.id, a.id);
    await until("a knows them", () => a.parts.members.count === 4);
    expect(await m.announce(a.id, [m.author.next({ key: "honest" })])).toEqual(["held"]);
    await network.hub.connect(accomplice.id, b.id);
    const passedOn = until("b has it", () => b.disk.entries.count() === 1);
    await withinClock(network.clock, passedOn, { maxMs: 1000 });
  });

  async function removeM(): Promise<void> {
    await a.node.removeMember("m");
    await until("both know it", () => knowsRemovalOf(a, m) && knowsRemovalOf(b, m));
  }

  test("get nothing in that it wrote later, nor what it dates back or writes under old records", async () => {
    await removeM();
    const backdated = m.author.next({ key: "backdated", timeMs: 1 });
    for (const node of [a, b])
      expect(await accomplice.announce(node.id, [backdated, m.author.next()])).toEqual([
        "refused",
        "refused",
      ]);
    accomplice.offer([backdated]);
    network.hub.disconnect(accomplice.id, a.id);
    await network.hub.connect(accomplice.id, a.id);
    await turns(50);
    expect([a.disk.entries.count(), b.disk.entries.count()]).toEqual([1, 1]);
  });

  test("get nothing in that it wrote before and showed to nobody", async () => {
    const hidden = m.author.next({ key: "hidden" });
    await removeM();
    expect(await accomplice.announce(b.id, [hidden])).toEqual(["refused"]);
    expect(b.disk.entries.count()).toBe(1);
  });

  test("change nothing of its history", async () => {
    await removeM();
    const fork = m.author.signed({ seq: 1, prev: null }, { key: "rewritten" });
    const other = m.incarnation(9).next({ key: "of another incarnation" });
    for (const node of [a, b])
      expect(await accomplice.announce(node.id, [fork, other])).toEqual(["refused", "refused"]);
  });

  test("change nothing of what stands before its last entry either", async () => {
    const second = m.author.fork({ key: "rewritten" });
    await m.announce(a.id, [m.author.next(), m.author.next()]);
    const passedOn = until("b has them", () => b.disk.entries.count() === 3);
    await withinClock(network.clock, passedOn, { maxMs: 1000 });
    await removeM();
    const third = m.author.signed({ seq: 3, prev: second.id }, { key: "rewritten" });
    for (const node of [a, b])
      expect(await accomplice.announce(node.id, [second, third])).toEqual(["refused", "refused"]);
    expect([a.disk.entries.count(), b.disk.entries.count()]).toEqual([3, 3]);
  });

  test("get its last entry, rewritten, in nowhere, also where nothing of it is known but its removal", async () => {
    await removeM();
    const c = await network.node("c");
    await c.parts.members.add(a.parts.members.records());
    const fork = m.author.signed({ seq: 1, prev: null }, { key: "rewritten" });
    await network.hub.connect(accomplice.id, c.id);
    expect(await accomplice.announce(c.id, [fork])).toEqual(["refused"]);
    expect(c.disk.entries.count()).toBe(0);
    await network.connect(a, c);
    await until("c has the honest one", () => c.disk.entries.count() === 1);
  });
});

describe("a removed admin", () => {
  test("brings in nobody: its backdated admissions are refused, whoever hands them on", async () => {
    const m = await network.node("m");
    const accomplice = await RawMember.join(network, "accomplice");
    for (const one of [m, accomplice]) await network.hub.connect(one.id, a.id);
    await until("all know all", () => m.parts.members.count === 4 && a.parts.members.count === 4);
    network.hub.disconnect(m.id, a.id);
    const before = m.parts.members.state;
    const puppet = generateIdentity(network.random);
    const admission = issueRecord({
      ...{ signer: m.self.identity, networkId: before.networkId, parents: before.heads, timeMs: 1 },
      operation: {
        ...{ op: "admit", member: puppet.peerId, agreementKey: puppet.agreementPublicKey },
        ...{ role: "admin", name: "puppet", spaces: null },
      },
    });
    await a.node.removeMember("m");
    const chain = [admission, ...m.self.certificate];
    const hub = network.hub.join({ self: puppet.peerId, certificate: chain });
    const nothing = { request: async () => new Uint8Array(0), bulk: async () => {}, admit: () => {} };
    await hub.start({ ...nothing, connected: () => {}, disconnected: () => {} });
    expect(await codeOf(network.hub.connect(puppet.peerId, a.id))).toBe("NOT_A_MEMBER");
    const view = viewOf(a);
    await accomplice.network.request(a.id, "membership", encodePushMembers([admission.bytes]));
    expect(viewOf(a)).toEqual(view);
    expect(await codeOf(network.hub.connect(puppet.peerId, a.id))).toBe("NOT_A_MEMBER");
  });

  test("and those it let in behind its removers' backs are dropped as soon as that is known", async () => {
    const m = await network.node("m");
    await network.connect(a, m);
    const c = await network.node("c");
    await network.connect(m, c);
    network.hub.disconnect(m.id, a.id);
    await until("c knows a", () => c.parts.members.get(a.id) !== undefined);
    await a.node.removeMember("m");
    const puppet = await network.node("puppet", { self: await joinBy(network, m, "puppet", "admin") });
    await network.connect(puppet, c);
    expect(c.parts.members.get(puppet.id)?.role).toBe("admin");
    // c may dial both still, and neither has a way to the others.
    await network.connect(c, a);
    await inTime("c has dropped them", () => c.network.peers().every(({ peer }) => peer === a.id));
    expect(c.parts.members.get(puppet.id)).toBeUndefined();
    expect(await codeOf(network.hub.connect(puppet.id, b.id))).toBe("NOT_A_MEMBER");
    await untilAgreed([a, b, c]);
  });
});

const ABOUT_MEMBERS = new Set(["syncMembers", "pushMembers"]);

describe("a peer whose certificate holds and whose admission nobody can place", () => {
  async function outsider(): Promise<RawMember> {
    // Its admission follows a record that nobody has.
    const missing = network.log.admit(generateIdentity(network.random), "writer", "missing").at(-1);
    const self = network.identity("outsider");
    const [admission] = self.certificate;
    if (missing === undefined || admission === undefined) throw new Error("both were made");
    const { root } = network.log;
    const { operation } = admission.body;
    const request = { signer: root, networkId: root.networkId, parents: [missing.id], timeMs: 1, operation };
    const raw = new RawMember(network, { ...self, certificate: [issueRecord(request)] });
    await raw.start();
    return raw;
  }

  test("is dropped once it has given its log", async () => {
    const raw = await outsider();
    await network.hub.connect(raw.id, a.id);
    await until("it is dropped", () => a.network.peers().every(({ peer }) => peer !== raw.id));
    expect(new Set(raw.asked)).toEqual(ABOUT_MEMBERS);
  });

  test("is told nothing and answered nothing as long as it does not give it", async () => {
    const raw = await outsider();
    raw.answers.set("syncMembers", () => new Promise(() => {}));
    await a.node.store("before", "text", { wait: "local" });
    await network.hub.connect(raw.id, a.id);
    const asked = codeOf(raw.network.request(a.id, "entries", encodeSyncEntries([])));
    await a.node.store("file", "text", { wait: "local" });
    await turns(50);
    expect(new Set(raw.asked)).toEqual(ABOUT_MEMBERS);
    const dropped = until("it is dropped", () => a.network.peers().every(({ peer }) => peer !== raw.id));
    await withinClock(network.clock, dropped, { maxMs: 40_000 });
    expect(await asked).not.toBe("nothing");
  });
});
