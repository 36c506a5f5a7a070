import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gstore, startGstore } from "./e2e/support/gstore.ts";
import { waitFor } from "./e2e/support/wait-for.ts";
import { fileHeaders, listItem, startFakeGateway } from "./support/fake-gateway.ts";

const HALF = Buffer.alloc(100_000, "x");

/** Sends half of a file, and no more. */
function sendHalf(response: ServerResponse): void {
  response.writeHead(200, fileHeaders("k", 2 * HALF.length));
  response.write(HALF);
}

test("Ctrl-C ends a get with 130 and leaves no file", async () => {
  const { dir, work } = await startFakeGateway((_request, response) => sendHalf(response));
  const child = startGstore(["get", "k", "--dir", dir], { cwd: work });
  await waitFor("the download has begun", async () => (await readdir(work)).length > 0);
  child.kill("SIGINT");
  expect((await child.ended).code).toBe(130);
  expect(await readdir(work)).toEqual([]);
  expect(child.stderr).toBe("");
});

test("Ctrl-C ends a cat whose reader doesn't read", async () => {
  const { dir } = await startFakeGateway((_request, response) => {
    response.writeHead(200, fileHeaders("k", 1e9));
    const fill = (): void => {
      while (!response.destroyed && response.write(HALF));
    };
    response.on("drain", fill);
    fill();
  });
  const child = startGstore(["cat", "k", "--dir", dir], { collectStdout: false });
  await new Promise((resolve) => child.process.stdout.once("readable", resolve));
  child.kill("SIGINT");
  child.process.stdout.resume();
  expect((await child.ended).code).toBe(130);
});

test("Ctrl-C ends a put of standard input, and nothing of it is taken for the whole", async () => {
  const outcomes: string[] = [];
  const { dir } = await startFakeGateway((request) => {
    request.once("data", () => outcomes.push("begun"));
    request.once("end", () => outcomes.push("whole"));
    request.once("error", () => outcomes.push("broken off"));
  });
  const child = startGstore(["put", "-", "k", "--dir", dir]);
  child.process.stdin.write(HALF);
  await waitFor("the upload has begun", () => outcomes.length > 0);
  child.kill("SIGINT");
  expect((await child.ended).code).toBe(130);
  await waitFor("the node has seen the end", () => outcomes.length > 1);
  expect(outcomes).toEqual(["begun", "broken off"]);
});

test("a reader that goes away ends cat and ls without a word", async () => {
  const page = JSON.stringify({
    items: Array.from({ length: 1000 }, (_, at) => listItem(`key ${at}`, 1)),
    next: "key",
  });
  const { dir } = await startFakeGateway((request, response) => {
    if (request.url?.includes("/keys/k")) {
      response.writeHead(200, fileHeaders("k", 1e9));
      response.write(HALF);
      response.on("drain", () => response.write(HALF));
      while (response.write(HALF));
    } else {
      response.setHeader("content-type", "application/json").end(page);
    }
  });
  for (const args of [
    ["cat", "k"],
    ["ls", "-r"],
    ["ls", "-r", "--json"],
  ]) {
    const child = startGstore([...args, "--dir", dir], { collectStdout: false });
    child.process.stdout.once("data", () => child.process.stdout.destroy());
    expect([args, (await child.ended).code, child.stderr]).toEqual([args, 0, ""]);
  }
});

test("a get that the node breaks off leaves no file, and is exit code 4", async () => {
  const { dir, work } = await startFakeGateway((request, response) => {
    if (request.url?.startsWith("/v1/failures/")) response.end('{"error":null}');
    else {
      sendHalf(response);
      setImmediate(() => response.destroy());
    }
  });
  await writeFile(join(work, "k"), "before");
  const { code, stderr } = await gstore(["get", "k", "--force", "--dir", dir], { cwd: work });
  expect([code, stderr.trim().split("\n").length]).toEqual([4, 1]);
  expect(await readdir(work)).toEqual(["k"]);
  expect(await readFile(join(work, "k"), "utf8")).toBe("before");
});

