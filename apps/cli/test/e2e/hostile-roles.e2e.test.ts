import { beforeAll, describe, expect, test } from "vitest";
import { HostilePeer } from "./support/hostile-peer.ts";
import { Lab } from "./support/lab.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

// Members with certificates of their own, by tickets of their own, whose nodes keep no rule (support/hostile): what their
// role does not give them is refused by nodes that run as users run them.

const lab = Lab.forThisFile();
const hostile = HostilePeer.start(lab);
const [anna] = (await lab.init("anna")) as [TestNode];
await anna.up();
await anna.client.membership.createSpace("photos");
const photos = anna.inSpace("photos");
/** Honest, and connected to anna alone: what it comes to know anna has handed on. */
const berta = await lab.join("berta", anna);
await lab.start([anna, berta]);

/** Of each hostile member its id, and what it told of itself. */
const ids: Record<string, string> = {};
/** Ids of the two spaces, and of an entry in each: its key and the digest of its blob. */
const spaces: Record<string, { id: string; keyId: string; digest: string }> = {};

beforeAll(async () => {
  await anna.client.put("plan", Buffer.from("the plan"), { wait: "all" });
  await photos.put("trip", Buffer.from("a photo"), { wait: "all" });
  const ways = {
    reader: { role: "reader" },
    writer: { role: "writer" },
    painter: { role: "writer", spaces: ["photos"] },
    vault: { role: "vault" },
    keeper: { role: "vault", spaces: ["photos"] },
  };
  for (const [as, way] of Object.entries(ways)) ids[as] = (await hostile.join(as, anna, way)).id;
  const log = await hostile.do("log", { as: "writer", to: anna.id });
  const entries = await hostile.do("sync", { as: "writer", to: anna.id });
  for (const { id, name } of log.spaces) {
    const entry = entries.find((one) => one.space === id);
    spaces[name ?? ""] = { id, keyId: entry?.keyId ?? "", digest: entry?.root ?? "" };
  }
  expect(Object.keys(spaces).sort()).toEqual(["main", "photos"]);
});

const to = anna.id;
const spaceOf = (name: string) => spaces[name] as (typeof spaces)[string];

/** Whatever was tried: both nodes show what they showed before, to the member, the key and the entry, and go on. */
async function expectUnharmed(): Promise<void> {
  const probe = `probe ${expect.getState().currentTestName}`;
  await anna.client.put(probe, Buffer.from(probe), { wait: "local" });
  await waitFor("berta has the probe", async () => (await berta.keys()).includes(probe));
  expect((await berta.read(probe)).toString()).toBe(probe);
  await anna.client.remove(probe);
  await waitFor("berta knows that it is gone", async () => !(await berta.keys()).includes(probe));
  for (const node of [anna, berta]) {
    expect(await node.keys()).toEqual(["plan"]);
    expect((await node.read("plan")).toString()).toBe("the plan");
    const keys = [];
    for await (const { key } of node.inSpace("photos").list("")) keys.push(key);
    expect(keys).toEqual(["trip"]);
    const members = await node.client.membership.members();
    expect(members.map(({ name, role }) => `${name} ${role}`).sort()).toEqual(MEMBERS);
    expect((await node.client.membership.spaces()).map(({ name }) => name).sort()).toEqual([
      "main",
      "photos",
    ]);
  }
  const [ours, theirs] = await Promise.all([anna.status(), berta.status()]);
  expect(theirs.entries).toBe(ours.entries);
}

const MEMBERS = [
  ...["anna admin", "berta writer", "keeper vault", "painter writer"],
  ...["reader reader", "vault vault", "writer writer"],
];

describe("entries", () => {
  test.each([
    ["a reader", "reader", "main"],
    ["a vault", "vault", "main"],
    ["a writer limited to another space", "painter", "main"],
    ["a vault limited to another space", "keeper", "main"],
    ["a reader, in a space of its", "reader", "photos"],
  ])(
    "of %s are refused, announced or given when a node syncs, and no node shows them",
    async (_who, as, name) => {
      const space = as === "reader" ? name : spaceOf(name).id;
      const entry = await hostile.do("write", { as, space, key: "forbidden", text: "forbidden", anew: true });
      const announced = { as, to, entries: [entry.id], blobs: false };
      expect(await hostile.do("announce", announced)).toEqual(["refused"]);
      expect(anna.stderr).toContain("may not write to its space");
      // Another member that delivers it changes nothing.
      expect(await hostile.do("announce", { ...announced, as: "writer" })).toEqual(["refused"]);
      await hostile.do("offer", { as: "writer", entries: [entry.id] });
      await hostile.do("announce", { ...announced, as: "writer" });
      await hostile.do("offer", { as: "writer", entries: [] });
      await expectUnharmed();
    },
  );

  test("of a writer in another member's name, or altered, are refused", async () => {
    const written = { as: "writer", space: "main", key: "forged", text: "forged", anew: true };
    for (const author of [anna.id, berta.id, ids.reader as string]) {
      const { id } = await hostile.do("write", { ...written, author });
      expect(await hostile.do("announce", { as: "writer", to, entries: [id] })).toEqual(["refused"]);
    }
    await expectUnharmed();
  });
});

