import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { type RealNode, startRealNode } from "./real-node.ts";
import { collect } from "./start-gateway.ts";

async function startedForThisTest(): Promise<RealNode> {
  const real = await startRealNode();
  onTestFinished(() => real.stop());
  return real;
}

test("a node's files go through the API and back, whole and in parts", async () => {
  const { client } = await startedForThisTest();
  const bytes = randomBytes(5_000_000);
  const parts = [
    bytes.subarray(0, 1_000_001),
    bytes.subarray(1_000_001, 1_000_002),
    bytes.subarray(1_000_002),
  ];
  const metadata = { Colour: "r\u00f6t" };
  const about = { modifiedMs: 1_600_000_000_123, mode: 0o640, contentType: "text/plain", metadata };
  const key = "a b/50%?#\n\u{1f600}";
  const stored = await client.put(key, streamOf(parts), about);
  expect(stored).toMatchObject({
    key,
    size: bytes.length,
    copies: 1,
    wanted: 1,
    holders: [{ name: "anna" }],
  });
  const { file, body } = await client.get(key);
  expect((await collect(body)).equals(bytes)).toBe(true);
  expect(file).toMatchObject({ version: stored.version, mode: "0640", contentType: "text/plain", metadata });
  expect(await client.stat(key)).toEqual(file);
  const part = await client.get(key, { range: { start: 999_999, end: 1_000_010 } });
  expect((await collect(part.body)).equals(bytes.subarray(999_999, 1_000_011))).toBe(true);
  await expect(client.get(key, { range: { start: bytes.length } })).rejects.toMatchObject({
    code: "RANGE_NOT_SATISFIABLE",
  });
  expect((await client.page("a b/")).items).toMatchObject([{ kind: "file", key }]);
  await client.remove(key);
  await expect(client.get(key)).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
});

test("a put that breaks off, or is shorter than announced, stores nothing", async () => {
  const { client } = await startedForThisTest();
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield randomBytes(3_000_000);
    throw new Error("the source broke");
  };
  await expect(client.put("broken", broken())).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  const short = client.put("short", broken(), { size: 4_000_000 });
  await expect(short).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  expect((await client.page("")).items).toEqual([]);
  expect((await client.put("after", Buffer.from("x"))).size).toBe(1);
});

test("a node's state and a verification go through the API", async () => {
  const { client, node } = await startedForThisTest();
  await client.put("k", randomBytes(1000));
  expect(await client.status()).toMatchObject({
    id: node.id,
    name: "anna",
    keys: 1,
    members: 1,
    connected: 0,
  });
  expect((await client.id()).addresses).toEqual(node.addresses());
  expect(await client.peers()).toEqual([]);
  let last: unknown;
  for await (const event of client.verify()) last = event;
  expect(last).toMatchObject({ type: "report", blobs: 1, damaged: [], damagedSpans: [] });
  await expect(client.connect("/ip4/127.0.0.1/tcp/1")).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
});

async function* streamOf(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
