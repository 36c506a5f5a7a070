import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connected, Lab } from "./support/lab.ts";
import { canMakeNat, NatHosts } from "./support/nat-namespaces.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const FILE_BYTES = 100 * 1024 * 1024;
const PORT = 4000;

describe.skipIf(!canMakeNat)(
  "two nodes behind two routers, and one outside (needs root and nft)",
  async () => {
    if (!canMakeNat) return;
    const lab = Lab.forThisFile();
    const hosts = await NatHosts.make(lab, 2);
    // Where a port is seen says nothing of the next connection from there: no hole can be punched.
    await hosts.choosePorts(0, { atRandom: true });
    const [rita, anna, berta] = (await lab.init("rita", "anna", "berta")) as [TestNode, TestNode, TestNode];
    // It keeps nothing, so that what gets from one to the other goes through it and not from it.
    await writeFile(join(rita.dir, "config.toml"), 'capacity = "0"\n');
    const up = (node: TestNode, netns: string) =>
      node.up({ netns, listen: `0.0.0.0:${PORT}`, bootstrap: node === rita ? [] : [rita.address] });
    const peer = async (from: TestNode, to: TestNode) =>
      (await from.client.peers()).find(({ id }) => id === to.id);

    test("find out that they can't be dialled, and reach each other through the one that can", async () => {
      await up(rita, hosts.outside);
      await Promise.all([up(anna, hosts.inside(0)), up(berta, hosts.inside(1))]);
      await connected([rita, anna, berta], { deadlineMs: 60_000 });
      expect(await peer(anna, berta)).toMatchObject({ relay: { name: "rita" } });
      expect(await peer(anna, rita)).toMatchObject({ relay: null });
      for (const node of [anna, berta]) {
        const { reach } = (await node.status()).discovery;
        expect(reach).toMatchObject({ reached: "no", relays: [{ name: "rita" }] });
      }
      expect((await rita.status()).discovery.reach).toMatchObject({ reached: "yes", places: 2 });
      const { stdout, code } = await anna.run(["doctor"]);
      expect(stdout).toMatch(
        /warning +reached +Not every member can dial this node; others come through rita\./,
      );
      expect(code).toBe(0);
    });

    test("exchange 100 MB over the relay, which keeps none of it", async () => {
      const before = (await peer(anna, berta))?.bytesSent ?? 0;
      const bytes = pseudoBytes("relayed", FILE_BYTES);
      const { holders } = await anna.put("big", bytes, "--wait", "min");
      expect(holders.map(({ name }) => name).sort()).toEqual(["anna", "berta"]);
      const there = await berta.read("big");
      expect(there.equals(bytes)).toBe(true);
      const now = await peer(anna, berta);
      expect(now).toMatchObject({ relay: { name: "rita" } });
      expect((now?.bytesSent ?? 0) - before).toBeGreaterThan(FILE_BYTES);
      expect((await rita.status()).blobBytes).toBe(0);
      // A try was made meanwhile, and left the connection as it was.
      await waitFor("a hole was tried to be punched", async () => {
        const { punchesTried, punchesMade } = (await anna.status()).discovery.reach;
        expect(punchesMade).toBe(0);
        return punchesTried > 0;
      });
    });

    test("are connected directly by both dialling at once where routers keep ports, and exchange 100 MB past the relay", async () => {
      await Promise.all([anna, berta].map((node) => node.stop()));
      await hosts.choosePorts(0, { atRandom: false });
      await Promise.all([up(anna, hosts.inside(0)), up(berta, hosts.inside(1))]);
      for (const [from, to, host] of [
        [anna, berta, 1],
        [berta, anna, 0],
      ] as const) {
        const seen = await waitFor("the hole is punched", async () => {
          const found = await peer(from, to);
          return found?.punched ? found : undefined;
        });
        expect(seen).toMatchObject({ relay: null, address: expect.stringContaining(hosts.address(host)) });
        expect((await from.status()).discovery.reach).toMatchObject({ punchesMade: 1 });
      }
      expect((await anna.run(["peers"])).stdout).toMatch(/berta +\S+ +connected +punched /);
      await waitFor("nothing is relayed", async () => (await rita.status()).discovery.reach.relayed === 0);
      const relayed = async () =>
        (await rita.client.peers()).reduce((sum, { bytesSent }) => sum + (bytesSent ?? 0), 0);
      const before = await relayed();
      const bytes = pseudoBytes("direct", FILE_BYTES);
      await anna.put("direct", bytes, "--wait", "min");
      expect((await berta.read("direct")).equals(bytes)).toBe(true);
      const sent = (await peer(anna, berta))?.bytesSent ?? 0;
      // Once: a bulk connection that lies inside the punched one is counted with that.
      expect(sent).toBeGreaterThan(FILE_BYTES);
      expect(sent).toBeLessThan(1.5 * FILE_BYTES);
      expect((await relayed()) - before).toBeLessThan(FILE_BYTES / 20);
    });

    test("are connected directly once a router forwards the port, and give their place back", async () => {
      await hosts.forward(0, PORT);
      await anna.stop();
      await up(anna, hosts.inside(0));
      await connected([rita, anna, berta], { deadlineMs: 60_000 });
      await waitFor("berta has dialled anna's router", async () => {
        const seen = await peer(berta, anna);
        return seen?.connected && seen.relay === null && seen.address?.includes(hosts.address(0));
      });
      expect((await anna.status()).discovery.reach).toMatchObject({ reached: "yes", relays: [] });
      // A bulk connection that was made through the relay is kept for a minute after its last transfer.
      await waitFor(
        "nobody needs the relay",
        async () => {
          const { reach } = (await rita.status()).discovery;
          if (reach.relayed === 0 && reach.places === 1) return true;
          throw new Error(JSON.stringify(reach));
        },
        { deadlineMs: 90_000 },
      );
    });

    test("are dialled where a router speaks UPnP, which forwards no longer once the node has stopped", async () => {
      const done = hosts.speakUpnp(1);
      await waitFor("the router is ready", () => done.includes("ready"));
      await berta.stop();
      await up(berta, hosts.inside(1));
      await waitFor("berta is reached", async () => {
        const { reach } = (await berta.status()).discovery;
        return reach.forwardedPort === PORT && reach.reached === "yes";
      });
      const outside = `/ip4/${hosts.address(1)}/tcp/${PORT}/p2p/${berta.id}`;
      await waitFor("it says so", async () => (await berta.client.id()).addresses.includes(outside));
      await rita.client.connect(outside);
      await berta.stop();
      expect(done).toEqual(["ready", `forwards ${PORT}`, `removed ${PORT}`]);
    });
  },
);
