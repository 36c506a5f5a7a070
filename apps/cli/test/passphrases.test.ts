import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Lab } from "./e2e/support/lab.ts";
import { filesWith } from "./e2e/support/store-files.ts";
import { waitFor } from "./e2e/support/wait-for.ts";
import { MemberNode } from "./support/member-node.ts";
import { Typist } from "./support/typist.ts";

// Each test starts a dozen processes, and most of them pay for a guess at a passphrase.
vi.setConfig({ testTimeout: 240_000 });

const ONE = " correct horse Zq7 ";
const TWO = "battery staple Zq8";

const lab = Lab.forThisFile();

async function freshNode(name: string): Promise<MemberNode> {
  return new MemberNode(await lab.path(name));
}

async function fileWith(passphrase: string): Promise<string> {
  const path = await lab.path("passphrase");
  await writeFile(path, `${passphrase}\n`, { mode: 0o600 });
  return path;
}

test("init --passphrase asks twice and unseen, and up asks once", async () => {
  const anna = await freshNode("anna");
  const init = new Typist(["init", "--passphrase", "--dir", anna.dir, "--name", "anna"]);
  await init.answers("New passphrase: ", ONE);
  await init.answers("The same again: ", ONE);
  expect((await init.child.ended).code).toBe(0);
  const up = new Typist(["up", "--dir", anna.dir, "--listen", "127.0.0.1:0", "--verbose"]);
  await up.answers(`Passphrase of ${anna.dir}: `, ONE);
  await waitFor("it is ready", () => up.child.stdout.startsWith("ready "));
  // The running node answers without it.
  expect((await anna.json("id"))[0]).toMatchObject({ name: "anna", running: true });
  for (const { stdout, stderr } of [init.child, up.child]) expect(stdout + stderr).not.toMatch(/Zq7/);
  expect(await filesWith(anna.dir, Buffer.from("Zq7"))).toEqual([]);
  expect(await readFile(join(anna.dir, "network.json"), "utf8")).not.toContain("rootSeed");
});

test("two passphrases that differ make nothing", async () => {
  const anna = await freshNode("anna");
  const init = new Typist(["init", "--passphrase", "--dir", anna.dir]);
  await init.answers("New passphrase: ", ONE);
  await init.answers("The same again: ", TWO);
  expect((await init.child.ended).code).toBe(2);
  expect(init.child.stderr).toMatch(/differ/);
  await expect(readdir(anna.dir)).rejects.toMatchObject({ code: "ENOENT" });
});

test("without a terminal the passphrase comes from a file, else the error says how", async () => {
  const anna = await freshNode("anna");
  const [one, two] = [await fileWith(ONE), await fileWith(TWO)];
  await anna.done("init", "--name", "anna", "--passphrase-file", one);
  for (const args of [["up"], ["id"], ["recovery"], ["passphrase", "remove"]]) {
    const none = await anna.run(args);
    expect([args, none.code, none.stdout]).toEqual([args, 5, ""]);
    expect(none.stderr).toMatch(
      /under a passphrase\. Give --passphrase-file FILE, or run this on a terminal/,
    );
  }
  for (const args of [["up"], ["passphrase", "remove"]]) {
    const wrong = await anna.run([...args, "--passphrase-file", two, "--json"]);
    expect([args, wrong.code, wrong.stdout]).toEqual([args, 5, ""]);
    expect(JSON.parse(wrong.stderr)).toMatchObject({ code: "PASSPHRASE_NEEDED" });
    expect(wrong.stderr).not.toMatch(/Zq/);
  }
  const env = { GSTORE_PASSPHRASE_FILE: one };
  expect((await anna.run(["recovery"], { env })).stdout.trim().split(" ")).toHaveLength(24);
  expect((await anna.run(["id"], { env })).stdout).toMatch(/anna/);
});

test("a passphrase file that others can read, or that is none, is refused", async () => {
  const anna = await freshNode("anna");
  const file = await fileWith(ONE);
  await chmod(file, 0o640);
  const open = await anna.run(["init", "--passphrase-file", file]);
  expect([open.code, open.stderr]).toEqual([1, expect.stringContaining(`chmod 600 ${file}`)]);
  await chmod(file, 0o600);
  for (const [content, reason] of [
    ["", "nothing in it"],
    ["\n", "nothing in it"],
    ["Zq\nZq\n", "more than one line"],
    ["Zq".repeat(3000), "more than 4096 bytes"],
  ] as const) {
    await writeFile(file, content);
    const refused = await anna.run(["init", "--passphrase-file", file]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(reason)]);
    expect(refused.stderr).not.toContain("Zq");
  }
  const missing = await anna.run(["init", "--passphrase-file", `${file}-none`]);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("no such file")]);
  await expect(readdir(anna.dir)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a passphrase is set, changed and removed on a node that is there", async () => {
  const anna = await freshNode("anna");
  const [one, two] = [await fileWith(ONE), await fileWith(TWO)];
  await anna.done("init", "--name", "anna");
  const words = await anna.done("recovery");
  expect((await anna.run(["passphrase", "change"])).stderr).toMatch(
    /under no passphrase already.*passphrase set/,
  );
  const set = await anna.run(["passphrase", "set", "--passphrase-file", one]);
  expect([set.code, set.stdout]).toEqual([0, `${anna.dir}: key files under the new passphrase now\n`]);
  expect((await anna.run(["passphrase", "set"])).stderr).toMatch(
    /under a passphrase already.*passphrase change/,
  );
  const change = new Typist(["passphrase", "change", "--dir", anna.dir]);
  await change.answers(`Passphrase of ${anna.dir}: `, ONE);
  await change.answers("New passphrase: ", TWO);
  await change.answers("The same again: ", TWO);
  expect((await change.child.ended).code).toBe(0);
  expect(await anna.done("recovery", "--passphrase-file", two)).toBe(words);
  expect((await anna.run(["recovery", "--passphrase-file", one])).code).toBe(5);
  const removed = await anna.json("passphrase", "remove", "--passphrase-file", two);
  expect(removed).toEqual([{ dir: anna.dir, passphrase: false }]);
  expect(await anna.done("recovery")).toBe(words);
});

test("join --passphrase-file seals the newcomer's key file, and the node runs", async () => {
  const anna = await freshNode("anna");
  await anna.done("init", "--name", "anna");
  await anna.up();
  const one = await fileWith(ONE);
  const berta = await freshNode("berta");
  const child = await berta.joinAndRun(await anna.invite(), "--name", "berta", "--passphrase-file", one);
  expect(await readFile(join(berta.dir, "identity"), "utf8")).toContain('"kdf": "scrypt"');
  child.kill("SIGTERM");
  expect((await child.ended).code).toBe(0);
  expect((await berta.run(["up"])).code).toBe(5);
  await berta.up("--passphrase-file", one);
});
