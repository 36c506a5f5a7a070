import { readFile } from "node:fs/promises";
import { get } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ACCESS } from "../src/access.ts";
import { createGateway } from "../src/index.ts";
import { MemoryNode } from "./memory-node.ts";
import { temporaryFolder } from "./start-gateway.ts";
import { startHttp } from "./start-http.ts";

test("only requests to the node's own names are answered, whatever comes with them", async () => {
  const { ask, owner, url } = await startHttp({ names: ["files.example"] });
  const { token } = await owner.access.create({ role: "admin" });
  const { host, port } = new URL(url);
  const status = async (name: string): Promise<number> =>
    (await ask({ path: "/v1/status", token, headers: { host: name } })).status;
  for (const name of [host, `localhost:${port}`, "FILES.example", "files.example:443"]) {
    expect([name, await status(name)]).toEqual([name, 200]);
  }
  for (const name of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "a@localhost"]) {
    expect([name, await status(name)]).toEqual([name, 403]);
  }
  const health = await ask({ path: "/healthz", headers: { host: "evil.example" } });
  expect(health.status).toBe(403);
});

test("what a page of another origin asks for is refused, and no answer lets one read it", async () => {
  const { ask, owner, url, node } = await startHttp();
  const { token } = await owner.access.create({ role: "writer" });
  const path = "/v1/spaces/main/keys/a";
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: url.replace("http:", "https:") },
    { origin: url.replace(/\d+$/, "1") },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    const answer = await ask({ method: "PUT", path, token, headers, body: "x" });
    expect([headers, answer.status]).toEqual([headers, 403]);
  }
  expect(node.files.size).toBe(0);
  const asked = { origin: "https://evil.example", "access-control-request-method": "PUT" };
  const preflight = await ask({ method: "OPTIONS", path, headers: asked });
  expect(preflight.status).toBe(403);
  for (const answer of [
    preflight,
    await ask({ method: "PUT", path, token, headers: { origin: url }, body: "x" }),
  ]) {
    const names = Object.keys(answer.headers).filter((name) => name.startsWith("access-control"));
    expect(names).toEqual([]);
  }
  expect([...node.files.keys()]).toEqual(["a"]);
});

test.each([
  ["text/html", "attachment"],
  ["image/svg+xml", "attachment"],
  ["application/pdf", "attachment"],
  ["image/png", "inline"],
  ["text/plain; charset=utf-8", "inline"],
])("a file of type %s runs nothing in a browser", async (type, disposition) => {
  const { ask, owner } = await startHttp();
  const { token } = await owner.access.create({ role: "reader" });
  await owner.put('a/"quoted"; é.html', Buffer.from("<script>"), { contentType: type });
  const path = `/v1/spaces/main/keys/a/${encodeURIComponent('"quoted"; é.html')}`;
  for (const method of ["GET", "HEAD"]) {
    const { headers } = await ask({ method, path, token });
    expect(headers["content-security-policy"]).toContain("sandbox");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["content-disposition"]).toBe(
      `${disposition}; filename*=UTF-8''%22quoted%22%3B%20%C3%A9.html`,
    );
  }
});

test("every answer tells browsers to run, frame and pass on nothing, errors too", async () => {
  const { ask } = await startHttp();
  for (const path of ["/healthz", "/v1/status", "/nothing"]) {
    expect((await ask({ path })).headers).toMatchObject({
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
  }
});

test("too many requests that are refused are put off, and those with a token still are not", async () => {
  const { ask, owner, clock } = await startHttp();
  const { token } = await owner.access.create({ role: "reader" });
  let last = await ask({ path: "/v1/status" });
  for (let count = 0; count < 200 && last.status === 401; count++) last = await ask({ path: "/v1/status" });
  expect([last.status, last.headers["retry-after"], JSON.parse(last.body).code]).toEqual([
    429,
    "1",
    "TOO_BUSY",
  ]);
  expect((await ask({ path: "/v1/status", token })).status).toBe(200);
  clock.pass(1000);
  expect((await ask({ path: "/v1/status" })).status).toBe(401);
});

test("a head that is too large is refused", async () => {
  const { url } = await startHttp();
  const { hostname, port } = new URL(url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (part) => (text += part.toString())).on("error", () => {});
    socket.on("close", () => resolve(text));
    socket.write(`GET /healthz HTTP/1.1\r\nhost: ${hostname}\r\nx-filler: ${"x".repeat(40_000)}\r\n\r\n`);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

test("others are not served in clear unless that is asked for", async () => {
  const node = new MemoryNode();
  const address = { host: "0.0.0.0", port: 0 };
  const refused = createGateway({ node, dir: await temporaryFolder(), http: { address } });
  await expect(refused.start()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await refused.stop();
  const { gateway } = await startHttp({ address, isInsecure: true });
  expect(gateway.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
});

test("by TLS others are served, with the same checks", async () => {
  // For "localhost", good for a hundred years, and in use nowhere else.
  const [cert, key] = await Promise.all([fixture("localhost.pem"), fixture("localhost-key.pem")]);
  const address = { host: "0.0.0.0", port: 0 };
  const { url, owner } = await startHttp({ address, tls: { cert, key } });
  const { token } = await owner.access.create({ role: "reader" });
  const status = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const at = `https://localhost:${new URL(url).port}/v1/status`;
      const options = { ca: cert, agent: false as const, headers, servername: "localhost" };
      get(at, options, (incoming) => resolve(incoming.resume().statusCode)).on("error", reject);
    });
  const authorization = `Bearer ${token}`;
  expect(await status({ authorization })).toBe(200);
  expect(await status({})).toBe(401);
  expect(await status({ authorization, host: "evil.example" })).toBe(403);
  expect(await status({ authorization, origin: `http://localhost:${new URL(url).port}` })).toBe(403);
  const broken = createGateway({
    ...{ node: new MemoryNode(), dir: await temporaryFolder() },
    http: { address, tls: { cert: "no certificate", key: "no key" } },
  });
  await expect(broken.start()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await broken.stop();
});

test("each route stands in the table of who may do what, and the table names nothing else", async () => {
  const { routes } = await import("./routes-of-server.ts");
  expect((await routes()).sort()).toEqual(Object.keys(ACCESS).sort());
});

function fixture(name: string): Promise<Buffer> {
  return readFile(join(import.meta.dirname, "fixtures", name));
}
