import { readFile, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createGateway } from "../src/index.ts";
import { MemoryNode } from "./memory-node.ts";
import { startGateway, temporaryFolder } from "./start-gateway.ts";
import { type RunningHttp, startHttp } from "./start-http.ts";

const HOUR_MS = 3_600_000;

async function withFiles(): Promise<RunningHttp> {
  const http = await startHttp();
  for (const key of ["photos/a", "photos/b", "private/c"]) await http.owner.put(key, Buffer.from(key));
  return http;
}

test("without a token nothing is told but that the node is there", async () => {
  const { ask } = await withFiles();
  expect((await ask({ path: "/healthz" })).status).toBe(200);
  for (const path of ["/v1/status", "/v1/spaces/main/keys", "/v1/spaces/main/keys/photos/a", "/nothing"]) {
    const answer = await ask({ path });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, "TOKEN_INVALID"]);
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer /);
  }
  for (const token of ["x", `gstapi_${"0".repeat(16)}_${"A".repeat(43)}`]) {
    expect((await ask({ path: "/v1/status", token })).status).toBe(401);
  }
  const body = Buffer.alloc(1_000_000);
  expect((await ask({ method: "PUT", path: "/v1/spaces/main/keys/x", body })).status).toBe(401);
});

test("a token is 256 random bits of which a hash is kept, in a file of the owner's", async () => {
  const { owner, dir, ask } = await withFiles();
  const { token } = await owner.access.create({ role: "reader", name: "mine" });
  expect(token).toMatch(/^gstapi_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
  const path = join(dir, "http-tokens.json");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, "utf8");
  expect(text).not.toContain(token.slice(24));
  const [record] = await owner.access.tokens();
  expect(JSON.stringify(record)).not.toContain(token.slice(24));
  expect((await ask({ path: "/v1/spaces/main/keys/photos/a", token })).body).toBe("photos/a");
  const other = `${token.slice(0, -1)}${token.endsWith("A") ? "Q" : "A"}`;
  expect((await ask({ path: "/v1/spaces/main/keys/photos/a", token: other })).status).toBe(401);
});

test("a role may do what its name says", async () => {
  const { owner, ask } = await withFiles();
  const status = async (role: string, method: string, path: string): Promise<number> => {
    const { token } = await owner.access.create({ role });
    return (await ask({ method, path, token, ...(method === "PUT" && { body: "x" }) })).status;
  };
  const key = "/v1/spaces/main/keys/photos/a";
  expect(await status("reader", "GET", key)).toBe(200);
  expect(await status("reader", "HEAD", key)).toBe(200);
  expect(await status("reader", "PUT", key)).toBe(403);
  expect(await status("reader", "DELETE", key)).toBe(403);
  expect(await status("reader", "GET", "/v1/tokens")).toBe(403);
  expect(await status("writer", "PUT", key)).toBe(200);
  expect(await status("writer", "DELETE", `${key}?history=true`)).toBe(403);
  expect(await status("writer", "DELETE", "/v1/spaces/main/versions/photos/a")).toBe(403);
  expect(await status("writer", "DELETE", key)).toBe(200);
  expect(await status("writer", "GET", "/v1/invites")).toBe(403);
  expect(await status("admin", "GET", "/v1/invites")).toBe(200);
  expect(await status("admin", "DELETE", "/v1/spaces/main/keys/photos/b?history=true")).toBe(200);
});

test("a token for a prefix sees and changes nothing else", async () => {
  const { owner, node, ask } = await withFiles();
  await owner.membership.createSpace("other");
  const { token, space } = await owner.access.create({ role: "writer", prefix: "photos/" });
  expect(space).toBe("main");
  const keysOf = async (query: string): Promise<unknown> => {
    const answer = await ask({ path: `/v1/spaces/main/keys${query}`, token });
    return answer.status === 200
      ? JSON.parse(answer.body).items.map((item: { key: string }) => item.key)
      : answer.status;
  };
  expect(await keysOf("")).toEqual(["photos/a", "photos/b"]);
  expect(await keysOf("?prefix=ph")).toEqual(["photos/a", "photos/b"]);
  expect(await keysOf("?prefix=photos/b")).toEqual(["photos/b"]);
  expect(await keysOf("?prefix=private/")).toBe(403);
  expect(await keysOf("?prefix=photos/&after=a")).toEqual(["photos/a", "photos/b"]);
  const status = async (method: string, path: string): Promise<number> =>
    (await ask({ method, path, token, ...(method === "PUT" && { body: "x" }) })).status;
  expect(await status("GET", "/v1/spaces/main/keys/photos/a")).toBe(200);
  expect(await status("PUT", "/v1/spaces/main/keys/photos/n")).toBe(201);
  for (const key of ["private/c", "photo", "photos%2F..%2Fprivate%2Fc", "photos/../private/c"]) {
    expect(await status("GET", `/v1/spaces/main/keys/${key}`)).toBeOneOf([400, 403]);
    expect(await status("PUT", `/v1/spaces/main/keys/${key}`)).toBeOneOf([400, 403]);
    expect(await status("DELETE", `/v1/spaces/main/keys/${key}`)).toBeOneOf([400, 403]);
  }
  for (const what of ["versions", "copies", "placement"]) {
    expect(await status("GET", `/v1/spaces/main/${what}/private/c`)).toBe(403);
  }
  expect(await status("GET", "/v1/spaces/other/keys")).toBe(403);
  expect(await status("GET", "/v1/spaces/other/keys/photos/a")).toBe(403);
  for (const what of ["copy", "move"]) {
    for (const [from, to] of [
      ["private/c", "photos/c"],
      ["photos/a", "private/a"],
    ]) {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ from, to });
      const answer = await ask({ method: "POST", path: `/v1/spaces/main/${what}`, token, headers, body });
      expect(answer.status).toBe(403);
    }
  }
  for (const path of ["/v1/status", "/v1/spaces", "/v1/members"]) expect(await status("GET", path)).toBe(403);
  expect([...node.files.keys()].sort()).toEqual(["photos/a", "photos/b", "photos/n", "private/c"]);
});

