import { execFile, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { promisify } from "node:util";
import { Upload } from "tus-js-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RealHttpNode, startRealHttpNode } from "./real-node.ts";
import { collect, type RawAnswer } from "./start-gateway.ts";
import { askPort } from "./start-http.ts";

const CONTENT = randomBytes(3_000_000);
const TUS = { "tus-resumable": "1.0.0" };
const PIECE = { ...TUS, "content-type": "application/offset+octet-stream" };

let real: RealHttpNode;
let token: string;

beforeAll(async () => {
  real = await startRealHttpNode();
  ({ token } = await real.owner.access.create({ role: "writer" }));
});
afterAll(() => real.stop());

const ask = (options: Omit<Parameters<typeof askPort>[1], "token">): Promise<RawAnswer> =>
  askPort(real.url, { token, ...options });

const encoded = (text: string): string => Buffer.from(text).toString("base64");

async function create(key: string, length: number, headers: Record<string, string> = {}): Promise<RawAnswer> {
  const about = { "upload-length": String(length), "upload-metadata": `key ${encoded(key)}` };
  return await ask({ method: "POST", path: "/v1/uploads", headers: { ...TUS, ...about, ...headers } });
}

async function begin(key: string, length: number): Promise<string> {
  const { status, headers } = await create(key, length);
  expect(status).toBe(201);
  return headers.location ?? "";
}

const offsetOf = async (path: string): Promise<number> => {
  const { status, headers } = await ask({ method: "HEAD", path, headers: TUS });
  expect([status, headers["cache-control"], headers["tus-resumable"]]).toEqual([200, "no-store", "1.0.0"]);
  return Number(headers["upload-offset"]);
};

const send = (path: string, offset: number, body: Uint8Array, headers = {}): Promise<RawAnswer> =>
  ask({ method: "PATCH", path, headers: { ...PIECE, "upload-offset": offset, ...headers }, body });

async function expectStored(key: string, content: Buffer): Promise<void> {
  const { body } = await real.owner.get(key);
  expect((await collect(body)).equals(content)).toBe(true);
}

/** Sends the beginning of a piece and breaks the connection. */
function breakOff(path: string, offset: number, body: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const headers = { ...PIECE, "upload-offset": offset, authorization: `Bearer ${token}` };
    const outgoing = request(real.url, { method: "PATCH", path, headers, agent: false });
    outgoing.on("error", () => {});
    outgoing.on("close", () => resolve());
    outgoing.write(body, () => outgoing.destroy());
  });
}

test("the protocol's own client stores a file in pieces, and goes on where a restarted node says", async () => {
  const options = {
    endpoint: `${real.url}/v1/uploads`,
    headers: { authorization: `Bearer ${token}` },
    chunkSize: 1_000_000,
    metadata: { key: "tus/file", filetype: "video/mp4", modified: "2026-01-31T12:00:00Z" },
  };
  const uploadUrl = await new Promise<string>((resolve, reject) => {
    const upload = new Upload(CONTENT, {
      ...options,
      onError: reject,
      onChunkComplete: (_size, accepted) => {
        if (accepted < 2_000_000) return;
        void upload.abort().then(() => resolve(upload.url ?? ""));
      },
    });
    upload.start();
  });
  const { pathname } = new URL(uploadUrl);
  const before = await offsetOf(pathname);
  expect(before).toBeGreaterThanOrEqual(2_000_000);
  real = await real.restart();
  expect(await offsetOf(pathname)).toBe(before);
  const progress: number[] = [];
  await new Promise<void>((resolve, reject) => {
    new Upload(CONTENT, {
      ...options,
      endpoint: `${real.url}/v1/uploads`,
      uploadUrl: real.url + pathname,
      onProgress: (sent) => progress.push(sent),
      onError: reject,
      onSuccess: () => resolve(),
    }).start();
  });
  expect(progress[0]).toBeGreaterThanOrEqual(before);
  await expectStored("tus/file", CONTENT);
  expect(await real.owner.stat("tus/file")).toMatchObject({
    contentType: "video/mp4",
    modified: "2026-01-31T12:00:00.000Z",
  });
});

