import { encodeHeldReceiptsAnswer, encodeHoldsVersionsAnswer, messageType } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PlanReport, SafeOptions, SafetyReport, ShortVersion } from "../../src/index.ts";
import { RawMember } from "../support/raw-member.ts";
import { TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function safe({ node }: TestNode, options?: SafeOptions): Promise<SafetyReport> {
  return (await withinClock(network.clock, node.safe(options), { maxMs: 120_000 })).value;
}

async function plan({ node }: TestNode, ...without: string[]): Promise<PlanReport> {
  return (await withinClock(network.clock, node.plan({ without }), { maxMs: 120_000 })).value;
}

/** Stores files of 100 bytes that all nodes that are connected come to hold. */
async function storeAll(count: number, folder = "all"): Promise<void> {
  for (let index = 0; index < count; index++)
    await a.node.store(`${folder}/${index}`, Buffer.alloc(100, index), { wait: "all" });
}

function goneFrom(away: TestNode, ...others: TestNode[]): void {
  for (const other of others) network.hub.disconnect(away.id, other.id);
}

describe("safe", () => {
  test("finds every file on all nodes, and notes that for the status", async () => {
    await storeAll(5);
    expect((await a.node.status()).safety).toBeNull();
    const report = await safe(a);
    expect(report).toMatchObject({
      current: { all: { versions: 5 }, belowCopies: { versions: 0 }, single: { versions: 0 }, mayLose: 2 },
      older: { all: { versions: 0 }, mayLose: null },
      ...{ members: [], worst: [], unasked: 0 },
    });
    expect(report.current.all.bytes).toBeGreaterThan(100);
    network.clock.advance(5000);
    const { safety } = await a.node.status();
    expect(safety).toEqual({ checkedMs: report.checkedMs, current: report.current });
    expect(safety?.checkedMs).toBeLessThan(network.clock.now());
    // A part says nothing about the whole.
    await storeAll(1, "other");
    await safe(a, { prefix: "other/" });
    expect((await a.node.status()).safety?.current.all.versions).toBe(5);
  });

  test("says what is short when nodes are away, and which", async () => {
    await storeAll(4);
    goneFrom(c, a, b);
    const goneMs = network.clock.now();
    const late = a.node.store("late", "x", { wait: "min" });
    await withinClock(network.clock, late, { maxMs: 60_000 });
    const report = await safe(a);
    expect(report.current).toMatchObject({
      all: { versions: 5 },
      ...{ belowCopies: { versions: 5 }, belowMin: { versions: 0 }, single: { versions: 0 }, mayLose: 1 },
    });
    expect(report.members).toMatchObject([
      { name: "c", state: "away", lastSeenMs: goneMs, lacking: { versions: 5 } },
    ]);
    goneFrom(b, a);
    const alone = await safe(a);
    expect(alone.current).toMatchObject({
      ...{ belowMin: { versions: 5 }, single: { versions: 5 }, none: { versions: 0 }, mayLose: 0 },
    });
    expect(alone.members.map(({ name, state }) => [name, state]).sort()).toEqual([
      ["b", "away"],
      ["c", "away"],
    ]);
    await network.connect(a, b);
    await network.connect(b, c);
    // c is out of a's sight; its receipts come through b.
    await until("c has it", async () => {
      network.clock.advance(100);
      return c.parts.replication.catchUp.behind === 0 && (await c.disk.entries.count()) === 5;
    });
    expect((await safe(a)).current).toMatchObject({ belowCopies: { versions: 0 }, mayLose: 2 });
  });

  test("counts history apart", async () => {
    await a.node.store("file", "first", { wait: "all" });
    await a.node.store("file", "second", { wait: "all" });
    goneFrom(a, b, c);
    const report = await safe(b);
    expect(report.current).toMatchObject({ all: { versions: 1 }, belowCopies: { versions: 1 }, mayLose: 1 });
    expect(report.older).toMatchObject({ all: { versions: 1 }, belowMin: { versions: 0 }, mayLose: 1 });
    const shown = report.worst.map(({ key, isCurrent, copies }) => [key, isCurrent, copies]);
    expect(shown).toContainEqual(["file", false, 2]);
  });

  test("of a member that does not answer says so, asks it once, and goes on", async () => {
    await storeAll(3);
    network.hub.link(a.id, c.id).stall();
    network.hub.link(b.id, c.id).stall();
    const report = await safe(a);
    expect(report.members).toMatchObject([{ name: "c", state: "silent", lacking: { versions: 3 } }]);
    expect(report.current).toMatchObject({ all: { versions: 3 }, mayLose: 1 });
    network.hub.link(a.id, c.id).resume();
    network.hub.link(b.id, c.id).resume();
  });

  test("tells each short version once, waiting for who is told, in few messages", async () => {
    const liar = await RawMember.join(network, "liar");
    await network.hub.connect(liar.id, a.id);
    await until("a knows it", () => a.parts.members.count === 4);
    liar.answers.set("holdsVersions", () => encodeHoldsVersionsAnswer([]));
    liar.answers.set("heldReceipts", () => encodeHeldReceiptsAnswer([]));
    for (let index = 0; index < 30; index++)
      await a.node.store(`wide/${index}`, `${index}`, { wait: "local", copies: 4 });
    const asked: string[] = [];
    network.hub.link(a.id, b.id).from(a.id).onRequest = ({ message }) => asked.push(messageType(message));
    const told: ShortVersion[] = [];
    let running = 0;
    let progress = 0;
    const report = await safe(a, {
      prefix: "wide/",
      onProgress: ({ keys }) => {
        progress = keys;
      },
      onShort: async (version) => {
        expect(++running).toBe(1);
        await turns(1);
        told.push(version);
        running--;
      },
    });
    expect(new Set(told.map(({ key }) => key)).size).toBe(30);
    expect(told.length).toBe(30);
    expect(progress).toBe(30);
    expect(report.worst.length).toBe(20);
    expect(report.members.find(({ name }) => name === "liar")).toMatchObject({ state: "lacks" });
    expect(asked.filter((type) => type === "holdsVersions").length).toBe(1);
  });

  test("on a vault looks at all that it knows, and names nothing", async () => {
    const vault = await network.node("vault", { role: "vault" });
    for (const one of [a, b, c]) await network.connect(vault, one);
    await withinClock(network.clock, a.node.store("file", "x", { copies: 4, wait: "all" }), {
      maxMs: 60_000,
    });
    goneFrom(c, a, b, vault);
    const report = await safe(vault);
    expect(report.current).toMatchObject({ all: { versions: 1 }, belowCopies: { versions: 1 }, mayLose: 2 });
    expect(report.worst).toMatchObject([{ key: null, space: null, copies: 3, wanted: 4 }]);
    expect(await codeOf(vault.node.safe({ prefix: "file" }))).toBe("KEY_MISSING");
  });

  test("ends when its caller wants it to", async () => {
    await storeAll(1);
    network.hub.link(a.id, b.id).stall();
    const stop = new AbortController();
    const running = codeOf(a.node.safe({ signal: stop.signal }));
    await turns(20);
    stop.abort();
    expect(await running).toBe("ABORTED");
    network.hub.link(a.id, b.id).resume();
  });
});

describe("plan", () => {
  test("foretells what is lost, and what is then found when the nodes are gone", async () => {
    await storeAll(4);
    for (let index = 0; index < 20; index++)
      await a.node.store(`single/${index}`, `single ${index}`, { copies: 1, wait: "all" });
    await withinClock(network.clock, turns(200), { maxMs: 20_000 });
    const before = await safe(b);
    const foretold = await plan(b, "a", "c", a.id);
    expect(foretold.without.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(foretold.current.before).toEqual(before.current);
    expect(foretold.current.after).toMatchObject({ all: { versions: 24 }, mayLose: 0 });
    expect(foretold.current.after.belowMin.versions).toBeGreaterThanOrEqual(4);
    expect(foretold.fewerWanted.versions).toBe(4);
    goneFrom(b, a, c);
    const after = await safe(b);
    expect(after.current).toEqual(foretold.current.after);
    expect(foretold.current.lost.versions).toBeGreaterThan(0);
    expect(foretold.current.lost.versions).toBe(
      after.current.none.versions - foretold.current.before.none.versions,
    );
  });

  test("says who would fetch what, and changes nothing", async () => {
    const d = await network.node("d");
    for (const one of [a, b, c]) await network.connect(d, one);
    await storeAll(6);
    await until("all hold what they should", () => {
      network.clock.advance(100);
      return [a, b, c, d].every(({ parts }) => parts.replication.catchUp.behind === 0);
    });
    const foretold = await plan(a, "b");
    const moved = foretold.members.reduce((sum, { fetching }) => sum + fetching.versions, 0);
    expect(moved).toBeGreaterThan(0);
    expect(foretold.members.every(({ name }) => name !== "b")).toBe(true);
    expect(foretold).toMatchObject({ fewerWanted: { versions: 0 }, current: { lost: { versions: 0 } } });
    expect(a.parts.members.count).toBe(4);
    expect(await codeOf(a.node.plan({ without: ["nobody"] }))).toBe("NOT_A_MEMBER");
  });
});
