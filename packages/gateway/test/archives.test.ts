import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { digestOf } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { type Entry, fromBuffer } from "yauzl";
import { ARCHIVES_AT_ONCE_MAX, type ArchiveFile, safeName } from "../src/archive/archive-files.ts";
import { zipArchive } from "../src/archive/zip-archive.ts";
import { collect, temporaryFolder } from "./start-gateway.ts";
import { type RunningHttp, startHttp } from "./start-http.ts";

const LONG = `${"long/".repeat(40)}${"n".repeat(120)}`;
const FILES: Readonly<Record<string, Buffer>> = {
  "photos/a.jpg": randomBytes(300_000),
  "photos/empty": Buffer.alloc(0),
  "photos/2026/\u00fcber \u{1f600}.txt": Buffer.from("text"),
  [`photos/${LONG}`]: Buffer.from("long"),
  "private/c": Buffer.from("c"),
};
const PHOTOS = Object.entries(FILES)
  .filter(([key]) => key.startsWith("photos/"))
  .map(([key, bytes]) => [key.slice("photos/".length), bytes] as const);

async function withFiles(): Promise<RunningHttp & { token: string }> {
  const http = await startHttp();
  for (const [key, bytes] of Object.entries(FILES)) {
    await http.owner.put(key, bytes, { mode: 0o4755, modifiedMs: Date.UTC(2026, 0, 31, 12) });
  }
  return { ...http, token: (await http.owner.access.create({ role: "reader" })).token };
}

interface BinaryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

/** Rejects where the answer does not end in order. */
function download(url: string, path: string, headers: Record<string, string>): Promise<BinaryAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, { headers, agent: false }, (incoming) => {
      collect(incoming).then((bytes) => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes });
      }, reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const asked = (format: string, prefix = "photos/"): string =>
  `/v1/spaces/main/archive?format=${format}&prefix=${encodeURIComponent(prefix)}`;

/** What a zip holds, as another program reads it. */
function unzip(bytes: Buffer): Promise<{ entry: Entry; bytes: Buffer }[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, strictFileNames: true }, (failure, zip) => {
      if (zip === undefined) return reject(failure);
      const found: { entry: Entry; bytes: Buffer }[] = [];
      zip.on("error", reject);
      zip.on("end", () => resolve(found));
      zip.on("entry", (entry: Entry) => {
        zip.openReadStream(entry, (error, stream) => {
          if (error) return reject(error);
          collect(stream).then((content) => {
            found.push({ entry, bytes: content });
            zip.readEntry();
          }, reject);
        });
      });
      zip.readEntry();
    });
  });
}

test("a folder comes as a zip of the length that was told, which another program reads", async () => {
  const { url, token } = await withFiles();
  const authorization = `Bearer ${token}`;
  const { status, headers, bytes } = await download(url, asked("zip"), { authorization });
  expect([status, headers["content-type"]]).toEqual([200, "application/zip"]);
  expect(headers["content-length"]).toBe(String(bytes.length));
  expect(headers["content-disposition"]).toBe("attachment; filename*=UTF-8''photos.zip");
  const found = await unzip(bytes);
  expect(found.map(({ entry }) => entry.fileName).sort()).toEqual(PHOTOS.map(([name]) => name).sort());
  for (const { entry, bytes: content } of found) {
    expect(content.equals(FILES[`photos/${entry.fileName}`] as Buffer)).toBe(true);
    expect(entry.crc32).toBe(crc32(content));
    expect((entry.externalFileAttributes >>> 16) & 0o7777).toBe(0o755);
  }
  const accepted = await download(url, "/v1/spaces/main/archive?prefix=photos/", {
    authorization,
    accept: "application/x-tar, */*;q=0.1",
  });
  expect(accepted.headers["content-type"]).toBe("application/x-tar");
});

