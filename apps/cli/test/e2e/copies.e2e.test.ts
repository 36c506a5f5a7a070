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

  expect((await berta.done(["drain"])).stdout).toContain("All have their copies elsewhere: gstore leave");

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
