import { GstoreError } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RepairOptions } from "../../src/repair/repair-api.ts";
import type { SyncedFile } from "../../src/synced-file.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MINUTE_MS = 60_000;
const KIB = 1024;
/** All is looked through every ten minutes, and copies too many go then. */
const repair: Partial<RepairOptions> = { walkEveryMs: 10 * MINUTE_MS, auditEveryMs: 1e12 };

let network: TestNetwork;
let nodes: TestNode[];
let file: SyncedFile;
/** The one that pins. */
let p: TestNode;

beforeEach(async () => {
  network = new TestNetwork("pins");
  file = memoryFile();
  nodes = [];
  for (const name of ["p", "a", "b"]) {
    const node = await network.node(name, { repair, ...(name === "p" && { pinsFile: file }) });
    for (const other of nodes) await network.connect(node, other);
    nodes.push(node);
  }
  [p] = nodes as [TestNode];
  await until("all know all", () => nodes.every(({ parts }) => parts.members.count === 3));
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

function memoryFile(): SyncedFile {
  let content: Uint8Array | null = null;
  return {
    path: "pins.json",
    read: async () => content,
    replace: async (bytes) => {
      content = bytes;
    },
  };
}

async function holds({ disk }: TestNode, version: Parameters<TestNode["disk"]["entries"]["get"]>[0]) {
  return (await disk.entries.get(version))?.complete === true;
}

/** Stores, by one of the others, keys that have their one copy there. */
async function storeElsewhere(folder: string, count: number, bytes = 200 * KIB) {
  const found: { key: string; version: Awaited<ReturnType<TestNode["node"]["store"]>>["version"] }[] = [];
  for (let number = 0; found.length < count; number++) {
    const key = `${folder}${number}`;
    const [, author] = nodes as [TestNode, TestNode];
    const { version } = await author.node.store(key, randomBytes(bytes, key), { copies: 1, wait: "local" });
    const body = (await author.disk.entries.get(version))?.entry.body;
    if (body !== undefined && author.parts.placement.shouldHold(author.id, body))
      found.push({ key, version });
    else await author.node.remove(key);
  }
  await until("p knows them", async () => {
    const keys = (await p.node.list(folder)).items.map(({ key }) => key);
    return found.every(({ key }) => keys.includes(key));
  });
  return found;
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 30_000) {
    network.clock.advance(30_000);
    await turns(15);
  }
  await turns(100);
}

describe("a pin", () => {
  test("of a prefix fetches what is below it and keeps it, whatever the placement says, until it is dropped", async () => {
    const films = await storeElsewhere("films/", 3);
    const [other] = await storeElsewhere("filmsother/", 1);
    const report = await p.node.pin("films/");
    expect(report).toMatchObject({
      pin: { space: "main", prefix: "films/", isKey: false },
      fetched: { versions: 3 },
      missing: { versions: 0 },
    });
    expect(await holds(p, (other as { version: (typeof films)[0]["version"] }).version)).toBe(false);
    await pass(60 * MINUTE_MS);
    for (const { version } of films) expect(await holds(p, version)).toBe(true);
    const dropped = await p.node.drop("films/");
    expect(dropped).toMatchObject({
      unpinned: [{ prefix: "films/" }],
      dropped: { versions: 3 },
      needed: { versions: 0 },
      pinned: { versions: 0 },
    });
    expect(p.node.pins()).toEqual([]);
    await pass(60 * MINUTE_MS);
    for (const { version } of films) expect(await holds(p, version)).toBe(false);
    // Collected: what is left are the blobs of what p should hold.
    await p.parts.collection.collector.collect();
    expect((await readAll(p.node, films[0]?.key as string)).length).toBe(200 * KIB);
  });

  test("keeps what comes later, also after a restart, and no name of it stands in clear on the disk", async () => {
    await p.node.pin("films/");
    expect(Buffer.from((await file.read()) ?? []).toString()).toContain('"sealed"');
    expect(Buffer.from((await file.read()) ?? []).toString()).not.toMatch(/films|main/);
    const [first] = await storeElsewhere("films/", 1);
    await until("p has fetched it", () => holds(p, first?.version as never));
    await p.node.stop();
    p = await network.node("p", { self: p.self, disk: p.disk.reopened(), pinsFile: file, repair });
    for (const other of nodes.slice(1)) await network.connect(p, other);
    expect(p.node.pins()).toEqual([{ space: "main", prefix: "films/", isKey: false }]);
    await pass(60 * MINUTE_MS);
    expect(await holds(p, first?.version as never)).toBe(true);
    const [second] = await storeElsewhere("films/more ", 1);
    await until("p has fetched it", () => holds(p, second?.version as never));
  });

  test("of one key is for that key alone, and a wider one keeps what a narrower one is dropped of", async () => {
    const [one, two] = await storeElsewhere("film ", 2);
    await p.node.pin(one?.key as string);
    expect(await holds(p, one?.version as never)).toBe(true);
    expect(await holds(p, two?.version as never)).toBe(false);
    await p.node.pin("");
    await until("p has all", () => holds(p, two?.version as never));
    await pass(2 * MINUTE_MS);
    const report = await p.node.drop(one?.key as string);
    expect(report).toMatchObject({ dropped: { versions: 0 }, pinned: { versions: 1 } });
    expect(p.node.pins()).toEqual([{ space: "main", prefix: "", isKey: false }]);
    expect(await codeOf(p.node.pin("film 99999"))).toBe("KEY_NOT_FOUND");
  });

  test("that nobody can serve stands, and is served once somebody can", async () => {
    const [one] = await storeElsewhere("films/", 1);
    const [, a] = nodes as [TestNode, TestNode];
    network.hub.link(p.id, a.id).severed = true;
    network.hub.disconnect(p.id, a.id);
    const { value: report } = await withinClock(network.clock, p.node.pin("films/"), { maxMs: 60_000 });
    expect(report).toMatchObject({ fetched: { versions: 0 }, missing: { versions: 1 } });
    expect(report.missingKeys).toEqual([one?.key]);
    network.hub.link(p.id, a.id).severed = false;
    await network.connect(p, a);
    await until("p has it", () => holds(p, one?.version as never));
  });
});

describe("a copy that is dropped", () => {
  test("goes only as far as the others hold enough: what is placed here stays, and what nobody else has", async () => {
    const { version } = await p.node.store("mine", randomBytes(200 * KIB, "mine"), {
      copies: 3,
      wait: "local",
    });
    await until("all hold it", async () =>
      (await Promise.all(nodes.map((node) => holds(node, version)))).every(Boolean),
    );
    await pass(2 * MINUTE_MS);
    expect(await p.node.drop("mine")).toMatchObject({ dropped: { versions: 0 }, placed: { versions: 1 } });
    const [one] = await storeElsewhere("films/", 1);
    expect(await p.node.pin("films/")).toMatchObject({ fetched: { versions: 1 } });
    for (const other of nodes.slice(1)) {
      network.hub.link(p.id, other.id).severed = true;
      network.hub.disconnect(p.id, other.id);
    }
    expect(await p.node.drop("films/")).toMatchObject({ dropped: { versions: 0 }, needed: { versions: 1 } });
    expect(await holds(p, one?.version as never)).toBe(true);
  });

  test("is not one where the list of pins is damaged: nothing is given up until it stands again", async () => {
    const [one] = await storeElsewhere("films/", 1);
    await p.node.pin("films/");
    await p.node.stop();
    await file.replace(Buffer.from("{"));
    p = await network.node("p", { self: p.self, disk: p.disk.reopened(), pinsFile: file, repair });
    for (const other of nodes.slice(1)) await network.connect(p, other);
    await pass(60 * MINUTE_MS);
    expect(await holds(p, one?.version as never)).toBe(true);
    expect(() => p.node.pins()).toThrow(GstoreError);
    await p.node.pin("films/");
    expect(p.node.pins()).toHaveLength(1);
  });
});