test.skipIf(spawnSync("tar", ["--version"]).status !== 0)(
  "a folder comes as a tar, which tar unpacks (needs tar)",
  async () => {
    const { url, token } = await withFiles();
    const { headers, bytes } = await download(url, asked("tar"), { authorization: `Bearer ${token}` });
    expect(headers["content-type"]).toBe("application/x-tar");
    const dir = await temporaryFolder();
    await writeFile(join(dir, "x.tar"), bytes);
    const { status, stderr } = spawnSync("tar", ["-xf", "x.tar"], { cwd: dir, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    for (const [name, content] of PHOTOS) {
      expect((await readFile(join(dir, name))).equals(content)).toBe(true);
    }
    expect((await readdir(dir)).sort()).toEqual(["2026", "a.jpg", "empty", "long", "x.tar"]);
  },
);

describe.each(["zip", "tar"])("a %s", (format) => {
  test("breaks off where a file can't be read, and never ends short", async () => {
    const { url, token, node, gateway } = await withFiles();
    node.failGet = { afterBytes: 100_000, error: new Error("the disk broke") };
    const authorization = `Bearer ${token}`;
    await expect(download(url, asked(format), { authorization })).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    expect(gateway.url).toBe(url);
  });

  test("holds what the token holds for, and nothing else", async () => {
    const { url, owner } = await withFiles();
    const { token } = await owner.access.create({ role: "reader", prefix: "photos/2026/" });
    const authorization = `Bearer ${token}`;
    const { bytes } = await download(url, asked(format, ""), { authorization });
    expect(bytes.includes("ber \u{1f600}.txt")).toBe(true);
    expect(bytes.includes("a.jpg")).toBe(false);
    expect((await download(url, asked(format, "private/"), { authorization })).status).toBe(403);
  });

  test("is not read ahead for a client that does not take it", async () => {
    const { url, token, node, owner } = await withFiles();
    await owner.put("photos/large", Buffer.alloc(40 * 1024 * 1024, "x"));
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(url + asked(format), { headers, agent: false });
    const incoming = new Promise<import("node:http").IncomingMessage>((resolve) => {
      outgoing.on("response", resolve);
    });
    outgoing.end();
    (await incoming).pause();
    // As far as it goes without anybody taking it.
    let before = -1;
    const isStill = (): boolean => {
      const was = before;
      before = node.servedBytes;
      return was === before;
    };
    await expect.poll(isStill, { interval: 200, timeout: 20_000 }).toBe(true);
    expect(node.servedBytes).toBeLessThan(30 * 1024 * 1024);
    outgoing.destroy();
    await expect.poll(() => node.aborted, { timeout: 20_000 }).toBeGreaterThan(0);
  });
});

test("what can't be one archive is refused", async () => {
  const { ask, token, url } = await withFiles();
  const statusOf = async (path: string): Promise<number> => (await ask({ path, token })).status;
  expect(await statusOf(asked("zip", "nothing/"))).toBe(404);
  expect(await statusOf(asked("rar"))).toBe(400);
  expect(await statusOf(`${asked("zip")}&delimiter=/`)).toBe(400);
  const head = await ask({ method: "HEAD", path: asked("zip"), token });
  expect([head.status, head.headers["x-gstore-files"]]).toEqual([200, String(PHOTOS.length)]);
  expect(url).toMatch(/^http/);
});

test("only so many are sent at a time", async () => {
  const { url, token, owner, ask } = await withFiles();
  await owner.put("photos/large", Buffer.alloc(40 * 1024 * 1024, "x"));
  const headers = { authorization: `Bearer ${token}` };
  const stalled = Array.from({ length: ARCHIVES_AT_ONCE_MAX }, () => {
    const outgoing = request(url + asked("zip"), { headers, agent: false });
    const begun = new Promise((resolve) => outgoing.on("response", (incoming) => resolve(incoming.pause())));
    outgoing.on("error", () => {});
    outgoing.end();
    return { outgoing, begun };
  });
  await Promise.all(stalled.map(({ begun }) => begun));
  expect((await ask({ path: asked("zip"), token })).status).toBe(503);
  for (const { outgoing } of stalled) outgoing.destroy();
  await expect.poll(async () => (await ask({ path: asked("zip", "private/"), token })).status).toBe(200);
});

test.each([
  ["a\\..\\b", "a%5C..%5Cb"],
  ["C:evil", "C%3Aevil"],
  ["a/b", "a/b"],
])("the name %j is %j in an archive", (key, name) => {
  expect(safeName(key)).toBe(name);
});

test("more files than the old format counts are read all the same", async () => {
  const version = digestOf(Buffer.from("x")) as never;
  const files = Array.from({ length: 66_000 }, (_, at): ArchiveFile => {
    return { key: `k${at}`, name: `${at}`, version, size: 0, modifiedMs: 0, mode: 0o644 };
  });
  const { stream, length } = zipArchive(files, async () => ReadableStream.from([]));
  const bytes = await collect(stream);
  expect(bytes.length).toBe(length);
  const count = await new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => (zip ? resolve(zip.entryCount) : reject(error)));
  });
  expect(count).toBe(files.length);
}, 30_000);
