import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connected, Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { Relay } from "./support/relay.ts";
import { filesWith } from "./support/store-files.ts";
import { TestNode } from "./support/test-node.ts";

const MARKER = "Zx9-plaintext-marker-Qv7";
const NAME = `folder-${MARKER}/file-${MARKER}.txt`;

const lab = Lab.forThisFile();

test("no content, name or metadata is in clear on the disks or on the wire", async () => {
  const [anna, berta] = (await lab.init("anna", "berta")) as [TestNode, TestNode];
  await anna.up();
  const relay = await Relay.to(anna.port);
  lab.cleanUp(async () => relay.close());
  // Only by the relay: anna is told no address of berta's.
  await berta.up({ bootstrap: [anna.address.replace(`/tcp/${anna.port}`, `/tcp/${relay.port}`)] });
  await connected([anna, berta]);

  const line = Buffer.from(`${MARKER} `);
  // Of both kinds: what compresses, and what does not.
  const text = Buffer.alloc(300_000, line);
  const mixed = Buffer.concat(
    Array.from({ length: 3000 }, (_, index) => Buffer.concat([line, pseudoBytes(String(index), 1000)])),
  );
  const options = {
    wait: "all",
    contentType: `text/${MARKER}`,
    metadata: { owner: MARKER, [MARKER.toLowerCase()]: "x" },
  } as const;
  await anna.client.put(NAME, text, options);
  await berta.client.put(`mixed/${NAME}`, mixed, options);
  await anna.client.put(`tiny/${NAME}`, line, options);
  await anna.client.put(`removed/${NAME}`, line, options);
  await anna.client.remove(`removed/${NAME}`);
  expect((await berta.read(NAME)).equals(text)).toBe(true);
  expect((await anna.read(`mixed/${NAME}`)).equals(mixed)).toBe(true);
  expect((await berta.run(["get", `nobody/${NAME}`])).code).toBe(3);
  await Promise.all([anna.stop(), berta.stop()]);

  const { captured } = relay;
  expect(captured.length, "the files went through the relay").toBeGreaterThan(mixed.length);
  const secrets = [MARKER, MARKER.toLowerCase(), MARKER.slice(4, -4), "folder-Zx9", "mixed/"];
  for (const secret of secrets) {
    expect(captured.includes(secret), `${secret} on the wire`).toBe(false);
    for (const { dir } of [anna, berta]) expect(await filesWith(dir, Buffer.from(secret))).toEqual([]);
  }
});

test("what looks for plaintext on disks would find it", async () => {
  const dir = await lab.path("planted");
  await TestNode.init(dir, "anna");
  const planted = join(dir, "store.tmp");
  await writeFile(planted, Buffer.concat([pseudoBytes("before", 70_000), Buffer.from(MARKER)]));
  expect(await filesWith(dir, Buffer.from(MARKER))).toEqual([planted]);
});
