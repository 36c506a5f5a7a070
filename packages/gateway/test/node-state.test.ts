import { request } from "node:http";
import { GstoreError } from "@gstore/core";
import { expect, test } from "vitest";
import type { ListRecord, VerifyEvent } from "../src/client.ts";
import { startGateway } from "./start-gateway.ts";

test("a listing is read page by page, whole or by folders", async () => {
  const { client } = await startGateway();
  const keys = Array.from({ length: 25 }, (_, index) => `d${index % 5}/${String(index).padStart(2, "0")} &?`);
  for (const key of keys) await client.put(key, Buffer.from("x"));
  const all: ListRecord[] = [];
  for await (const item of client.list("d")) all.push(item);
  expect(all.map(({ key }) => key)).toEqual([...keys].sort());
  const folders: ListRecord[] = [];
  for await (const item of client.list("", { delimiter: "/" })) folders.push(item);
  expect(folders).toEqual(["d0/", "d1/", "d2/", "d3/", "d4/"].map((key) => ({ kind: "folder", key })));
  const page = await client.page("d0/", { limit: 2 });
  expect(page.items.map(({ key }) => key)).toEqual(["d0/00 &?", "d0/05 &?"]);
  expect(page.next).toBe("d0/05 &?");
  const rest = await client.page("d0/", { after: page.next ?? "" });
  expect(rest).toMatchObject({ items: [{ kind: "file", size: 1 }, {}, {}], next: null });
});

test("a parameter that is unknown or out of bounds is refused by name", async () => {
  const { raw, client } = await startGateway();
  const keys = "/v1/spaces/main/keys";
  for (const [path, name] of [
    [`${keys}?prefx=a`, "prefx"],
    [`${keys}?limit=0`, "limit"],
    [`${keys}?limit=1001`, "limit"],
    [`${keys}?limit=x`, "limit"],
  ] as const) {
    const answer = await raw({ path });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, "INVALID_ARGUMENT"]);
    expect(answer.body).toContain(name);
  }
  await expect(client.put("k", Buffer.from(""), { copies: 0 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(client.put("k", Buffer.from(""), { timeout: "soon" })).rejects.toThrow(/no duration/);
});

test("the node tells what it is and whom it knows", async () => {
  const { client, raw, node } = await startGateway();
  const status = await client.status();
  expect(status).toMatchObject({
    id: node.id,
    name: "anna",
    started: "2023-11-14T22:13:20.000Z",
    members: 2,
  });
  expect(status.discovery.refusedRecords.forged).toBe(2);
  expect(status.diskFreeBytes).toBe(8_000_000_000_000);
  expect(await client.id()).toEqual({
    id: node.id,
    name: "anna",
    network: status.network,
    addresses: node.addresses(),
  });
  expect(await client.peers()).toEqual([
    {
      id: "12D3KooWBerta",
      name: "berta",
      role: "writer",
      connected: false,
      address: null,
      direction: null,
      incompatible: null,
      version: null,
      punched: null,
      foundBy: null,
      relay: null,
      since: null,
      roundTripMs: null,
      bytesSent: null,
      bytesReceived: null,
      sentPerSecond: null,
      receivedPerSecond: null,
    },
  ]);
  expect(await client.connect("/ip4/127.0.0.1/tcp/5000")).toEqual({ id: "12D3KooWBerta", name: "berta" });
  expect(node.connected).toEqual(["/ip4/127.0.0.1/tcp/5000"]);
  expect(await raw({ path: "/healthz" })).toMatchObject({ status: 200, body: '{"status":"ok"}' });
});

test("a path that is not there is 404 and a method that it has not is 405, with JSON", async () => {
  const { raw } = await startGateway();
  for (const [method, path, allow] of [
    ["GET", "/", undefined],
    ["GET", "/v1", undefined],
    ["GET", "/v1/spaces/other/keys/a", undefined],
    ["PATCH", "/v1/status", "GET, HEAD"],
    ["POST", "/v1/spaces/main/keys/a/b?wait=all", "DELETE, GET, HEAD, PUT"],
    ["PUT", "/v1/spaces/main/keys", "GET, HEAD"],
  ] as const) {
    const answer = await raw({ method, path });
    expect([path, answer.status, answer.headers.allow]).toEqual([path, allow ? 405 : 404, allow]);
    expect(JSON.parse(answer.body)).toMatchObject({ retryable: false });
  }
});

test("a connect without an address, or with a body that is no JSON, is refused", async () => {
  const { raw } = await startGateway();
  for (const body of ["{}", '{"address":1,"x":2}', "{", '{"address":""}']) {
    const headers = { "content-type": "application/json" };
    const answer = await raw({ method: "POST", path: "/v1/connect", headers, body });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, "INVALID_ARGUMENT"]);
  }
});

test("verify tells its progress and ends with a report", async () => {
  const { client } = await startGateway();
  const events: VerifyEvent[] = [];
  for await (const event of client.verify()) events.push(event);
  expect(events).toMatchObject([
    { type: "progress", blobs: 1, bytes: 10 },
    { type: "report", blobs: 2, bytes: 20, damaged: [{ reason: "other bytes" }], damagedSpans: [] },
  ]);
});

test("verify with repair says what could be repaired", async () => {
  const { client } = await startGateway();
  const events: VerifyEvent[] = [];
  for await (const event of client.verify({ repair: true })) events.push(event);
  expect(events.at(-1)).toMatchObject({ type: "report", repair: { blobs: 1, unrepairedBlobs: [] } });
});

test("gc tells its progress and ends with a report", async () => {
  const { client } = await startGateway();
  const events: unknown[] = [];
  for await (const event of client.collectGarbage({ dryRun: true })) events.push(event);
  expect(events).toMatchObject([
    { type: "progress", step: "marking", done: 1, total: 2 },
    {
      type: "report",
      dryRun: true,
      expired: 1,
      historyPaused: null,
      entries: 2,
      blobs: 3,
      bytes: 30,
      leased: 0,
      unreadable: [],
    },
  ]);
});

test("verify that fails rejects with the node's error", async () => {
  const { client, node } = await startGateway();
  node.failVerify = new GstoreError("STORE_IO", "The disk fails.", { systemCode: "EIO" });
  const events = client.verify();
  await events.next();
  await expect(events.next()).rejects.toMatchObject({ code: "STORE_IO", fields: { systemCode: "EIO" } });
});

test("changes are told as they happen, until the client leaves", async () => {
  const { client, node, gateway } = await startGateway();
  const outgoing = request({ socketPath: gateway.socketPath, path: "/v1/changes", agent: false });
  outgoing.end();
  const received: string[] = [];
  await new Promise<void>((resolve) => {
    outgoing.on("response", (incoming) => {
      incoming.setEncoding("utf8").on("data", (text: string) => received.push(text));
      resolve();
    });
  });
  const { version } = await client.put("a\nb", Buffer.from("x"));
  const data = JSON.stringify({ space: "main", key: "a\nb", version, op: "put", author: node.id });
  await expect.poll(() => received.join("")).toContain(`event: change\nid: ${version}\ndata: ${data}\n\n`);
  expect(node.listeners).toBe(1);
  outgoing.destroy();
  await expect.poll(() => node.listeners).toBe(0);
});
