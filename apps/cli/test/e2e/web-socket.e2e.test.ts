import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { connected, Lab } from "./support/lab.ts";
import { canMakeNat } from "./support/nat-namespaces.ts";
import { Hosts } from "./support/net-namespaces.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import type { TestNode } from "./support/test-node.ts";

const BACK_BYTES = 5 * 1024 * 1024;
const FILE_BYTES = 50 * 1024 * 1024;

describe.skipIf(!canMakeNat)(
  "two nodes, one behind a firewall that lets nothing but a web port in (needs root and nft)",
  async () => {
    if (!canMakeNat) return;
    const lab = Lab.forThisFile();
    const hosts = await Hosts.make(lab, 2);
    const [anna, berta] = (await lab.init("anna", "berta")) as [TestNode, TestNode];

    test("are connected by a WebSocket, and a file of 50 MB goes through it, and one back", async () => {
      const nft = (rule: string) =>
        promisify(execFile)("ip", ["netns", "exec", hosts.namespace(0), "nft", rule]);
      await nft("add table ip filter");
      await nft("add chain ip filter input { type filter hook input priority 0 ; }");
      await nft("add rule ip filter input ct state new tcp dport != 8080 drop");
      await anna.up({ netns: hosts.namespace(0), listen: "0.0.0.0:4000", listenWs: "8080" });
      const bootstrap = [`ws://${hosts.address(0)}:8080`];
      // On its own machine alone, so that nobody dials it.
      await berta.up({ netns: hosts.namespace(1), bootstrap });
      await connected([anna, berta]);
      const { stdout } = await berta.run(["peers"]);
      expect(stdout).toMatch(/^anna +admin +connected +ws +address /m);
      const bytes = pseudoBytes("by a WebSocket", FILE_BYTES);
      const { holders } = await berta.put("big", bytes, "--wait", "all");
      expect(holders.map(({ name }) => name).sort()).toEqual(["anna", "berta"]);
      expect((await anna.read("big")).equals(bytes)).toBe(true);
      const [seen] = await berta.client.peers();
      expect(seen?.address).toBe(`/ip4/${hosts.address(0)}/tcp/8080/ws/p2p/${anna.id}`);
      expect(seen?.bytesSent).toBeGreaterThan(FILE_BYTES);
      const second = pseudoBytes("and back", BACK_BYTES);
      await anna.put("back", second, "--wait", "all");
      expect((await berta.read("back")).equals(second)).toBe(true);
    });
  },
);
