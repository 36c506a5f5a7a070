import { expect, test } from "vitest";
import { caughtUp, connected, Lab } from "./support/lab.ts";
import { digestOf, pseudoBytes, pseudoStream } from "./support/pseudo-bytes.ts";
import { waitFor } from "./support/wait-for.ts";

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");

test("a node that was down during 20 puts catches up, blobs and all, and serves them when their sender is gone", async () => {
  await anna.client.put("changed", Buffer.from("old"), { wait: "all" });
  await anna.client.put("removed", Buffer.from("gone soon"), { wait: "all" });
  await berta.stop();
  const contents = new Map(
    Array.from({ length: 20 }, (_, index) => [
      `away/${index}`,
      pseudoBytes(`away ${index}`, index * 150_000),
    ]),
  );
  for (const [key, content] of contents) {
    const stored = await anna.client.put(key, content);
    expect(stored).toMatchObject({ copies: 1, wanted: 2 });
  }
  await anna.client.put("changed", Buffer.from("new"));
  await anna.client.remove("removed");

  await lab.start([anna, berta]);
  await caughtUp([anna, berta]);
  await anna.stop();
  expect(await berta.keys()).toEqual(["changed", ...contents.keys()].sort());
  expect((await berta.read("changed")).toString()).toBe("new");
  for (const [key, content] of contents) expect((await berta.read(key)).equals(content), key).toBe(true);
  await lab.start([anna, berta]);
});

test("a put that asks for copies which nobody can hold ends with exit code 6, and the file is kept", async () => {
  await berta.stop();
  const { code, stderr } = await anna.run(["put", "-", "waiting", "--wait", "all", "--timeout", "1s"], {
    input: Buffer.from("kept"),
  });
  expect(code).toBe(6);
  expect(stderr).toMatch(/1 of 2 copies/);
  expect((await anna.read("waiting")).toString()).toBe("kept");
  await lab.start([anna, berta]);
  await caughtUp([anna, berta]);
  expect((await berta.read("waiting")).toString()).toBe("kept");
});

test("a node killed in the middle of catching up goes on where it was", async () => {
  const size = 120_000_000;
  await berta.stop();
  await anna.client.put("long", pseudoStream("long", size), { wait: "local" });
  await berta.up({ bootstrap: [anna.address] });
  const before = (await berta.status()).blobBytes;
  await waitFor("a part has come", async () => (await berta.status()).blobBytes > before + size / 8);
  await berta.kill();
  await lab.start([anna, berta]);
  await caughtUp([anna, berta]);
  await anna.stop();
  expect(await digestOf((await berta.client.get("long")).body)).toEqual(
    await digestOf(pseudoStream("long", size)),
  );
  await berta.done(["verify"]);
});

test("a node that comes back at its address is connected to again without help", async () => {
  await lab.start([berta]);
  const { port } = berta;
  await anna.up({ bootstrap: [berta.address] });
  await connected([anna, berta]);
  await berta.kill();
  await waitFor("anna misses berta", async () => (await anna.status()).connected === 0);
  await berta.up({ listen: `127.0.0.1:${port}` });
  await connected([anna, berta]);
});
