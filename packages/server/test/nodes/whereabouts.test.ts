import { digestOf, type EntryId, HELD_RECEIPTS_VERSIONS_MAX, type SpaceId } from "@gstore/core";
import {
  decodeHeldReceipts,
  decodeHoldsVersions,
  encodeHeldReceiptsAnswer,
  encodeHoldsVersionsAnswer,
  messageType,
} from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Whereabouts, WhereisOptions } from "../../src/index.ts";
import { surveyOf } from "../../src/operations/whereis.ts";
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

async function whereis({ node }: TestNode, options?: WhereisOptions): Promise<Whereabouts> {
  return (await withinClock(network.clock, node.whereis("file", options), { maxMs: 30_000 })).value;
}

/** Each member by name: its state, how it was shown, and whether it should hold the version. */
function statesOf({ members }: Whereabouts): Record<string, string> {
  const shown = members.map(({ name, state, proof, isPlaced }) => {
    const words = [state, proof, isPlaced ? "placed" : null].filter((word) => word !== null);
    return [name, words.join(" ")];
  });
  return Object.fromEntries(shown);
}

describe("whereis", () => {
  test("asks every connected member, and says who else should hold it", async () => {
    const [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
    const stored = await a.node.store("file", "text", { wait: "all" });
    const all = await whereis(b);
    expect(statesOf(all)).toEqual({
      a: "holds connected placed",
      b: "holds here placed",
      c: "holds connected placed",
    });
    expect(all).toMatchObject({ version: stored.version, size: 4, copies: 3, wanted: 3, min: 2 });
    network.hub.disconnect(a.id, c.id);
    network.hub.disconnect(b.id, c.id);
    const goneMs = network.clock.now();
    network.clock.advance(60_000);
    const without = await whereis(a);
    expect(statesOf(without)).toMatchObject({ b: "holds connected placed", c: "away placed" });
    expect(without.copies).toBe(2);
    expect(without.members.find(({ name }) => name === "c")?.lastSeenMs).toBe(goneMs);
  });

  test("says of which versions a member lacks one, and of older versions by name", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    const first = await a.node.store("file", "first", { wait: "all" });
    network.hub.link(a.id, b.id).stall();
    const second = a.node.store("file", "second", { wait: "local" });
    await withinClock(network.clock, second, { maxMs: 30_000 });
    network.hub.disconnect(a.id, b.id);
    network.hub.link(a.id, b.id).resume();
    expect(statesOf(await whereis(a))).toEqual({ a: "holds here placed", b: "away placed" });
    const raw = await RawMember.join(network, "raw");
    await network.hub.connect(raw.id, a.id);
    await until("a knows it", () => a.parts.members.count === 3);
    raw.answers.set("holdsVersions", () => encodeHoldsVersionsAnswer([]));
    raw.answers.set("heldReceipts", () => encodeHeldReceiptsAnswer([]));
    expect(statesOf(await whereis(a))).toMatchObject({ raw: "lacks placed" });
    const older = await whereis(a, { version: first.version });
    expect(older.version).toBe(first.version);
    await network.connect(a, b);
    expect(statesOf(await whereis(a, { version: first.version }))).toMatchObject({
      b: "holds connected placed",
    });
  });

  test("asks members out of sight by receipts through others, for as many versions as one asks about", async () => {
    const a = await network.node("a");
    const b = await network.node("b");
    const c = await network.node("c");
    await network.connect(a, b);
    await network.connect(b, c);
    await until("a knows all", () => a.parts.members.count === 3);
    await withinClock(network.clock, a.node.store("file", "text", { wait: "all" }), { maxMs: 30_000 });
    expect(statesOf(await whereis(a))).toMatchObject({ c: "holds receipt placed" });
    const versions: EntryId[] = [];
    for (let index = 0; index < 2 * HELD_RECEIPTS_VERSIONS_MAX + 3; index++) {
      const stored = a.node.store(`many/${index}`, `${index}`, { wait: "local" });
      versions.push((await stored).version);
    }
    await until("c has them", async () => {
      network.clock.advance(50);
      const records = await Promise.all(versions.map((version) => c.disk.entries.get(version)));
      return records.every((record) => record?.complete);
    });
    const records = await Promise.all(versions.map(async (version) => await a.disk.entries.get(version)));
    const known = records.filter((record) => record !== undefined);
    const found = await surveyOf(a.parts, undefined).find(known);
    for (const version of versions) expect(found.holders.get(version)?.get(c.id)).toBe("receipt");
    // Where there are enough without them nobody out of sight is asked.
    let questions = 0;
    network.hub.link(a.id, b.id).from(a.id).onRequest = ({ message }) => {
      if (messageType(message) === "heldReceipts") questions++;
    };
    const two = await surveyOf(a.parts, undefined).find(known, () => 2);
    expect(two.holders.get(versions[0] as EntryId)?.size).toBe(2);
    expect(questions).toBe(0);
  });

  test("names members that do not answer, and asks them once", async () => {
    const [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
    const stored = await a.node.store("file", "text", { wait: "all" });
    network.hub.link(a.id, c.id).stall();
    const { value: found, tookMs } = await withinClock(network.clock, a.node.whereis("file"), {
      maxMs: 30_000,
    });
    expect(tookMs).toBeLessThan(20_000);
    // It signed for b what it did not say itself.
    expect(statesOf(found)).toMatchObject({ b: "holds connected placed" });
    network.hub.link(b.id, c.id).stall();
    const record = await a.disk.entries.get(stored.version);
    if (record === undefined) throw new Error("a has its own entry");
    const survey = surveyOf(a.parts, undefined);
    const first = await withinClock(network.clock, survey.find([record]), { maxMs: 60_000 });
    expect([...survey.silent]).toEqual([c.id]);
    expect(first.value.holders.get(stored.version)?.has(c.id)).toBe(false);
    const way = network.hub.link(a.id, c.id).from(a.id);
    const before = way.requests;
    await withinClock(network.clock, survey.find([record]), { maxMs: 60_000 });
    expect(way.requests).toBe(before);
    expect(statesOf(await whereis(a))).toMatchObject({ c: "silent placed" });
    network.hub.link(a.id, c.id).resume();
    network.hub.link(b.id, c.id).resume();
  });

  test("believes no member about versions that it was not asked about, nor of spaces that it may not hold", async () => {
    const a = await network.node("a");
    const liar = await RawMember.join(network, "liar");
    const outsider = await RawMember.join(network, "outsider", "writer", []);
    const invented = digestOf(Buffer.from("invented")) as unknown as EntryId;
    const questions: number[] = [];
    for (const member of [liar, outsider]) {
      member.answers.set("holdsVersions", (message) => {
        questions.push(decodeHoldsVersions(message).length);
        return encodeHoldsVersionsAnswer([invented]);
      });
      member.answers.set("heldReceipts", (message) => {
        decodeHeldReceipts(message);
        return encodeHeldReceiptsAnswer([]);
      });
      await network.hub.connect(member.id, a.id);
    }
    await until("a knows them", () => a.parts.members.count === 3);
    await a.node.store("file", "text", { wait: "local" });
    expect(statesOf(await whereis(a))).toEqual({
      a: "holds here placed",
      liar: "lacks placed",
      outsider: "excluded",
    });
    expect(questions).toEqual([1]);
  });

  test("believes no member that is asked of one space about versions of another", async () => {
    const a = await network.node("a");
    await a.node.createSpace("other");
    const other = a.node.spaces().find(({ name }) => name === "other")?.id as SpaceId;
    const liar = await RawMember.join(network, "liar", "writer", [other]);
    await network.hub.connect(liar.id, a.id);
    await until("a knows it", () => a.parts.members.count === 2);
    const secret = await a.node.store("file", "text", { wait: "local" });
    const shared = await a.node.store("file", "text", { space: "other", wait: "local" });
    liar.answers.set("holdsVersions", () => encodeHoldsVersionsAnswer([secret.version, shared.version]));
    const stored = await Promise.all([secret, shared].map(({ version }) => a.disk.entries.get(version)));
    const records = stored.filter((record) => record !== undefined);
    const { holders } = await surveyOf(a.parts, undefined).find(records);
    expect(holders.get(shared.version)?.has(liar.id)).toBe(true);
    expect(holders.get(secret.version)?.has(liar.id)).toBe(false);
  });

  test("ends when its caller wants it to, and rejects for a key that nobody has", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    await a.node.store("file", "text", { wait: "all" });
    expect(await codeOf(a.node.whereis("other"))).toBe("KEY_NOT_FOUND");
    network.hub.link(a.id, b.id).stall();
    const stop = new AbortController();
    const asked = codeOf(a.node.whereis("file", { signal: stop.signal }));
    await turns(20);
    stop.abort();
    expect(await asked).toBe("ABORTED");
    network.hub.link(a.id, b.id).resume();
  });
});