test("what came of a piece that broke off is there, and the rest makes the file", async () => {
  const path = await begin("broken", CONTENT.length);
  await breakOff(path, 0, CONTENT.subarray(0, 1_500_000));
  const offset = await offsetOf(path);
  expect(offset).toBeGreaterThan(0);
  expect(offset).toBeLessThanOrEqual(1_500_000);
  real = await real.restart();
  expect(await offsetOf(path)).toBe(offset);
  const { status, headers } = await send(path, offset, CONTENT.subarray(offset));
  expect([status, headers["upload-offset"]]).toEqual([204, String(CONTENT.length)]);
  await expectStored("broken", CONTENT);
  // Whoever did not hear that asks again, and finds it done.
  expect(await offsetOf(path)).toBe(CONTENT.length);
  expect(headers.etag).toBe(`"${(await real.owner.stat("broken")).version}"`);
});

test("whoever looks at an upload does not end what is being sent", async () => {
  const path = await begin("looked at", 10);
  const headers = { ...PIECE, "upload-offset": 0, authorization: `Bearer ${token}` };
  const outgoing = request(real.url, { method: "PATCH", path, headers, agent: false });
  const answered = new Promise<number>((resolve, reject) => {
    outgoing.on("response", (incoming) => resolve(incoming.resume().statusCode ?? 0));
    outgoing.on("error", reject);
  });
  outgoing.write("01234");
  for (let times = 0; times < 3; times++) expect((await ask({ path })).status).toBe(200);
  outgoing.end("56789");
  expect(await answered).toBe(204);
  await expectStored("looked at", Buffer.from("0123456789"));
});

test("each step answers as the protocol says", async () => {
  const { headers: about, status } = await ask({ method: "OPTIONS", path: "/v1/uploads" });
  expect(status).toBe(204);
  expect(about).toMatchObject({ "tus-version": "1.0.0", "tus-resumable": "1.0.0" });
  expect(about["tus-extension"]).toBe("creation,creation-with-upload,termination,expiration,checksum");
  const old = await ask({ method: "POST", path: "/v1/uploads", headers: { "tus-resumable": "0.2.2" } });
  expect([old.status, old.headers["tus-version"]]).toEqual([412, "1.0.0"]);
  expect((await create("a", 2 ** 49)).status).toBe(413);
  expect((await create("../a", 5)).status).toBe(400);
  expect((await create("a", 5, { "upload-metadata": "name eA==" })).status).toBe(400);
  expect((await create("a", 5, { "upload-metadata": "key ???" })).status).toBe(400);
  const path = await begin("steps", 10);
  expect((await ask({ method: "HEAD", path, headers: TUS })).headers).toMatchObject({
    "upload-length": "10",
    "upload-metadata": `key ${encoded("steps")},space ${encoded("main")}`,
  });
  expect((await send(path, 3, Buffer.from("x"))).status).toBe(409);
  expect((await send(path, 0, Buffer.alloc(11))).status).toBe(413);
  expect((await send(path, 0, Buffer.from("x"), { "content-type": "text/plain" })).status).toBe(415);
  const first = await send(path, 0, Buffer.from("01234"));
  expect([first.status, first.headers["upload-offset"]]).toEqual([204, "5"]);
  expect(Date.parse(first.headers["upload-expires"] as string)).toBeGreaterThan(Date.now());
  const shown = JSON.parse((await ask({ path })).body);
  expect(shown).toMatchObject({ key: "steps", space: "main", length: 10, offset: 5, version: null });
  const override = { ...PIECE, "upload-offset": 5, "x-http-method-override": "PATCH" };
  expect((await ask({ method: "POST", path, headers: override, body: "56789" })).status).toBe(204);
  await expectStored("steps", Buffer.from("0123456789"));
  const given = await begin("given up", 10);
  expect((await ask({ method: "DELETE", path: given, headers: TUS })).status).toBe(204);
  expect((await ask({ method: "HEAD", path: given, headers: TUS })).status).toBe(404);
});