test("changes of other keys and spaces are not told to a token for a prefix", async () => {
  const { owner, url, node } = await withFiles();
  const { token } = await owner.access.create({ role: "reader", prefix: "photos/" });
  const seen = await new Promise<string>((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(`${url}/v1/changes`, { headers, agent: false }, (incoming) => {
      let text = "";
      const change = { version: "1e20" as never, op: "put" as const, author: node.id };
      node.emit({ ...change, space: "main", key: "private/c" });
      node.emit({ ...change, space: "other", key: "photos/a" });
      node.emit({ ...change, space: "main", key: "photos/last" });
      incoming.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (!text.includes("photos/last")) return;
        outgoing.destroy();
        resolve(text);
      });
    }).end();
  });
  expect(seen.match(/"key":"[^"]+"/g)).toEqual(['"key":"photos/last"']);
});

test("a token ends when it expires or is revoked, and so does what runs by it", async () => {
  const { owner, ask, clock, url } = await withFiles();
  const short = await owner.access.create({ role: "reader", lifetime: "2h" });
  const long = await owner.access.create({ role: "reader" });
  const follow = (token: string): Promise<{ readonly ended: Promise<unknown> }> =>
    new Promise((resolve) => {
      const headers = { authorization: `Bearer ${token}` };
      request(`${url}/v1/changes`, { headers, agent: false }, (incoming) => {
        const ended = new Promise((done) => incoming.resume().once("error", done).once("end", done));
        resolve({ ended });
      }).end();
    });
  const [first, second] = [await follow(short.token), await follow(long.token)];
  clock.pass(2 * HOUR_MS);
  await first.ended;
  expect((await ask({ path: "/v1/status", token: short.token })).status).toBe(401);
  expect((await ask({ path: "/v1/status", token: long.token })).status).toBe(200);
  expect((await owner.access.tokens()).map(({ id }) => id)).toEqual([long.id]);
  await owner.access.revoke(long.id);
  await second.ended;
  expect((await ask({ path: "/v1/status", token: long.token })).status).toBe(401);
  await expect(owner.access.revoke(long.id)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("tokens outlast the node, and a damaged file of them lets nobody in", async () => {
  const first = await withFiles();
  const { token } = await first.owner.access.create({ role: "reader" });
  await first.gateway.stop();
  const second = await startHttp({}, first.dir);
  expect((await second.ask({ path: "/v1/status", token })).status).toBe(200);
  await second.gateway.stop();
  const path = join(first.dir, "http-tokens.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"reader"', '"king"'));
  const third = await startHttp({}, first.dir);
  const answer = await third.ask({ path: "/v1/status", token });
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([500, "STORE_DAMAGED"]);
  await expect(third.owner.access.create({ role: "admin" })).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  expect((await third.owner.status()).name).toBe("anna");
});

test.each([
  { role: "admin", prefix: "photos/" },
  { role: "admin", space: "main" },
  { role: "king" },
  { role: "reader", lifetime: "0" },
])("a token of %j is refused", async (body) => {
  const { client } = await startGateway();
  await expect(client.access.create(body)).rejects.toMatchObject({
    code: expect.stringMatching(/^INVALID_(ARGUMENT|KEY)$/),
  });
});

test("a port that is taken is an error where it was asked for", async () => {
  const { url, owner } = await startHttp();
  const address = { host: "127.0.0.1", port: Number(new URL(url).port) };
  const gateway = createGateway({ node: new MemoryNode(), dir: await temporaryFolder(), http: { address } });
  await expect(gateway.start()).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
  await gateway.stop();
  expect((await owner.status()).name).toBe("anna");
});
