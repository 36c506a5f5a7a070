import { GstoreError } from "@gstore/core";
import { expect, test } from "vitest";
import { collect, startGateway } from "./start-gateway.ts";

const PATH = "/v1/spaces/main/keys/k";
const BIG = Buffer.alloc(8_000_000, "gstore");

test("a download that breaks off half-way ends in the node's error, never as a shorter file", async () => {
  const { client, node, raw, faults } = await startGateway();
  await client.put("k", BIG);
  const error = new GstoreError("NO_HOLDER_REACHABLE", "berta is away.", { peer: "berta", retryable: true });
  node.failGet = { afterBytes: 3_000_000, error };
  const { body } = await client.get("k");
  await expect(collect(body)).rejects.toMatchObject({
    code: "NO_HOLDER_REACHABLE",
    fields: { peer: "berta" },
  });
  await expect(raw({ path: PATH })).rejects.toThrow(/aborted/);
  expect(faults).toEqual([]);
});

test("a download that fails before its first byte is answered with the error's status", async () => {
  const { client, node, raw } = await startGateway();
  await client.put("k", BIG);
  node.failGet = { afterBytes: 0, error: new GstoreError("NO_HOLDER_REACHABLE", "berta is away.") };
  await expect(client.get("k")).rejects.toMatchObject({ code: "NO_HOLDER_REACHABLE" });
  expect((await raw({ path: PATH })).status).toBe(503);
});

test("an unknown fault is reported to the owner and shown to the client without its text", async () => {
  const { client, node, raw, faults } = await startGateway();
  await client.put("k", BIG);
  node.failGet = { afterBytes: 0, error: new Error("secret detail") };
  const answer = await raw({ path: PATH });
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.body)).toMatchObject({ code: "INTERNAL" });
  expect(answer.body).not.toMatch(/secret|at /);
  expect(faults).toHaveLength(1);
});

test("a client that stops reading is not read ahead for, and one that leaves cancels the stream", async () => {
  const { client, node } = await startGateway();
  await client.put("k", Buffer.alloc(64_000_000));
  const { body } = await client.get("k");
  await body.next();
  await expect.poll(() => node.servedBytes).toBeGreaterThan(0);
  // What has been asked for settles: sockets and buffers are full, far below the file.
  let before = -1;
  await expect
    .poll(() => {
      const isSettled = before === node.servedBytes;
      before = node.servedBytes;
      return isSettled;
    })
    .toBe(true);
  expect(node.servedBytes).toBeLessThan(8_000_000);
  await body.return(undefined);
  await expect.poll(() => node.aborted).toBe(1);
});

test.each([
  ["bytes=0-4", 206, "hello", "bytes 0-4/11"],
  ["bytes=6-", 206, "world", "bytes 6-10/11"],
  ["bytes=-3", 206, "rld", "bytes 8-10/11"],
  ["bytes=6-999", 206, "world", "bytes 6-10/11"],
  ["bytes=4-2", 200, "hello world", undefined],
  ["lines=0-1", 200, "hello world", undefined],
])("Range %s gives status %i", async (range, status, body, contentRange) => {
  const { client, raw } = await startGateway();
  await client.put("k", Buffer.from("hello world"));
  const answer = await raw({ path: PATH, headers: { range } });
  expect([answer.status, answer.body, answer.headers["content-range"]]).toEqual([status, body, contentRange]);
  expect(answer.headers["content-length"]).toBe(String(body.length));
});

test("a range behind the end is 416 and tells the size", async () => {
  const { client, raw } = await startGateway();
  await client.put("k", Buffer.from("hello world"));
  const answer = await raw({ path: PATH, headers: { range: "bytes=11-" } });
  expect([answer.status, answer.headers["content-range"]]).toEqual([416, "bytes */11"]);
  expect(JSON.parse(answer.body)).toMatchObject({ code: "RANGE_NOT_SATISFIABLE" });
});

test("HEAD describes a file as GET does, and carries its error in a header", async () => {
  const { client, raw } = await startGateway();
  await client.put("k", Buffer.from("hello"), { contentType: "text/plain" });
  const head = await raw({ method: "HEAD", path: PATH });
  const get = await raw({ path: PATH });
  const { date: _date, connection: _connection, ...headers } = get.headers;
  expect([head.status, head.body]).toEqual([200, ""]);
  expect(head.headers).toMatchObject(headers);
  const missing = await raw({ method: "HEAD", path: `${PATH}2` });
  expect(missing.status).toBe(404);
  const record = JSON.parse(decodeURIComponent(String(missing.headers["x-gstore-error"])));
  expect(record).toMatchObject({ code: "KEY_NOT_FOUND" });
});

test("the version is the entity tag, for reads", async () => {
  const { client, raw } = await startGateway();
  const { version } = await client.put("k", Buffer.from("hello"));
  const read = async (headers: Record<string, string>, method = "GET"): Promise<[number, string]> => {
    const answer = await raw({ method, path: PATH, headers });
    return [answer.status, answer.body];
  };
  expect(await read({ "if-none-match": `"other", W/"${version}"` })).toEqual([304, ""]);
  expect(await read({ "if-none-match": "*" }, "HEAD")).toEqual([304, ""]);
  expect(await read({ "if-none-match": '"other"' })).toEqual([200, "hello"]);
  expect(await read({ "if-match": `"${version}"` })).toEqual([200, "hello"]);
  expect((await read({ "if-match": '"other"' }))[0]).toBe(412);
  expect((await read({ "if-match": `W/"${version}"` }))[0]).toBe(412);
  expect(await read({ range: "bytes=1-2", "if-range": `"${version}"` })).toEqual([206, "el"]);
  expect(await read({ range: "bytes=1-2", "if-range": '"older"' })).toEqual([200, "hello"]);
});

test("the version is the entity tag, for writes", async () => {
  const { client, node, raw } = await startGateway();
  const write = async (headers: Record<string, string>, method = "PUT"): Promise<number> =>
    (await raw({ method, path: PATH, headers, body: method === "PUT" ? "new" : "" })).status;
  expect(await write({ "if-match": '"any"' })).toBe(412);
  expect(await write({ "if-none-match": "*" })).toBe(201);
  expect(await write({ "if-none-match": "*" })).toBe(412);
  const { version } = await client.stat("k");
  expect(await write({ "if-match": `"${version}"` })).toBe(200);
  expect(await write({ "if-match": `"${version}"` })).toBe(412);
  expect(await write({ "if-match": `"${version}"` }, "DELETE")).toBe(412);
  expect(await write({ "if-match": "*" }, "DELETE")).toBe(200);
  expect(node.files.size).toBe(0);
});

test("of many clients that create the same key, one succeeds", async () => {
  const { raw } = await startGateway();
  const create = (body: string): ReturnType<typeof raw> =>
    raw({ method: "PUT", path: PATH, headers: { "if-none-match": "*" }, body });
  const answers = await Promise.all(["a", "b", "c", "d", "e"].map(create));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412, 412]);
});
