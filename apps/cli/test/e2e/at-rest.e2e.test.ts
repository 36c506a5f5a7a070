import { writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { type Digest, decodeManifestNode, digestToBytes } from "@gstore/core";
import { expect, test } from "vitest";
import type { EntryNote } from "./support/hostile/hostile-ops.ts";
import { HostilePeer } from "./support/hostile-peer.ts";
import { connected, Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { type Secret, secretsIn, secretsOf, secretsOfTicket, secretText } from "./support/secrets.ts";
import { contentsOf, walk } from "./support/store-files.ts";
import { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

// What lies in nodes' folders and is written to their logs, after all that users do, under umask 000 and with --verbose.

const MARKER = "Zx9-plaintext-marker-Qv7";
const NAME = `folder-${MARKER}/file-${MARKER}.txt`;
const PASSPHRASE = "Zq7 correct horse battery";
const SPACE = "zq5-space-qv5";
const umask = "000";

const lab = Lab.forThisFile();
const hostile = HostilePeer.start(lab);
const nodes: TestNode[] = [];
/** All that commands have said on standard error; what else they are there to show is their user's to keep. */
const said: string[] = [];

async function expectPrivate(): Promise<void> {
  for (const { dir } of nodes) {
    const all = await walk(dir);
    expect(all.length).toBeGreaterThan(3);
    expect(all.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
  }
}

function keep(node: TestNode): TestNode {
  nodes.push(lab.keep(node));
  return node;
}

async function run(
  node: TestNode,
  args: readonly string[],
  { input = "", code = 0 }: { readonly input?: string; readonly code?: number } = {},
): Promise<string> {
  const outcome = await node.run(args, { umask, input: Buffer.from(input) });
  expect({ args, ...outcome }).toMatchObject({ code });
  said.push(outcome.stderr);
  await expectPrivate();
  return outcome.stdout.trim();
}

async function nobody(): Promise<TestNode> {
  return TestNode.at(await lab.path("nobody"), "nobody");
}

test("after everything that users do no file is open to others, and no content, name, key, ticket, passphrase or word is anywhere", async () => {
  const options = { umask, verbose: true };
  const anna = keep(await TestNode.init(await lab.path("anna"), "anna", { umask }));
  await expectPrivate();
  await anna.up(options);
  await anna.client.membership.createSpace(SPACE);
  const tickets = [
    await run(anna, ["invite", "--uses", "3"]),
    (await anna.client.membership.invite({ role: "reader", lifetime: "7d", spaces: [SPACE] })).ticket,
  ] as const;
  const berta = keep(await TestNode.join(await lab.path("berta"), "berta", tickets[0], { umask }));
  await expectPrivate();
  await berta.up(options);
  await connected([anna, berta]);
  await run(anna, ["put", "-", NAME], { input: `${MARKER} `.repeat(5000) });
  await berta.inSpace(SPACE).put(NAME, Buffer.from(MARKER));
  await anna.client.remove(NAME);
  await run(anna, ["get", `nobody/${NAME}`, "-o", "-"], { code: 3 });
  await run(berta, ["put", "-", `../${NAME}`], { input: MARKER, code: 2 });

  // The recovery words, a passphrase, and what is wrong with either.
  const words = await run(anna, ["recovery"]);
  const file = await lab.path("passphrase");
  await writeFile(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  const wrong = await lab.path("wrong");
  await writeFile(wrong, `wrong ${PASSPHRASE}\n`, { mode: 0o600 });
  const recovery = ["init", "--recover", "--passphrase-file"];
  await run(await nobody(), [...recovery, file], { input: words.replace(/\w+$/, "zoo"), code: 2 });
  const altered = `${tickets[0].slice(0, -1)}${tickets[0].endsWith("a") ? "b" : "a"}`;
  await run(await nobody(), ["join", "-"], { input: altered, code: 2 });
  const carol = TestNode.at(await lab.path("carol"), "carol");
  await run(carol, [...recovery, file, "--name", "carol"], { input: words });
  keep(carol);
  await run(carol, ["up", "--passphrase-file", wrong], { code: 5 });
  await carol.up({ ...options, bootstrap: [anna.address], env: { GSTORE_PASSPHRASE_FILE: file } });
  await connected([anna, carol]);

  // A removal rotates the keys; who joins then is given all that there are.
  await run(anna, ["member", "remove", "berta"]);
  const dora = keep(await TestNode.join(await lab.path("dora"), "dora", tickets[0], { umask }));
  for (const node of [anna, carol]) await node.kill();
  await expectPrivate();
  await anna.up(options);
  for (const node of nodes.filter(({ isUp }) => isUp)) await node.stop();
  await expectPrivate();

  const secrets: Secret[] = tickets.flatMap(secretsOfTicket);
  secrets.push(secretText("the passphrase", PASSPHRASE), secretText("the words", words));
  for (const node of [anna, berta, dora]) secrets.push(...(await secretsOf(node.dir)));
  const ofCarol = (await secretsOf(carol.dir, { passphrase: PASSPHRASE })).slice(0, 2);
  secrets.push(...ofCarol.map(({ what, forms }) => ({ what: `${what} under a passphrase`, forms })));
  const names = secrets.map(({ what }) => what);
  for (const name of ["the root's seed", `the chunk seed of ${SPACE}`, "the recovery words"])
    expect(names).toContain(name);
  const epochs = secrets.filter(({ what }) => what === `an epoch of ${SPACE}`);
  expect(new Set(epochs.map(({ forms }) => String(forms))).size, "one more by the removal").toBe(2);

  // Who types a name may be told it; nobody is told a secret.
  expect(secretsIn(Buffer.from(said.join("\n")), secrets)).toEqual([]);
  for (const text of [MARKER, MARKER.slice(4, -4), "folder-Zx9", SPACE]) secrets.push(secretText(text, text));
  const logs = Buffer.from(nodes.map(({ stderr }) => stderr).join("\n"));
  expect(logs.length, "they were verbose").toBeGreaterThan(1000);
  expect(secretsIn(logs, secrets)).toEqual([]);
  const found: string[] = [];
  for (const { name, dir } of nodes) {
    for (const { path, bytes } of await contentsOf(dir)) {
      const inside = new Set(secretsIn(bytes, secrets));
      found.push(...[...inside].map((what) => `${name}/${relative(dir, path)}: ${what}`));
    }
  }
  // What is looked for is found where it has to be, and nowhere else.
  const own = ["anna", "berta", "dora"].flatMap((name) => [
    `${name}/identity: the agreement key`,
    `${name}/identity: the signing seed`,
  ]);
  expect(found.sort()).toEqual([...own, "anna/network.json: the root's seed"].sort());
});

test("the same file is stored once in a space, and shares no digest with that of another space or network", async () => {
  const [ours] = (await lab.init("ours")) as [TestNode];
  const [theirs] = (await lab.init("theirs")) as [TestNode];
  await Promise.all([ours.up(), theirs.up()]);
  await ours.client.membership.createSpace("photos");
  const content = pseudoBytes("the same", 2_000_000);
  const first = await ours.client.put("first", content);
  expect(first.storedBytes).toBeGreaterThan(content.length);
  const before = await ours.status();
  expect((await ours.client.put("second", content)).storedBytes).toBe(0);
  expect((await ours.status()).blobs).toBe(before.blobs);
  await ours.inSpace("photos").put("first", content);
  await theirs.client.put("first", content);

  const digests: Digest[][] = [];
  for (const [as, node] of Object.entries({ a: ours, b: theirs })) {
    await hostile.join(as, node, { role: "vault" });
    for (const entry of await hostile.do("sync", { as, to: node.id }))
      digests.push(await digestsOf(as, node, entry));
  }
  // Two of one space, one of another, one of another network.
  expect(digests).toHaveLength(4);
  const kinds = new Map(digests.map((list) => [list.toSorted().join(), list]));
  expect(kinds.size).toBe(3);
  const all = [...kinds.values()].flat();
  expect(all.length).toBeGreaterThan(3 * 3);
  expect(new Set(all).size).toBe(all.length);
  // And on the disks each is where it has to be alone.
  await Promise.all([ours.stop(), theirs.stop()]);
  const disks = await Promise.all([ours, theirs].map(({ dir }) => contentsOf(dir)));
  for (const [digest] of kinds.values()) {
    const bytes = Buffer.from(digestToBytes(digest as Digest));
    const holders = disks.filter((files) => files.some((file) => file.bytes.includes(bytes)));
    expect(holders).toHaveLength(1);
  }
});

/** Digests of a version's chunks, as a vault is told them. */
async function digestsOf(as: string, node: TestNode, { space, root }: EntryNote): Promise<Digest[]> {
  const asked = { as, to: node.id, space, digests: [root ?? ""] };
  const bytes = await waitFor("the blob is served", async () => (await hostile.do("fetch", asked))[0]);
  return decodeManifestNode(Buffer.from(bytes, "base64")).children.map(({ digest }) => digest);
}
