import { GstoreError } from "@gstore/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collect, startGateway } from "./start-gateway.ts";

const NAMES = [
  "a",
  "notes/today.txt",
  "50% ?#&+ %2F\n\t\\x",
  "\u{1f600}/\u00e9",
  "-",
  "a..b/...c",
  "con:aux",
  "x".repeat(1024),
];

test.each(NAMES)("a file under the key %# comes back as it was stored", async (key) => {
  const { client } = await startGateway();
  const stored = await client.put(key, Buffer.from("hello"));
  expect(stored).toMatchObject({ key, size: 5, copies: 1, holders: [{ name: "anna" }] });
  const { file, length, body } = await client.get(key);
  expect(file).toMatchObject({ key, size: 5, version: stored.version, digest: stored.digest });
  expect(length).toBe(5);
  expect((await collect(body)).toString()).toBe("hello");
  expect(await client.stat(key)).toEqual(file);
  expect(await client.remove(key)).toEqual({ key, version: stored.version });
  await expect(client.stat(key)).rejects.toMatchObject({ code: "KEY_NOT_FOUND", fields: { key } });
});

test.each(["", "/a", "a/", "a//b", "../x", "a/../b", "a\0b", "x".repeat(1025)])(
  "the key %j is refused",
  async (key) => {
    const { client, node } = await startGateway();
    await expect(client.put(key, Buffer.from("x"))).rejects.toMatchObject({ code: "INVALID_KEY" });
    await expect(client.get(key)).rejects.toMatchObject({ code: "INVALID_KEY" });
    expect(node.files.size).toBe(0);
  },
);

test("a URL that is not percent-encoded UTF-8 is refused", async () => {
  const { raw } = await startGateway();
  for (const path of ["/v1/spaces/main/keys/%ff", "/v1/spaces/main/keys/%zz", "/v1/spaces/main/keys/%"]) {
    const answer = await raw({ path });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
  }
});

test("what describes a file goes along with it, whatever characters it holds", async () => {
  const { client, node } = await startGateway();
  const metadata = { Colour: "r\u00f6t \n\u{1f600}", "a b%": "", __proto: "1", "\u00e9": "x".repeat(1024) };
  const options = {
    contentType: "text/plain; charset=utf-8",
    modifiedMs: 1_600_000_000_123,
    mode: 0o755,
    metadata,
  };
  await client.put("k", Buffer.from("x"), { ...options, copies: 3, wait: "all", timeout: "1h30m" });
  expect(node.lastOptions).toMatchObject({
    copies: 3,
    wait: "all",
    waitTimeoutMs: 5_400_000,
    size: 1,
    mode: 0o755,
  });
  expect(await client.stat("k")).toMatchObject({
    contentType: "text/plain; charset=utf-8",
    modified: "2020-09-13T12:26:40.123Z",
    mode: "0755",
    metadata,
  });
});

test("metadata that no request can carry is refused as such", async () => {
  const { client, node } = await startGateway();
  const metadata = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [`name ${at}`, "x".repeat(2000)]),
  );
  await expect(client.put("k", Buffer.from("x"), { metadata })).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(node.files.size).toBe(0);
});

test.each(["text/plain\nx", "text/plain\r\nx-evil: 1", "text/\u{1f600}", "text/\u00fc", ""])(
  "the content type %j is refused as an argument",
  async (contentType) => {
    const { client, node } = await startGateway();
    const refused = client.put("k", Buffer.from("x"), { contentType });
    await expect(refused).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(node.files.size).toBe(0);
  },
);

test("any metadata survives the way there and back", async () => {
  const { client } = await startGateway();
  const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((value) => value.isWellFormed());
  const name = text.filter((value) => value !== "");
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, text, { maxKeys: 5 }), async (metadata) => {
      await client.put("k", Buffer.from("x"), { metadata });
      expect({ ...(await client.stat("k")).metadata }).toEqual({ ...metadata });
    }),
    { numRuns: 50 },
  );
});

test("a stream of unknown length is stored whole", async () => {
  const { client, node } = await startGateway();
  const parts = Array.from({ length: 100 }, (_, index) => Buffer.alloc(50_000, index));
  const stored = await client.put("big", streamOf(parts));
  expect(stored.size).toBe(5_000_000);
  expect(Buffer.from(node.files.get("big")?.bytes ?? []).equals(Buffer.concat(parts))).toBe(true);
});

test("an empty file is a file", async () => {
  const { client } = await startGateway();
  await client.put("sized", streamOf([]), { size: 0 });
  await client.put("unsized", streamOf([]));
  for (const key of ["sized", "unsized"]) {
    const { length, body } = await client.get(key);
    expect([length, (await collect(body)).length]).toEqual([0, 0]);
  }
});

test("a source that fails stores nothing and rejects with its own error", async () => {
  const { client, node } = await startGateway();
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(100_000);
    throw new GstoreError("SOURCE_CHANGED", "It changed.");
  };
  await expect(client.put("k", failing())).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
  await expect(client.put("k", failing(), { size: 200_000 })).rejects.toMatchObject({
    code: "SOURCE_CHANGED",
  });
  await expect.poll(() => node.aborted).toBe(2);
  expect(node.files.size).toBe(0);
});

test("a store that fails half-way through a large body says why, and the connection survives", async () => {
  const { client, node } = await startGateway();
  const error = new GstoreError("STORE_FULL", "The disk is full.", { path: "/x", retryable: true });
  node.failStore = { afterBytes: 100_000, error };
  let given = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 65_536;
      yield Buffer.alloc(65_536);
    }
  };
  await expect(client.put("k", endless())).rejects.toMatchObject({
    code: "STORE_FULL",
    retryable: true,
    fields: { path: "/x" },
  });
  expect(given).toBeLessThan(50_000_000);
  node.failStore = undefined;
  expect((await client.put("k", Buffer.from("x"))).size).toBe(1);
});

test("aborting a put aborts it at the node", async () => {
  const { client, node } = await startGateway();
  const controller = new AbortController();
  const slow = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(10);
    await expect.poll(() => node.lastOptions).toBeDefined();
    controller.abort();
    yield await new Promise<Uint8Array>(() => {});
  };
  await expect(client.put("k", slow(), { signal: controller.signal })).rejects.toMatchObject({
    code: "ABORTED",
  });
  await expect.poll(() => node.aborted).toBe(1);
  expect(node.files.size).toBe(0);
});

function streamOf(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  return (async function* () {
    yield* parts;
  })();
}
