import { rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { HostilePeer } from "./support/hostile-peer.ts";
import { Lab } from "./support/lab.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

// A member that is removed, and a friend of its that is still in and does for it what it can (support/hostile).

/** What the product promises. */
const DROPPED_MS_MAX = 2000;

const lab = Lab.forThisFile();
const hostile = HostilePeer.start(lab);
const [anna] = (await lab.init("anna")) as [TestNode];
await anna.up();
/** Honest, and connected to anna alone at first. */
const berta = await lab.join("berta", anna);
await lab.start([anna, berta]);

type Note = Awaited<ReturnType<typeof write>>;
const written: Note[] = [];
let mallory: { id: string };
let heads: readonly string[];
let plan: { space: string; root: string };

function write(key: string, more: object = {}) {
  return hostile.do("write", { as: "mallory", space: "main", key, text: key, ...more });
}

function announced(as: string, to: TestNode, ...entries: string[]) {
  return hostile.do("announce", { as, to: to.id, entries, blobs: false });
}

beforeAll(async () => {
  mallory = await hostile.join("mallory", anna);
  await hostile.join("friend", anna);
  for (const as of ["mallory", "friend"]) await hostile.do("connect", { as, address: berta.address });
  for (const key of ["one", "two", "three"]) {
    const note = await write(key);
    written.push(note);
    const stored = { as: "mallory", to: anna.id, entries: [note.id] };
    expect(await hostile.do("announce", stored)).toEqual(["held"]);
  }
  await anna.client.put("plan", Buffer.from("the plan"), { wait: "all" });
  await waitFor("berta has all of it", async () => (await berta.keys()).length === 4);
  heads = (await hostile.do("log", { as: "mallory", to: anna.id })).heads;
  const entries = await hostile.do("sync", { as: "mallory", to: anna.id });
  const entry = entries.find(({ author }) => author === anna.id);
  plan = { space: entry?.space ?? "", root: entry?.root ?? "" };
  expect(await hostile.do("open", { as: "mallory", entry: entry?.id ?? "" })).toBe("plan");
});

test("all its connections are closed within 2 s, and until then and afterwards everything is refused", async () => {
  const nodes = [anna, berta];
  const fetched = { as: "mallory", space: plan.space, digest: plan.root };
  for (const { id } of nodes) await hostile.do("openBulk", { ...fetched, to: id });
  const transfers = nodes.map(({ id }) => hostile.do("bulkEnd", { as: "mallory", to: id }));
  // It does not answer that it was told, which would end the connection sooner.
  await hostile.do("hush", { as: "mallory" });
  const hammering = nodes.map(({ id }) => hostile.do("hammer", { ...fetched, to: id }));
  const gone = nodes.map(({ id }) => hostile.do("gone", { as: "mallory", peer: id }));
  const begun = performance.now();
  await anna.client.membership.removeMember("mallory");
  await Promise.all(gone);
  expect(performance.now() - begun).toBeLessThan(DROPPED_MS_MAX);
  expect(await Promise.all(transfers)).toEqual(["CONNECTION_LOST", "CONNECTION_LOST"]);
  for (const ends of await Promise.all(hammering)) {
    for (const purpose of ["entries", "membership", "blobs"])
      expect(ends, purpose).toHaveProperty(`${purpose} NOT_A_MEMBER`);
  }
  for (const node of nodes) {
    const connect = { as: "mallory", address: node.address };
    expect(await hostile.codeOf("connect", connect)).toBe("NOT_A_MEMBER");
    expect((await node.client.membership.members()).map(({ name }) => name)).not.toContain("mallory");
  }
});

test("what is written from then on it can't read, whatever a friend hands it", async () => {
  for (const [index, node] of [anna, berta].entries()) {
    const key = `after ${index}`;
    await node.client.put(key, Buffer.from("not for mallory"), { wait: "all" });
    const seen = await waitFor("the friend has it", async () => {
      const entries = await hostile.do("sync", { as: "friend", to: anna.id });
      return entries.findLast(({ author }) => author === node.id);
    });
    await hostile.do("log", { as: "friend", to: anna.id });
    const told = await hostile.do("tell", { as: "mallory", from: "friend" });
    expect(told.removed).toContain(mallory.id);
    expect(await hostile.do("open", { as: "friend", entry: seen.id })).toBe(key);
    expect(await hostile.codeOf("open", { as: "mallory", entry: seen.id })).toBe("KEY_MISSING");
  }
});

test("what it writes later, backdated, renumbered or in place of what it wrote counts nowhere, whoever delivers it", async () => {
  const [first, second, third] = written as [Note, Note, Note];
  const backdated = { heads, timeMs: 1_700_000_000_000 };
  const attempts = {
    "the next one": await write("later", { seq: 4, prev: third.id }),
    "under the heads it knew": await write("backdated", { ...backdated, seq: 4, prev: third.id }),
    "in place of the second": await write("fork", { ...backdated, seq: 2, prev: first.id }),
    "in place of the last": await write("fork", { ...backdated, seq: 3, prev: second.id }),
    "in place of the first": await write("fork", { ...backdated, seq: 1, prev: null }),
    "numbered anew": await write("anew", { ...backdated, anew: true }),
  };
  for (const node of [anna, berta]) {
    const before = await node.status();
    for (const [what, { id }] of Object.entries(attempts)) {
      await hostile.do("offer", { as: "friend", entries: [id] });
      expect({ what, is: await announced("friend", node, id) }).toEqual({ what, is: ["refused"] });
    }
    await hostile.do("offer", { as: "friend", entries: [] });
    expect((await node.status()).entries).toBe(before.entries);
    expect(await node.keys()).toEqual(["after 0", "after 1", "one", "plan", "three", "two"]);
  }
});

test("a node that comes later is given its history as it was, though the friend comes first with another", async () => {
  const carol = await lab.join("carol", anna);
  // What join keeps there is anna's address.
  await rm(join(carol.dir, "config.toml"));
  await carol.up();
  await hostile.do("connect", { as: "friend", address: carol.address });
  const [first] = written as [Note];
  const forged = await write("forged", { heads, seq: 2, prev: first.id });
  const more = await write("forged too", { heads, seq: 3, prev: forged.id });
  const renewed = await write("forged anew", { heads, anew: true });
  await hostile.do("offer", { as: "friend", entries: [first.id, forged.id, more.id] });
  for (const entries of [[first.id, forged.id, more.id], [first.id, forged.id], [first.id], [renewed.id]])
    await announced("friend", carol, ...entries);
  await hostile.do("offer", { as: "friend", entries: [] });
  expect(await carol.client.peers()).not.toContainEqual(
    expect.objectContaining({ name: "anna", connected: true }),
  );
  await carol.client.connect(anna.address);
  const genuine = ["after 0", "after 1", "one", "plan", "three", "two"];
  await waitFor("carol has what there is", async () => (await carol.keys()).length >= genuine.length);
  expect(await carol.keys()).toEqual(genuine);
  const known = await hostile.do("sync", { as: "friend", to: carol.id });
  for (const { id } of [forged, more, renewed]) expect(known.map((entry) => entry.id)).not.toContain(id);
});

test("an admin that is removed admits nobody any more, and takes nobody along", async () => {
  await hostile.join("boss", anna, { role: "admin" });
  const certificate = await hostile.do("certificate", { as: "boss" });
  await anna.client.membership.removeMember("boss");
  await hostile.do("gone", { as: "boss", peer: anna.id });
  const puppet = await hostile.do("pretend", { as: "puppet", of: "boss", with: "issued" });
  const deeds = [
    { op: "remove", member: anna.id },
    { op: "remove", member: berta.id },
    { op: "admit", member: puppet.id },
    { op: "changeRole", member: mallory.id, role: "admin" },
    { op: "admit", member: mallory.id },
    { op: "epoch", space: plan.space },
  ] as const;
  const before = await anna.client.membership.members();
  for (const deed of deeds) {
    const records = await hostile.do("issue", {
      as: "boss",
      deeds: [deed],
      parents: certificate.slice(0, 1),
    });
    await hostile.codeOf("pushMembers", { as: "friend", to: anna.id, records });
  }
  for (const node of [anna, berta]) {
    for (const as of ["puppet", "boss"]) {
      const code = await hostile.codeOf("connect", { as, address: node.address });
      expect({ as, node: node.name, code }).toEqual({ as, node: node.name, code: "NOT_A_MEMBER" });
    }
    const ids = (await node.client.membership.members()).map(({ id }) => id).sort();
    expect(ids).toEqual(before.map(({ id }) => id).sort());
    const key = `still ${node.name}`;
    await node.client.put(key, Buffer.from(key), { wait: "local" });
    await waitFor("the other one has it", async () => {
      return (await Promise.all([anna.keys(), berta.keys()])).every((keys) => keys.includes(key));
    });
  }
});
