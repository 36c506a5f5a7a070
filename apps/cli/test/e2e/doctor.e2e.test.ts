import { execFile } from "node:child_process";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { connected, Lab } from "./support/lab.ts";
import { canMakeNat } from "./support/nat-namespaces.ts";
import { Hosts } from "./support/net-namespaces.ts";
import { canMount, mountSmallDisk } from "./support/small-disk.ts";
import { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const run = promisify(execFile);
const PORT = 4000;
/** A machine whose clock is a day behind. */
const YESTERDAY = "--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()-864e5";

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly advice: string | null;
}

/** What is wrong, as programs are told, and what the command ends with. */
async function examined(node: TestNode, netns?: string): Promise<{ code: number | null; wrong: Finding[] }> {
  const { code, stdout } = await node.run(["doctor", "--json"], netns === undefined ? {} : { netns });
  const findings = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Finding);
  return { code, wrong: findings.filter(({ state }) => state !== "ok") };
}

/** The bundle with another version. */
async function bundleOf(lab: Lab, version: string): Promise<string> {
  const folder = join(dirname(inject("gstoreEntry")), `../test-bundle-${version}-${process.pid}`);
  await cp(dirname(inject("gstoreEntry")), folder, { recursive: true });
  lab.cleanUp(() => rm(folder, { recursive: true }));
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".js")) continue;
    const text = await readFile(join(folder, name), "utf8");
    await writeFile(join(folder, name), text.replaceAll('version: "0.0.0"', `version: "${version}"`));
  }
  return join(folder, "gstore.js");
}

describe.skipIf(!canMakeNat)("doctor on two machines (needs root and nft)", async () => {
  if (!canMakeNat) return;
  const lab = Lab.forThisFile();
  const hosts = await Hosts.make(lab, 2);
  const [anna, berta] = (await lab.init("anna", "berta")) as [TestNode, TestNode];
  const [home, away] = [hosts.namespace(0), hosts.namespace(1)];
  const listen = `0.0.0.0:${PORT}`;

  test("names a member with another version, and one whose clock is a day off", async () => {
    await anna.up({ netns: home, listen });
    const entry = await bundleOf(lab, "99.0.0");
    await berta.up({
      ...{ netns: away, listen, bootstrap: [anna.address], entry },
      env: { NODE_OPTIONS: YESTERDAY },
    });
    await connected([anna, berta]);
    await waitFor("anna knows berta's clock", async () => (await anna.status()).clock.apart.length > 0);
    const { code, wrong } = await examined(anna, home);
    expect(code).toBe(1);
    expect(wrong).toEqual([
      {
        check: "versions",
        state: "warning",
        message: "Newer than this node, which runs gstore 0.0.0: berta (gstore 99.0.0).",
        advice: expect.stringContaining("Update gstore on this machine"),
      },
      {
        check: "clock",
        state: "problem",
        message: "This clock is 1d ahead of that of berta.",
        advice: expect.stringContaining("set-ntp"),
      },
    ]);
    const { stdout } = await anna.run(["doctor"], { netns: home });
    expect(stdout).toMatch(/^problem +clock +This clock is 1d ahead of that of berta\.\n +-> Set the one/m);
  });

  test("finds a firewall that keeps others out, and that nobody answers at the address given", async () => {
    const nft = (rule: string) => run("ip", ["netns", "exec", away, "nft", rule]);
    await nft("add table ip filter");
    await nft("add chain ip filter input { type filter hook input priority 0 ; }");
    await nft(`add rule ip filter input tcp dport ${PORT} drop`);
    await anna.stop();
    await waitFor("berta has lost anna", async () => (await berta.status()).connected === 0);
    const { code, wrong } = await examined(berta, away);
    expect(code).toBe(1);
    const about = wrong.filter(({ check }) => ["port", "other nodes"].includes(check));
    expect(about.map(({ state, message }) => `${state}: ${message}`)).toEqual([
      `problem: The node does not answer on ${hosts.address(1)}:${PORT} (no answer).`,
      "problem: No other member is connected: anna.",
      `problem: Nobody answers at ${anna.address} (ECONNREFUSED).`,
    ]);
    expect(about[0]?.advice).toContain("firewall");
    expect(about[2]?.advice).toContain("bootstrap rm");
  });
});

test.skipIf(!canMount)("doctor finds a full disk, and one that is read-only (needs root)", async () => {
  const lab = Lab.forThisFile();
  const disk = await mountSmallDisk(lab, 4);
  const node = await TestNode.init(join(disk, "node"), "carla");
  await writeFile(join(disk, "ballast"), new Uint8Array(8 * 2 ** 20)).catch(() => {});
  const full = await examined(node);
  expect(full.code).toBe(1);
  expect(full.wrong.filter(({ state }) => state === "problem")).toMatchObject([
    { check: "writing", message: expect.stringContaining("ENOSPC"), advice: expect.stringContaining("room") },
    { check: "disk", message: expect.stringContaining("free: puts will fail soon") },
  ]);
  await rm(join(disk, "ballast"));
  await run("mount", ["-o", "remount,ro", disk]);
  const { wrong } = await examined(node);
  expect(wrong[0]).toMatchObject({ check: "writing", message: expect.stringContaining("EROFS") });
});