describe("blobs", () => {
  test.each([
    ["a reader", "reader", "main"],
    ["a vault", "vault", "main"],
    ["a writer limited to another space", "painter", "main"],
  ])("of %s are not stored", async (_who, as, name) => {
    const before = await anna.status();
    const space = as === "reader" ? name : spaceOf(name).id;
    const { id, blobs } = await hostile.do("write", { as, space, key: "x", text: `of ${as}`, anew: true });
    const pushed = { as, to, space: spaceOf(name).id, digests: blobs };
    expect(await hostile.codeOf("push", pushed)).toBe("REQUEST_REFUSED");
    if (as !== "painter") {
      expect(await hostile.codeOf("announce", { as, to, entries: [id] })).toBe("REQUEST_REFUSED");
      expect((await anna.status()).blobs).toBe(before.blobs);
    }
    await expectUnharmed();
  });

  test.each([
    ["a writer limited to another space", "painter"],
    ["a vault that does not serve the space", "keeper"],
  ])("are not given to %s, nor is said whether they are there or what the space holds", async (_who, as) => {
    const { id: space, digest, keyId } = spaceOf("main");
    const asked = { as, to, space, digests: [digest] };
    expect(await hostile.codeOf("fetch", asked)).toBe("REQUEST_REFUSED");
    expect(await hostile.codeOf("have", asked)).toBe("REQUEST_REFUSED");
    expect(await hostile.codeOf("heads", { as, to, space, keyId })).toBe("REQUEST_REFUSED");
    await expectUnharmed();
  });
});

describe("blobs of a space", () => {
  test.each([
    ["a writer limited to another space", "painter"],
    ["a vault that does not serve the space", "keeper"],
  ])("are not given to %s that asks in the name of a space of its own", async (_who, as) => {
    const { digest } = spaceOf("main");
    const own = spaceOf("photos");
    const asked = { as, to, space: own.id, digests: [own.digest, digest] };
    expect(await hostile.do("have", asked)).toEqual([true, false]);
    const [given, withheld] = await hostile.do("fetch", asked);
    expect(given).not.toBeNull();
    expect(withheld).toBeNull();
    await expectUnharmed();
  });
});

describe("a vault", () => {
  test("is given no key of any space, and can open no name and no content", async () => {
    for (const as of ["vault", "keeper"]) {
      const log = await hostile.do("log", { as, to });
      expect(log.spaces).toHaveLength(2);
      for (const space of log.spaces) expect(space).toMatchObject({ name: null, epochs: [] });
    }
    const { id: space, digest } = spaceOf("main");
    const [blob] = await hostile.do("fetch", { as: "vault", to, space, digests: [digest] });
    const bytes = Buffer.from(blob ?? "", "base64");
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.includes("the plan")).toBe(false);
    const { vault } = ids;
    const wished = { as: "vault", deeds: [{ op: "grant", space, member: vault as string }] as const };
    const records = await hostile.do("issue", wished);
    expect(await hostile.codeOf("pushMembers", { as: "vault", to, records })).toBe("REQUEST_REFUSED");
    await expectUnharmed();
  });

  test("limited to a space is given the keys of no other, nor is a writer so limited", async () => {
    const log = await hostile.do("log", { as: "painter", to });
    const held = log.spaces.filter(({ epochs }) => epochs.length > 0);
    expect(held.map(({ name }) => name)).toEqual(["photos"]);
  });
});

describe("membership records of who is no admin", () => {
  const who = ["writer", "reader", "vault", "painter"];
  const puppet = "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq";

  test.each(who)("of a %s are refused, whatever they do", async (as) => {
    const self = ids[as] as string;
    const space = spaceOf("main").id;
    const deeds = [
      { op: "admit", member: puppet },
      { op: "admit", member: self, name: as },
      { op: "remove", member: anna.id },
      { op: "remove", member: berta.id },
      { op: "changeRole", member: self, role: "admin" },
      { op: "changeRole", member: anna.id, role: "reader" },
      { op: "createSpace" },
      { op: "epoch", space },
      { op: "grant", space },
      { op: "recovery" },
    ] as const;
    for (const deed of deeds) {
      const records = await hostile.do("issue", { as, deeds: [deed] });
      const code = await hostile.codeOf("pushMembers", { as, to, records });
      expect({ deed, code }).toEqual({ deed, code: "REQUEST_REFUSED" });
    }
    await expectUnharmed();
  });

  test("do not count either behind ones that would give the right", async () => {
    const self = ids.writer as string;
    for (const byThrowaway of [false, true]) {
      const [first] = await hostile.do("issue", {
        as: "writer",
        deeds: [{ op: "admit", member: self, role: "admin" }],
        byThrowaway,
      });
      const more = await hostile.do("issue", {
        as: "writer",
        deeds: [{ op: "admit", member: puppet }],
        parents: [first as string],
      });
      const both = [first as string, ...more];
      for (const records of [both, both.toReversed()])
        expect(await hostile.codeOf("pushMembers", { as: "writer", to, records })).toBe("REQUEST_REFUSED");
      await hostile.do("pushMembers", { as: "writer", to, records: more });
    }
    await expectUnharmed();
  });
});
