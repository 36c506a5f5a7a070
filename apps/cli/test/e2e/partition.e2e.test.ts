import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Ballast } from "./support/ballast.ts";
import { caughtUp, connected, Lab } from "./support/lab.ts";
import { canMakeNamespaces, Hosts } from "./support/net-namespaces.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { canMount, mountSmallDisk } from "./support/small-disk.ts";
import { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const NAMES = ["anna", "berta", "carol", "dora", "emil"] as const;
/** The hosts that are cut off: a minority of two. */
const APART = [3, 4];
const SMALL_DISK_MIB = 64;

describe.skipIf(!canMakeNamespaces || !canMount)(
  "five nodes on hosts of their own (needs root)",
  async () => {
    if (!canMakeNamespaces || !canMount) return;
    const lab = Lab.forThisFile();
    const hosts = await Hosts.make(lab, NAMES.length);
    const smallDisk = await mountSmallDisk(lab, SMALL_DISK_MIB);
    const ballast = new Ballast(join(smallDisk, "ballast"));
    const nodes: TestNode[] = [];
    for (const name of NAMES) {
      const dir = name === "carol" ? join(smallDisk, "node") : await lab.path(name);
      nodes.push(lab.keep(await TestNode.init(dir, name, { from: nodes[0] })));
    }
    const start = async (host: number): Promise<void> => {
      const bootstrap = nodes.filter(({ isUp }) => isUp).map(({ address }) => address);
      const listen = `${hosts.address(host)}:4000`;
      await nodes[host]?.up({ netns: hosts.namespace(host), listen, bootstrap });
    };
    for (const host of nodes.keys()) await start(host);
    await connected(nodes);
    const [anna, berta, carol, dora, emil] = nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];

    /** Each side has noticed that the other is gone. */
    const apart = (): Promise<boolean> =>
      waitFor("the sides have lost each other", async () => {
        const seen = await Promise.all(
          nodes.map(async ({ client }) => (await client.peers()).filter((peer) => peer.connected).length),
        );
        return seen.join() === "2,2,2,1,1";
      });

    test("a partition: both sides write and remove, and agree on all of it afterwards", async () => {
      const before = pseudoBytes("before", 300_000);
      for (const key of ["both", "edited", "removed", "kept"])
        await anna.client.put(key, before, { wait: "all" });
      await caughtUp(nodes);
      await hosts.setApart(APART);
      await apart();

      const byAnna = await anna.client.put("both", pseudoBytes("by anna", 400_000), { wait: "min" });
      expect(byAnna.copies).toBeGreaterThanOrEqual(2);
      const byDora = await dora.client.put("both", pseudoBytes("by dora", 500_000), { wait: "min" });
      expect(byDora.holders.map(({ name }) => name).sort()).toEqual(["dora", "emil"]);
      await berta.client.remove("removed");
      await berta.client.remove("edited");
      await emil.client.put("edited", pseudoBytes("by emil", 100_000), { wait: "min" });

      await hosts.join(APART);
      await connected(nodes, { deadlineMs: 90_000 });
      await caughtUp(nodes, { deadlineMs: 60_000 });
      const winner = await anna.client.stat("both");
      for (const node of nodes) {
        expect(await node.keys(), node.name).toEqual(["both", "edited", "kept"]);
        expect(await node.client.stat("both"), node.name).toMatchObject({ version: winner.version });
        const conflicts = (await node.client.history.conflictsPage("")).items;
        expect(conflicts.map(({ key }) => key).sort(), node.name).toEqual(["both", "edited"]);
        expect((await node.read("edited")).equals(pseudoBytes("by emil", 100_000)), node.name).toBe(true);
        expect((await node.read("kept")).equals(before), node.name).toBe(true);
      }
      const contending = (await emil.client.history.conflictsPage("both")).items[0]?.versions ?? [];
      expect(contending.map(({ version }) => version).sort()).toEqual(
        [byAnna.version, byDora.version].sort(),
      );
      await emil.done(["resolve", "both", "--keep", byAnna.version]);
      await caughtUp(nodes);
      for (const node of nodes)
        expect((await node.read("both")).equals(pseudoBytes("by anna", 400_000)), node.name).toBe(true);
    });

    test("kill -9 of a writer and a holder in the midst of puts: the rest read what any of them acknowledged", async () => {
      const acknowledged = new Map<
        string,
        { readonly content: Buffer; readonly holders: readonly string[] }
      >();
      let isOver = false;
      const writing = async (node: TestNode): Promise<void> => {
        for (let count = 0; !isOver; count++) {
          const key = `killed/${node.name}/${count}`;
          const content = pseudoBytes(key, 60_000 + 50_000 * (count % 6));
          try {
            const { holders } = await node.client.put(key, content, { copies: 3, wait: "min" });
            acknowledged.set(key, { content, holders: holders.map(({ name }) => name) });
          } catch (error) {
            if (!isOver) throw error;
          }
        }
      };
      const writers = [anna, emil].map(writing);
      await waitFor("both have stored some", () => {
        const keys = [...acknowledged.keys()];
        return ["anna", "emil"].every((name) => keys.filter((key) => key.includes(name)).length >= 5);
      });
      isOver = true;
      await Promise.all([anna.kill(), dora.kill()]);
      await Promise.all(writers);
      const rest = [berta, carol, emil];
      for (const [key, { content, holders }] of acknowledged) {
        if (!rest.some(({ name }) => holders.includes(name))) continue;
        for (const node of rest)
          expect((await node.read(key)).equals(content), `${key} on ${node.name}`).toBe(true);
      }
      await start(0);
      await start(3);
      await connected(nodes, { deadlineMs: 90_000 });
      await caughtUp(nodes, { deadlineMs: 60_000 });
      for (const node of nodes) {
        for (const [key, { content }] of acknowledged)
          expect((await node.read(key)).equals(content), `${key} on ${node.name}`).toBe(true);
        await node.done(["verify"]);
      }
    });

    test("a full disk on one: the others hold what it can't, and it serves what it has and reads the rest from them", async () => {
      await ballast.takeAll();
      const held = await carol.keys();
      expect((await carol.run(["put", "-", "huge"], { input: pseudoBytes("huge", 2_000_000) })).code).toBe(1);
      const stored = new Map<string, Buffer>();
      for (let count = 0; count < 6; count++) {
        const key = `full/${count}`;
        const content = pseudoBytes(key, 2_000_000);
        const { copies, holders } = await anna.client.put(key, content, { copies: 4, wait: "min" });
        expect(copies, key).toBeGreaterThanOrEqual(2);
        expect(holders.map(({ name }) => name)).not.toContain("carol");
        stored.set(key, content);
      }
      for (const [key, content] of stored)
        for (const node of nodes.filter((one) => one !== carol))
          expect((await node.read(key)).equals(content), `${key} on ${node.name}`).toBe(true);
      for (const key of held) expect((await carol.read(key)).length, key).toBeGreaterThan(0);
      await ballast.release();
      await caughtUp(nodes, { deadlineMs: 60_000 });
      for (const [key, content] of stored) expect((await carol.read(key)).equals(content), key).toBe(true);
      await carol.done(["verify"]);
    });
  },
);
