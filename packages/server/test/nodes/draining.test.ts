import { encodeHoldsVersionsAnswer } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DrainOptions, DrainReport } from "../../src/index.ts";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;

beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function drain({ node }: TestNode, options?: DrainOptions): Promise<DrainReport> {
  return (await withinClock(network.clock, node.drain(options), { maxMs: 300_000 })).value;
}

/** Members besides one that hold a version. */
async function othersWith(one: TestNode, version: string, all: readonly TestNode[]): Promise<number> {
  const records = await Promise.all(
    all.filter((other) => other !== one).map(({ disk }) => disk.entries.get(version as never)),
  );
  return records.filter((record) => record?.complete).length;
}

describe("a node that is drained", () => {
  test("has as many copies made elsewhere as are wanted without it, of older versions too", async () => {
    const all = await network.mesh("a", "b", "c", "d", "e");
    const [a] = all as [TestNode];
    const versions: string[] = [];
    for (let index = 0; index < 12; index++) {
      const stored = a.node.store(`file-${index % 8}`, randomBytes(1000, `${index}`), { wait: "all" });
      versions.push((await withinClock(network.clock, stored, { maxMs: 60_000 })).value.version);
    }
    const before = await Promise.all(versions.map((version) => othersWith(a, version, all)));
    expect(Math.min(...before)).toBeLessThan(3);
    let looked = 0;
    const report = await drain(a, {
      onProgress: ({ versions: count }) => {
        looked = count;
      },
    });
    expect(looked).toBe(12);
    expect(report).toMatchObject({ held: { versions: 12 }, short: { versions: 0 }, shortKeys: [] });
    expect(report.handedOver.versions).toBe(before.filter((count) => count < 3).length);
    const after = await Promise.all(versions.map((version) => othersWith(a, version, all)));
    expect(Math.min(...after)).toBe(3);
    // Once more there is nothing left to do.
    expect(await drain(a)).toMatchObject({ handedOver: { versions: 0 }, short: { versions: 0 } });
    const left = await withinClock(network.clock, a.node.leave(), { maxMs: 60_000 });
    expect(left.value.onlyHere).toMatchObject({ files: 0, older: 0 });
    await a.node.stop();
    const [, b] = all as [TestNode, TestNode];
    expect((await readAll(b.node, "file-7")).equals(randomBytes(1000, "7"))).toBe(true);
  });

  test("waits for members that it is not connected to, which fetch by themselves", async () => {
    const names = ["hub", "b", "c", "d"] as const;
    const all = [];
    for (const name of names) all.push(await network.node(name));
    const [hub, b, ...others] = all as [TestNode, TestNode, ...TestNode[]];
    for (const one of [b, ...others]) await network.connect(hub, one);
    for (let index = 0; index < 6; index++) {
      const stored = hub.node.store(`file-${index}`, randomBytes(1000, `${index}`), { wait: "all" });
      await withinClock(network.clock, stored, { maxMs: 60_000 });
    }
    for (const { id } of others) network.hub.link(hub.id, id).from(hub.id).delayMs = 3000;
    const report = await drain(b);
    expect(report.held.versions).toBeGreaterThan(0);
    expect(report.short.versions).toBe(0);
  });

  test("says of what others took too few, and goes on when it is begun again", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    const greedy = await RawMember.join(network, "greedy");
    await network.hub.connect(greedy.id, a.id);
    await until("a knows it", () => a.parts.members.count === 3);
    // It takes what it is given, and never comes to hold it.
    greedy.answers.set("holdsVersions", () => encodeHoldsVersionsAnswer([]));
    for (let index = 0; index < 3; index++)
      await a.node.store(`file-${index}`, `${index}`, { wait: "local" });
    const report = await drain(a);
    expect(report.short.versions).toBe(3);
    expect(report.shortKeys.map(({ key }) => key).sort()).toEqual(["file-0", "file-1", "file-2"]);
    const stop = new AbortController();
    const stopped = codeOf(a.node.drain({ signal: stop.signal }));
    await until("it asks", () => greedy.asked.includes("storeFile"));
    stop.abort();
    expect((await withinClock(network.clock, stopped, { maxMs: 60_000 })).value).toBe("ABORTED");
    await network.hub.disconnect(greedy.id, a.id);
    const c = await network.node("c");
    await network.connect(a, c);
    await network.connect(b, c);
    const again = await drain(a);
    expect(again).toMatchObject({ held: { versions: 3 }, short: { versions: 3 } });
    await a.node.removeMember("greedy");
    expect(await drain(a)).toMatchObject({ short: { versions: 0 } });
  });

  test("is left out of the placement by every node, until that is taken back", async () => {
    const all = await network.mesh("a", "b", "c", "d", "e");
    const [a, b] = all as [TestNode, TestNode];
    expect(await drain(a)).toMatchObject({ short: { versions: 0 } });
    await until("all know", () => all.every(({ parts }) => parts.members.get(a.id)?.isDraining === true));
    for (let index = 0; index < 8; index++) {
      const stored = b.node.store(`later-${index}`, `${index}`, { wait: "all" });
      const { value } = await withinClock(network.clock, stored, { maxMs: 60_000 });
      expect(value.copies).toBeGreaterThanOrEqual(3);
    }
    expect(a.disk.blobs.usage().bytes).toBe(0);
    await a.node.setAttributes("a", { isDraining: false });
    await until("it fetches what it is to hold", () => a.disk.blobs.usage().bytes > 0);
  });

  test("at an admin's word is emptied by the others, which fetch what it holds", async () => {
    const all = await network.mesh("a", "b", "c", "d", "e");
    const [a, b] = all as [TestNode, TestNode];
    const versions: string[] = [];
    for (let index = 0; index < 8; index++) {
      const stored = a.node.store(`file-${index}`, randomBytes(1000, `${index}`), { wait: "all" });
      versions.push((await withinClock(network.clock, stored, { maxMs: 60_000 })).value.version);
    }
    const elsewhere = async () =>
      Math.min(...(await Promise.all(versions.map((one) => othersWith(b, one, all)))));
    expect(await elsewhere()).toBeLessThan(3);
    await a.node.setAttributes("b", { isDraining: true });
    await until("the others hold as many copies as are wanted", async () => (await elsewhere()) >= 3);
    expect((await a.node.status()).draining).toEqual([{ peer: b.id, name: "b" }]);
    expect((await b.node.status()).draining).toEqual([{ peer: b.id, name: "b" }]);
    expect(b.node.members().find(({ isSelf }) => isSelf)?.isDraining).toBe(true);
  });
});