test("a get says why the node broke it off, where the node tells", async () => {
  const error = { code: "NO_HOLDER_REACHABLE", message: "berta is away.", retryable: true, fields: {} };
  const { dir, work } = await startFakeGateway((request, response) => {
    if (request.url?.startsWith("/v1/failures/")) response.end(JSON.stringify({ error }));
    else {
      sendHalf(response);
      setImmediate(() => response.destroy());
    }
  });
  const { code, stderr } = await gstore(["get", "k", "--dir", dir], { cwd: work });
  expect([code, stderr]).toEqual([4, "gstore: berta is away.\n"]);
});

test("names from a hostile node never lead out of the target", async () => {
  const names = [
    "../escape",
    "a/../../escape",
    "/absolute",
    "a//b",
    "..\\..\\escape",
    "C:\\escape",
    "nul\0",
    "",
    "..",
  ];
  const keys = [...names, "fine", "sub/fine"].map((name) => `evil/${name}`);
  const { dir, work } = await startFakeGateway((request, response) => {
    if (request.url?.includes("/keys/")) response.writeHead(200, fileHeaders("evil", 4)).end("evil");
    else response.end(JSON.stringify({ items: keys.map((key) => listItem(key, 4)), next: null }));
  });
  const { code, stderr } = await gstore(["get", "evil/", "-o", "target", "--dir", dir], { cwd: work });
  expect(code).toBe(5);
  expect(stderr.trim().split("\n")).toHaveLength(names.length);
  const written = await readdir(join(work, ".."), { recursive: true });
  const files = written.filter((name) => !name.startsWith("node")).sort();
  expect(files).toEqual([
    "work",
    "work/target",
    "work/target/fine",
    "work/target/sub",
    "work/target/sub/fine",
  ]);
});

test("a file that changes while it is read is reported and not stored", async () => {
  const bodies: number[] = [];
  const { dir, work } = await startFakeGateway((request, response) => {
    let bytes = 0;
    request.on("data", (part: Buffer) => {
      bytes += part.length;
    });
    request.once("end", () => {
      bodies.push(bytes);
      const stored = { key: "k", version: "1e20", digest: "1e20", size: bytes, copies: 1, wanted: 1 };
      response.end(JSON.stringify({ ...stored, holders: [{ id: "x", name: "anna" }], storedBytes: bytes }));
    });
    request.on("error", () => bodies.push(-1));
    if (Number(request.headers["content-length"]) < 10_000) return;
    // The sockets are full and the file is only partly read: now it changes.
    request.pause();
    appendFile(join(work, "folder", "large"), "more").then(() => request.resume());
  });
  await mkdir(join(work, "folder"));
  await writeFile(join(work, "folder", "large"), Buffer.alloc(20_000_000));
  await writeFile(join(work, "folder", "small"), "x");
  const single = await gstore(["put", "folder/large", "k", "--dir", dir], { cwd: work });
  expect([single.code, single.stderr]).toEqual([1, expect.stringMatching(/large changed while it was read/)]);
  const folder = await gstore(["put", "folder", "--dir", dir], { cwd: work });
  expect([folder.code, folder.stderr]).toEqual([1, expect.stringMatching(/large changed while it was read/)]);
  expect(folder.stdout).toContain("stored 1 file (1 B)");
  expect(bodies.sort()).toEqual([-1, -1, 1]);
});

test("a node that goes away in the middle of a folder is told once, with exit code 4", async () => {
  const { dir, work } = await startFakeGateway((request) => request.destroy());
  for (let at = 0; at < 50; at++) await writeFile(join(work, `file ${at}`), "x");
  const { code, stderr } = await gstore(["put", work, "all", "--dir", dir]);
  expect([code, stderr.trim().split("\n").length]).toEqual([4, 1]);
});
