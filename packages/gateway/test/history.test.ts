import { afterAll, beforeAll, expect, test } from "vitest";
import type { GatewayClient, VersionRecord } from "../src/client.ts";
import { type RealNode, startRealNode } from "./real-node.ts";
import { collect } from "./start-gateway.ts";

let real: RealNode;
let client: GatewayClient;

beforeAll(async () => {
  real = await startRealNode();
  client = real.client;
});
afterAll(() => real.stop());

const all = async (key: string, options?: { limit?: number }): Promise<VersionRecord[]> => {
  const versions: VersionRecord[] = [];
  for await (const version of client.history.versions(key, options)) versions.push(version);
  return versions;
};
const read = async (key: string, which: { version?: string; at?: string }): Promise<string> =>
  (await collect((await client.get(key, which)).body)).toString();

test("versions of a key whose name needs escaping are listed, newest first, in pages", async () => {
  const key = "a b/50%?#\u{1f600}";
  const stored: string[] = [];
  for (let index = 0; index < 102; index++)
    stored.unshift((await client.put(key, Buffer.from(`${index}`), { wait: "local" })).version);
  const { version } = await client.remove(key);
  const listed = await all(key);
  expect(listed.map((one) => one.version)).toEqual([version, ...stored]);
  expect(listed.slice(0, 2)).toMatchObject([
    { key, op: "remove", state: "current", size: null, digest: null, author: { name: "anna" }, here: true },
    { key, op: "put", state: "superseded", size: 3, digest: expect.stringMatching(/^1e20/), here: true },
  ]);
  expect((await all(key, { limit: 102 })).length).toBe(102);
  const page = await client.history.versionsPage(key, { limit: 2 });
  expect([page.items.length, page.next]).toEqual([2, stored[0]]);
  await expect(client.history.versionsPage(key, { limit: 1000 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(client.history.versionsPage("none")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
});

test("a file is read, described and revalidated as it was in a version, or at a time", async () => {
  const { version: first } = await client.put("file", Buffer.from("first"), { contentType: "text/plain" });
  const { stored } = await client.stat("file");
  const { version: second } = await client.put("file", Buffer.from("second one"));
  expect(await read("file", { version: first })).toBe("first");
  expect(await read("file", { version: second.slice(0, 14) })).toBe("second one");
  expect(await read("file", {})).toBe("second one");
  expect(await read("file", { at: stored })).toBe("first");
  expect(await client.stat("file", { version: first })).toMatchObject({
    ...{ version: first, size: 5, contentType: "text/plain" },
  });
  const path = `/v1/spaces/main/keys/file?version=${first}`;
  const part = await real.raw({ path, headers: { range: "bytes=1-2" } });
  expect([part.status, part.body, part.headers["content-range"]]).toEqual([206, "ir", "bytes 1-2/5"]);
  expect(part.headers.etag).toBe(`"${first}"`);
  const beyond = await real.raw({ path, headers: { range: "bytes=7-" } });
  expect([beyond.status, beyond.headers["content-range"]]).toEqual([416, "bytes */5"]);
  const same = await real.raw({ path, headers: { "if-none-match": `"${first}"` } });
  expect(same.status).toBe(304);
});

test.each([
  ["?version=1e20ffffffffffff", 404, "VERSION_NOT_FOUND"],
  ["?version=soon", 400, "INVALID_ARGUMENT"],
  ["?version=", 400, "INVALID_ARGUMENT"],
  [`?version=${"1".repeat(101)}`, 400, "INVALID_ARGUMENT"],
  ["?at=yesterday", 400, "INVALID_ARGUMENT"],
  ["?at=2026-01-31", 400, "INVALID_ARGUMENT"],
  ["?at=2001-01-31T12:00:00Z", 404, "KEY_NOT_FOUND"],
  ["?at=2026-01-31T12:00:00Z&version=1e20ffffffffffff", 400, "INVALID_ARGUMENT"],
  ["?versoin=1e20ffffffffffff", 400, "INVALID_ARGUMENT"],
])("a version or time that is none is refused with a code: %s", async (query, status, code) => {
  await client.put("refused", Buffer.from("x"));
  const answer = await real.raw({ path: `/v1/spaces/main/keys/refused${query}` });
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code]);
});

test("an older version is made the current one again, by a word that holds no content", async () => {
  const { version, digest } = await client.put("back", Buffer.from("first"), { mode: 0o640 });
  await client.remove("back");
  const restored = await client.history.restore("back", version.slice(0, 12), { wait: "local" });
  expect(restored).toMatchObject({
    ...{ key: "back", size: 5, digest, copies: 1, wanted: 1, holders: [{ name: "anna" }], storedBytes: 0 },
  });
  expect(await client.stat("back")).toMatchObject({ version: restored.version, mode: "0640" });
  expect(await read("back", {})).toBe("first");
  await expect(client.history.restore("back", "1e20ffffffffffff")).rejects.toMatchObject({
    code: "VERSION_NOT_FOUND",
  });
  await expect(client.history.resolve("back", version)).rejects.toMatchObject({ code: "NO_CONFLICT" });
  expect((await client.history.conflictsPage("")).items).toEqual([]);
  expect((await client.status()).conflicts).toBe(0);
});

test.each([
  [{}, "Name a version"],
  [{ restore: "1e20ffffffffffff", resolve: "1e20ffffffffffff" }, "Name a version"],
  [{ keep: "1e20ffffffffffff" }, "keep"],
  [{ restore: "no version" }, "hexadecimal"],
  [{ restore: 5 }, "hexadecimal"],
])("a request to restore that says %j is refused", async (body, message) => {
  await client.put("asked", Buffer.from("x"));
  const answer = await real.raw({
    ...{ method: "POST", path: "/v1/spaces/main/versions/asked", body: JSON.stringify(body) },
    headers: { "content-type": "application/json" },
  });
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { code: "INVALID_ARGUMENT" }]);
  expect(JSON.parse(answer.body).message).toContain(message);
});

test("a copy and a move hold the same content under another key, and store nothing anew", async () => {
  const bytes = Buffer.alloc(300_000, "content");
  await client.put("from/a", bytes, { contentType: "text/plain", mode: 0o600, wait: "local" });
  const before = (await client.status()).blobBytes;
  const copied = await client.history.copy("copy", { from: "from/a", to: "to/a b" });
  expect(copied).toMatchObject({ key: "to/a b", size: bytes.length, storedBytes: 0 });
  expect((await collect((await client.get("to/a b")).body)).equals(bytes)).toBe(true);
  expect(await client.stat("to/a b")).toMatchObject({ contentType: "text/plain", mode: "0600" });
  await client.history.copy("move", { from: "from/a", to: "moved" });
  await expect(client.stat("from/a")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
  expect((await collect((await client.get("moved")).body)).equals(bytes)).toBe(true);
  expect((await client.status()).blobBytes).toBe(before);
  const again = client.history.copy("copy", { from: "moved", to: "to/a b" }, { isNew: true });
  await expect(again).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  for (const [from, to, code] of [
    ["moved", "moved", "INVALID_ARGUMENT"],
    ["nothing", "x", "KEY_NOT_FOUND"],
    ["moved", "a/../b", "INVALID_KEY"],
  ] as const) {
    await expect(client.history.copy("move", { from, to })).rejects.toMatchObject({ code });
  }
  expect((await all("from/a")).map(({ op }) => op)).toEqual(["remove", "put"]);
});
