import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type RunningHttp, startHttp } from "./start-http.ts";

const PATH = "/v1/spaces/main/keys/a";
const [EARLY, LATE] = ["Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"];

async function withFile(): Promise<
  RunningHttp & { read: (headers: Record<string, string>, method?: string) => Promise<number>; token: string }
> {
  const http = await startHttp();
  await http.owner.put("a", Buffer.from("0123456789"));
  const { token } = await http.owner.access.create({ role: "writer" });
  const read = async (headers: Record<string, string>, method = "GET"): Promise<number> =>
    (await http.ask({ method, path: PATH, headers, token, ...(method === "PUT" && { body: "new" }) })).status;
  return { ...http, read, token };
}

test("dates are conditions where no tag is (13.1.3, 13.1.4, 13.2.2)", async () => {
  const { read, ask, token } = await withFile();
  const { headers } = await ask({ method: "HEAD", path: PATH, token });
  const [modified, etag] = [String(headers["last-modified"]), String(headers.etag)];
  for (const method of ["GET", "HEAD"]) {
    expect(await read({ "if-modified-since": modified }, method)).toBe(304);
    expect(await read({ "if-modified-since": LATE }, method)).toBe(304);
    expect(await read({ "if-modified-since": EARLY }, method)).toBe(200);
    expect(await read({ "if-modified-since": "2100-01-01" }, method)).toBe(200);
    expect(await read({ "if-modified-since": LATE, "if-none-match": '"other"' }, method)).toBe(200);
    expect(await read({ "if-modified-since": EARLY, "if-none-match": etag }, method)).toBe(304);
    expect(await read({ "if-unmodified-since": modified }, method)).toBe(200);
    expect(await read({ "if-unmodified-since": EARLY }, method)).toBe(412);
    expect(await read({ "if-unmodified-since": EARLY, "if-match": etag }, method)).toBe(200);
  }
});

test("who writes on the condition that nothing was written since a date overwrites nothing newer (13.1.4)", async () => {
  const { read, node } = await withFile();
  const before = node.files.get("a")?.info.version;
  expect(await read({ "if-unmodified-since": EARLY }, "PUT")).toBe(412);
  expect(await read({ "if-unmodified-since": EARLY }, "DELETE")).toBe(412);
  expect(node.files.get("a")?.info.version).toBe(before);
  // A date that says since when something is wanted is none for a write.
  expect(await read({ "if-modified-since": LATE }, "PUT")).toBe(200);
  expect(await read({ "if-unmodified-since": LATE }, "PUT")).toBe(200);
});

test("304 has the caching that the answer had (15.4.5)", async () => {
  const { ask, token } = await withFile();
  const full = await ask({ path: PATH, token });
  const { etag = "" } = full.headers;
  const { status, headers, body } = await ask({ path: PATH, token, headers: { "if-none-match": etag } });
  expect([status, body]).toEqual([304, ""]);
  for (const name of ["etag", "cache-control", "last-modified"] as const) {
    expect(headers[name]).toBe(full.headers[name]);
  }
  expect(headers["cache-control"]).toBe("private, no-cache");
});

test.each([
  ["Bytes=0-1", 206],
  ["bytes=-0", 416],
  ["bytes=10-", 416],
  ["bytes=9-", 206],
  ["bytes=-99", 206],
  ["lines=0-1", 200],
])("Range: %s is answered with %i, and ignored by HEAD (14.1, 14.2)", async (range, status) => {
  const { read } = await withFile();
  expect(await read({ range })).toBe(status);
  expect(await read({ range }, "HEAD")).toBe(200);
});

test("a range counts only with the exact tag, not with a date (13.1.5)", async () => {
  const { read, ask, token } = await withFile();
  const { headers } = await ask({ path: PATH, token });
  const range = "bytes=0-1";
  expect(await read({ range, "if-range": String(headers.etag) })).toBe(206);
  expect(await read({ range, "if-range": String(headers["last-modified"]) })).toBe(200);
  expect(await read({ "if-range": '"other"' })).toBe(200);
});

test("what is no whole file, or encoded, is not stored as if it were the file (14.5, 8.4)", async () => {
  const { read, node } = await withFile();
  const before = node.files.get("a")?.info.version;
  expect(await read({ "content-range": "bytes 0-2/10" }, "PUT")).toBe(400);
  expect(await read({ "content-encoding": "gzip" }, "PUT")).toBe(400);
  expect(node.files.get("a")?.info.version).toBe(before);
  expect(await read({ "content-encoding": "identity" }, "PUT")).toBe(200);
});

test("who waits with a body is told to go on only once the request may be done (10.1.1)", async () => {
  const { url, token } = await withFile();
  const exchange = async (by: string): Promise<string[]> => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    const head = `PUT ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${by}\r\nConnection: close\r\n`;
    socket.write(`${head}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`);
    let text = "";
    socket.on("data", (data) => {
      text += data;
      if (text.endsWith("100 Continue\r\n\r\n")) socket.write("new");
    });
    await once(socket, "close");
    return [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status = ""]) => status);
  };
  expect(await exchange("none")).toEqual(["401"]);
  expect(await exchange(token)).toEqual(["100", "200"]);
});
