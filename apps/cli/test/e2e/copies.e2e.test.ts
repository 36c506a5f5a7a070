import { expect, test } from "vitest";
import { caughtUp, Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { waitFor } from "./support/wait-for.ts";

const lab = Lab.forThisFile();
const nodes = await lab.up("anna", "berta", "carol");
const [anna, berta, carol] = nodes;

/** The report of a job. */
async function reportOf<Event extends { readonly type: string }>(
  events: AsyncIterable<Event>,
): Promise<Event> {
  let last: Event | undefined;
  for await (const event of events) last = event;
  return last as Event;
}

/** A node that was killed is there for its peers until its connection breaks. */
const seesAway = (name: string) =>
  waitFor(`anna sees that ${name} is away`, async () => {
    const peers = await anna.client.peers();
    return !peers.some((peer) => peer.name === name && peer.connected);
  });

test("pin, pins, drop, du and usage say what is kept here, and what takes how much", async () => {
  await anna.client.put("music/one", pseudoBytes("one", 200_000), { wait: "all" });
  await caughtUp(nodes);
  expect((await anna.done(["pin", "music/"])).stdout).toMatch(
    /^pinned music\/: 1 version .*all of it was here$/m,
  );
  expect((await anna.done(["pins"])).stdout).toMatch(/^PINNED +SPACE\nmusic\/ +main$/m);
  expect(JSON.parse((await anna.done(["pins", "--json"])).stdout)).toEqual({
    ...{ space: "main", prefix: "music/", key: false },
  });
  expect((await anna.run(["pin", "music"])).code).toBe(3);
  expect((await berta.done(["pins"])).stdout).toBe("");
  const du = (await berta.done(["du"])).stdout;
  expect(du).toMatch(/^ +200\.0 KB +1 +- {2}music\/$/m);
  expect(du).toMatch(/^ +200\.0 KB +1 +- {2}\(all\)$/m);
  const usage = (await anna.done(["usage"])).stdout;
  expect(usage).toMatch(/^garbage +none$/m);
  expect(usage).toMatch(/^main +1 version \(\d.*\) +-$/m);
  const dropped = (await anna.done(["drop", "music/"])).stdout;
  expect(dropped).toMatch(/^unpinned music\/$/m);
  expect(dropped).toMatch(/^kept 1 version .*the policy wants them here/m);
  await anna.done(["rm", "music/one"]);
});

test("policy set, ls and rm, member set and drain say where copies shall be", async () => {
  await anna.client.put("taxes/1", pseudoBytes("taxes", 1000), { wait: "all" });
  const set = await anna.done(["policy", "set", "taxes/", "--copies", "2", "--require", "carol"]);
  expect(set.stdout).toMatch(
    /^taxes\/: 2 copies, always on carol, old versions for .*; 1 of 1 file there took it on$/m,
  );
  const listed = (await anna.done(["policy", "ls"])).stdout;
  expect(listed).toMatch(/^PREFIX +COPIES +MIN +ZONES +REQUIRED +HISTORY\n/);
  expect(listed).toMatch(/^taxes\/ +2 +2 +1 +carol +/m);
  expect(listed).toMatch(/^\(all, not set\) +3 +2 +1 +- +/m);
  expect((await anna.done(["explain", "taxes/1"])).stdout).toMatch(/^carol +yes +.* required$/m);
  expect((await anna.run(["policy", "rm", "nothing/"])).code).not.toBe(0);
  await anna.done(["policy", "rm", "taxes/"]);
  expect(await anna.client.policies.list()).toMatchObject([{ prefix: "", set: false }]);

  const stated = await anna.done(["member", "set", "carol", "--capacity", "500GB", "--zone", "office"]);
  expect(stated.stdout).toBe("carol can hold 500.0 GB, in office\n");
  expect((await anna.done(["drain", "carol"])).stdout).toContain("carol is being drained");
  expect((await anna.done(["members"])).stdout).toMatch(/^carol .* 500\.0 GB +office +connected, draining /m);
  expect((await anna.done(["status"])).stdout).toMatch(/^draining +carol: given nothing to hold/m);
  const { nodes: ranked } = await anna.client.policies.explain("taxes/1");
  expect(ranked.map(({ name }) => name).sort()).toEqual(["anna", "berta"]);
  await anna.done(["drain", "carol", "--stop"]);
  expect((await anna.client.policies.explain("taxes/1")).nodes).toHaveLength(3);
  await anna.client.remove("taxes/1");
});

test("whereis, safe, plan and status say where copies are, and what changes when a node is killed", async () => {
  for (const key of ["photos/1", "photos/2", "notes"])
    await anna.client.put(key, pseudoBytes(key, 50_000), { wait: "all" });
  await caughtUp(nodes);
  const prefix = "photos/";
  const { copies } = anna.client;
  const all = (await berta.done(["whereis", "photos/1"])).stdout;
  expect(all).toMatch(/^NODE +HOLDS +SHOULD\n/);
  expect(all).toMatch(/berta +yes +yes +this node/);
  expect(all).toContain("3 of 3 wanted copies");
  expect((await anna.run(["whereis", "nothing"])).code).toBe(3);
  expect(await reportOf(copies.safe({ prefix }))).toMatchObject({
    ...{ current: { all: { versions: 2 }, belowCopies: { versions: 0 }, mayLose: 2 }, worst: [] },
  });
  const plan = await anna.done(["plan", "--without", "carol", prefix, "--json"]);
  const foretold = JSON.parse(plan.stdout) as { current: { after: object } };
  expect(foretold).toMatchObject({ without: [{ name: "carol" }], current: { lost: { versions: 0 } } });
  expect((await anna.run(["plan", "--without", "carol,berta", prefix])).code).toBe(6);
  const misled = await anna.run(["plan", "--without", "carol", "berta"]);
  expect([misled.code, misled.stderr]).toEqual([2, expect.stringContaining("--without carol,berta")]);

  expect((await berta.done(["drain"])).stdout).toContain("All have their copies elsewhere: gstore leave");
  expect((await berta.done(["drain", "--stop"])).stdout).toBe("berta holds copies again\n");
  await caughtUp(nodes);

  await carol.kill();
  await seesAway("carol");
  const after = await reportOf(copies.safe({ prefix }));
  expect(after).toMatchObject({
    current: foretold.current.after,
    members: [{ name: "carol", state: "away" }],
  });
  // The whole is looked at, and the status tells of it.
  const { stdout } = await anna.done(["safe"]);
  expect(stdout).toMatch(/^below copies +3 files/m);
  expect(stdout).toMatch(/carol is away, last seen just now; it should hold 3 versions/);
  expect(stdout).toMatch(/any node may be lost without losing data/);
  expect(stdout).toMatch(/2 of 3 +50\.0 KB +(anna, berta|berta, anna) +photos\/1/);
  expect((await anna.done(["status"])).stdout).toMatch(/^copies .*\(gstore safe, just now\)$/m);
  const listed = (await anna.done(["safe", prefix, "--all", "--json"])).stdout.trim().split("\n");
  expect(listed.map((line) => JSON.parse(line))).toMatchObject([
    ...[{ type: "short", key: "photos/1" }, { type: "short", key: "photos/2" }, { type: "report" }],
  ]);
  expect(await copies.whereis("photos/1")).toMatchObject({ copies: 2, wanted: 3, min: 2 });

  await berta.kill();
  await seesAway("berta");
  const alone = await anna.run(["safe", prefix]);
  expect(alone.code).toBe(6);
  expect(alone.stdout).toMatch(/^below min +2 files/m);
  expect(alone.stdout).toContain("no node may be lost without losing data");
});
