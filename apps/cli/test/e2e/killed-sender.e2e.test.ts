import { expect, test } from "vitest";
import { feed, startGstore } from "./support/gstore.ts";
import { Lab } from "./support/lab.ts";
import { digestOf, pseudoStream } from "./support/pseudo-bytes.ts";
import { waitFor } from "./support/wait-for.ts";

const BYTES = 300_000_000;

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");

test("of a sender killed half-way through 300 MB the receiver shows nothing, and the put succeeds later", async () => {
  const put = startGstore(["put", "--dir", anna.dir, "-", "big"]);
  const feeding = feed(put, pseudoStream("big", BYTES));
  await waitFor("half of it is on the receiver", async () => (await berta.status()).blobBytes > BYTES / 2);
  await anna.kill();
  await feeding;
  expect((await put.ended).code).toBe(4);
  expect(put.stdout).toBe("");

  expect(await berta.keys()).toEqual([]);
  const whileAway = await berta.run(["get", "big", "-o", "-"]);
  expect({ code: whileAway.code, bytes: whileAway.stdoutBytes.length }).toEqual({ code: 4, bytes: 0 });

  await lab.start([anna, berta]);
  expect(await anna.keys()).toEqual([]);
  for (const node of [anna, berta]) {
    const after = await node.run(["get", "big", "-o", "-"]);
    expect({ code: after.code, bytes: after.stdoutBytes.length }).toEqual({ code: 3, bytes: 0 });
    await node.done(["verify"]);
  }

  const { stdout } = await anna.done(["put", "-", "big", "--wait", "all", "--json"], {
    input: pseudoStream("big", BYTES),
  });
  expect(JSON.parse(stdout)).toMatchObject({ size: BYTES, copies: 2 });
  await anna.stop();
  const expected = await digestOf(pseudoStream("big", BYTES));
  expect(await digestOf((await berta.client.get("big")).body)).toEqual(expected);
});
