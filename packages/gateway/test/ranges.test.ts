import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { RANGES_MAX } from "../src/http-range.ts";
import { type RunningHttp, startHttp } from "./start-http.ts";

const TEXT = "0123456789abcdefghij";
const PATH = "/v1/spaces/main/keys/a";

async function withFile(): Promise<RunningHttp & { token: string }> {
  const http = await startHttp();
  await http.owner.put("a", Buffer.from(TEXT), { contentType: "text/plain" });
  return { ...http, token: (await http.owner.access.create({ role: "writer" })).token };
}

test("several ranges come as the parts of one body, in the order asked for", async () => {
  const { ask, token } = await withFile();
  const { status, headers, body } = await ask({
    path: PATH,
    token,
    headers: { range: "bytes=10-11, 0-1,-2" },
  });
  expect([status, headers["content-length"]]).toEqual([206, String(body.length)]);
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(headers["content-type"] ?? "")?.[1] ?? "";
  const part = (from: number, to: number): string =>
    `\r\n--${boundary}\r\ncontent-type: text/plain\r\ncontent-range: bytes ${from}-${to}/20\r\n\r\n${TEXT.slice(from, to + 1)}`;
  expect(body).toBe(`${part(10, 11)}${part(0, 1)}${part(18, 19)}\r\n--${boundary}--\r\n`);
});

test.each([
  ["bytes=0-4,3-9", 206, "bytes 0-9/20", TEXT.slice(0, 10)],
  ["bytes=5-9,0-4", 206, "bytes 0-9/20", TEXT.slice(0, 10)],
  ["bytes=0-3,40-50", 206, "bytes 0-3/20", TEXT.slice(0, 4)],
  ["bytes=30-40,50-60", 416, "bytes */20", undefined],
  ["bytes=0-1,x", 200, undefined, TEXT],
  ["bytes=3-1,4-5", 200, undefined, TEXT],
  [`bytes=${Array.from({ length: RANGES_MAX + 1 }, (_, at) => `${at * 2}-${at * 2}`)}`, 200, undefined, TEXT],
])("Range: %s is answered with %i", async (range, status, contentRange, text) => {
  const { ask, token } = await withFile();
  const answer = await ask({ path: PATH, token, headers: { range } });
  expect([answer.status, answer.headers["content-range"]]).toEqual([status, contentRange]);
  if (text !== undefined) expect(answer.body).toBe(text);
});

test("conditions and If-Range hold for several ranges too", async () => {
  const { ask, token } = await withFile();
  const { headers } = await ask({ path: PATH, token });
  const etag = headers.etag ?? "";
  const range = "bytes=0-1,4-5";
  const status = async (more: Record<string, string>): Promise<number> =>
    (await ask({ path: PATH, token, headers: { range, ...more } })).status;
  expect(await status({ "if-range": etag })).toBe(206);
  expect(await status({ "if-range": '"other"' })).toBe(200);
  expect(await status({ "if-range": `W/${etag}` })).toBe(200);
  expect(await status({ "if-none-match": etag })).toBe(304);
  expect(await status({ "if-match": '"other"' })).toBe(412);
});

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

test.skipIf(!hasCurl)("curl stores, reads parts, and is told of conditions (needs curl)", async () => {
  const { url, token } = await withFile();
  const curl = async (...args: string[]): Promise<string> => {
    const all = ["-sS", "-H", `Authorization: Bearer ${token}`, "-w", " %{http_code}", ...args];
    return (await promisify(execFile)("curl", all)).stdout;
  };
  expect(await curl("-r", "2-4", `${url}${PATH}`)).toBe("234 206");
  expect(
    await curl("-X", "PUT", "--data-binary", "new", "-o", "/dev/null", `${url}/v1/spaces/main/keys/b`),
  ).toBe(" 201");
  expect(
    await curl(
      "-X",
      "PUT",
      "--data-binary",
      "x",
      "-H",
      "If-None-Match: *",
      "-o",
      "/dev/null",
      `${url}${PATH}`,
    ),
  ).toBe(" 412");
  expect(await curl(`${url}/v1/spaces/main/keys/b`)).toBe("new 200");
});