test("a file may come with its creation, and an empty one needs nothing more", async () => {
  const about = {
    "upload-length": 5,
    "upload-metadata": `key ${encoded("at once")},space ${encoded("main")}`,
  };
  const path = "/v1/uploads";
  const made = await ask({ method: "POST", path, headers: { ...PIECE, ...about }, body: "01234" });
  expect([made.status, made.headers["upload-offset"]]).toEqual([201, "5"]);
  await expectStored("at once", Buffer.from("01234"));
  expect((await create("empty", 0)).headers["upload-offset"]).toBe("0");
  await expectStored("empty", Buffer.alloc(0));
});

test("a piece with another checksum is not taken, not even in part", async () => {
  const path = await begin("checked", CONTENT.length);
  const sum = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");
  const half = CONTENT.subarray(0, 1_500_000);
  const wrong = await send(path, 0, half, { "upload-checksum": `sha1 ${sum(Buffer.from("x"))}` });
  expect([wrong.status, JSON.parse(wrong.body).code]).toEqual([460, "DIGEST_MISMATCH"]);
  expect(await offsetOf(path)).toBe(0);
  expect((await send(path, 0, half, { "upload-checksum": "crc32 AAAA" })).status).toBe(400);
  expect((await send(path, 0, half, { "upload-checksum": `sha1 ${sum(half)}` })).status).toBe(204);
  const rest = CONTENT.subarray(half.length);
  expect((await send(path, half.length, rest, { "upload-checksum": `sha1 ${sum(rest)}` })).status).toBe(204);
  await expectStored("checked", CONTENT);
});

test("a token uploads to the keys that it holds for, and sees no other upload", async () => {
  const { access } = real.owner;
  const limited = (await access.create({ role: "writer", prefix: "photos/" })).token;
  const reader = (await access.create({ role: "reader" })).token;
  const post = (key: string, by: string): Promise<RawAnswer> => {
    const headers = { ...TUS, "upload-length": 5, "upload-metadata": `key ${encoded(key)}` };
    return askPort(real.url, { method: "POST", path: "/v1/uploads", headers, token: by });
  };
  expect((await post("photos/a", reader)).status).toBe(403);
  expect((await post("private/a", limited)).status).toBe(403);
  const own = (await post("photos/a", limited)).headers.location ?? "";
  const other = await begin("private/a", 5);
  const by = (path: string, method: string, used: string): Promise<RawAnswer> =>
    askPort(real.url, { method, path, headers: { ...PIECE, "upload-offset": 0 }, token: used });
  for (const method of ["HEAD", "GET", "PATCH", "DELETE"]) {
    expect((await by(other, method, limited)).status, method).toBe(403);
    expect((await by(own, method, reader)).status, method).toBe(403);
  }
  expect((await by(own, "HEAD", limited)).status).toBe(200);
  expect((await askPort(real.url, { method: "HEAD", path: own, headers: TUS })).status).toBe(401);
});

test.skipIf(spawnSync("curl", ["--version"]).status !== 0)(
  "curl uploads in pieces (needs curl)",
  async () => {
    const run = async (...args: string[]): Promise<string> => {
      const all = [
        "-sS",
        "-i",
        "-H",
        `Authorization: Bearer ${token}`,
        "-H",
        "Tus-Resumable: 1.0.0",
        ...args,
      ];
      return (await promisify(execFile)("curl", all)).stdout;
    };
    const about = ["-H", "Upload-Length: 10", "-H", `Upload-Metadata: key ${encoded("curl/a")}`];
    const made = await run("-X", "POST", ...about, `${real.url}/v1/uploads`);
    const path = /^location: (\S+)/im.exec(made)?.[1] ?? "";
    for (const [offset, piece] of [
      ["0", "01234"],
      ["5", "56789"],
    ] as const) {
      const headers = ["-H", `Upload-Offset: ${offset}`, "-H", `Content-Type: ${PIECE["content-type"]}`];
      expect(await run("-X", "PATCH", ...headers, "-d", piece, real.url + path)).toMatch(/^HTTP\/1.1 204/);
    }
    await expectStored("curl/a", Buffer.from("0123456789"));
  },
);
