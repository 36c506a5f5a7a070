import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODE_MS, CODES_MAX, SESSION_MS, SESSIONS_MAX } from "../src/sessions/session-limits.ts";
import type { RawAnswer } from "./start-gateway.ts";
import { type RunningHttp, startHttp } from "./start-http.ts";

const json = { "content-type": "application/json" };

interface SignedIn {
  readonly cookie: string;
  readonly key: string;
  readonly setCookie: string;
}

async function trade(
  { ask }: RunningHttp,
  code: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const body = JSON.stringify({ code });
  return await ask({ method: "POST", path: "/v1/session", headers: { ...json, ...headers }, body });
}

async function signIn(http: RunningHttp, role = "admin"): Promise<SignedIn> {
  const { code } = await http.owner.access.signIn(role);
  const answer = await trade(http, code);
  expect([answer.status, answer.headers["cache-control"]]).toEqual([200, "no-store"]);
  const [setCookie = ""] = answer.headers["set-cookie"] ?? [];
  return { setCookie, cookie: setCookie.split(";")[0] ?? "", key: JSON.parse(answer.body).key };
}

const PUT = { method: "PUT", path: "/v1/spaces/main/keys/a", body: "x" };

test("a code is traded for a session, in which the page reads by its cookie and writes with its key besides", async () => {
  const http = await startHttp();
  const { cookie, key, setCookie } = await signIn(http);
  expect(setCookie).toMatch(/^gstore-\d+=[^;]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
  const own = { origin: http.url, "sec-fetch-site": "same-origin" };
  const read = await http.ask({ path: "/v1/session", headers: { cookie, ...own } });
  expect([read.status, JSON.parse(read.body)]).toEqual([200, expect.objectContaining({ role: "admin" })]);
  expect(read.body).not.toContain(key);
  const written = await http.ask({ ...PUT, headers: { cookie, ...own, "x-gstore-session-key": key } });
  expect([written.status, [...http.node.files.keys()]]).toEqual([201, ["a"]]);
});

test("without a cookie there is nothing, and without the key nothing is changed", async () => {
  const http = await startHttp();
  const [first, second] = [await signIn(http), await signIn(http)];
  expect((await http.ask({ path: "/v1/session" })).status).toBe(401);
  expect((await http.ask({ ...PUT, headers: { "x-gstore-session-key": first.key } })).status).toBe(401);
  for (const key of [undefined, "", second.key, `${first.key}x`]) {
    const given = key === undefined ? {} : { "x-gstore-session-key": key };
    const answer = await http.ask({ ...PUT, headers: { cookie: first.cookie, ...given } });
    expect([key, answer.status, JSON.parse(answer.body).code]).toEqual([key, 403, "REQUEST_REFUSED"]);
  }
  expect(http.node.files.size).toBe(0);
});

test("no page of another origin or name gets a session, or uses one", async () => {
  const http = await startHttp();
  const { cookie, key } = await signIn(http);
  const { port } = new URL(http.url);
  const foreign = [
    { origin: "https://evil.example" },
    { origin: `http://127.0.0.1:${Number(port) + 1}` },
    { host: `evil.example:${port}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  const { code } = await http.owner.access.signIn("admin");
  for (const headers of foreign) {
    expect([headers, (await trade(http, code, headers)).status]).toEqual([headers, 403]);
    const used = { ...headers, cookie, "x-gstore-session-key": key };
    expect([headers, (await http.ask({ ...PUT, headers: used })).status]).toEqual([headers, 403]);
    const read = await http.ask({ path: "/v1/session", headers: { ...headers, cookie } });
    expect([headers, read.status]).toEqual([headers, 403]);
  }
  expect(http.node.files.size).toBe(0);
  expect((await trade(http, code, { origin: http.url })).status).toBe(200);
});

test("a code is good for one browser, for five minutes", async () => {
  const http = await startHttp();
  const [used, old] = [await http.owner.access.signIn("admin"), await http.owner.access.signIn("admin")];
  expect(old.url).toBe(`${http.url}/#code=${old.code}`);
  const both = await Promise.all([trade(http, used.code), trade(http, used.code)]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  http.clock.pass(CODE_MS);
  for (const code of [old.code, "", "made up", `${old.code}x`]) {
    expect([code, (await trade(http, code)).status]).toEqual([code, 401]);
  }
});

test("more codes and sessions than the node remembers push out the oldest", async () => {
  const http = await startHttp();
  const { code } = await http.owner.access.signIn("reader");
  const first = await signIn(http);
  const isIn = async (): Promise<number> =>
    (await http.ask({ path: "/v1/session", headers: { cookie: first.cookie } })).status;
  for (let count = 1; count < SESSIONS_MAX; count++) await signIn(http);
  expect(await isIn()).toBe(200);
  await signIn(http);
  expect(await isIn()).toBe(401);
  for (let count = 0; count < CODES_MAX; count++) await http.owner.access.signIn("reader");
  expect((await trade(http, code)).status).toBe(401);
});

test("a session does what its role may, and ends by its age", async () => {
  const http = await startHttp();
  const { cookie, key } = await signIn(http, "reader");
  const headers = { cookie, "x-gstore-session-key": key };
  expect((await http.ask({ ...PUT, headers })).status).toBe(403);
  const codes = { method: "POST", path: "/v1/sessions/codes", body: "{}" };
  expect((await http.ask({ ...codes, headers: { ...headers, ...json } })).status).toBe(403);
  http.clock.pass(SESSION_MS - 1);
  expect((await http.ask({ path: "/v1/session", headers })).status).toBe(200);
  http.clock.pass(1);
  expect((await http.ask({ path: "/v1/session", headers })).status).toBe(401);
});

test("signing out ends the session, and what runs in it", async () => {
  const http = await startHttp();
  const { cookie, key } = await signIn(http);
  const changes = new AbortController();
  const running = await fetch(`${http.url}/v1/changes`, { headers: { cookie }, signal: changes.signal });
  const ended = expect(running.text()).rejects.toThrow();
  const headers = { cookie, "x-gstore-session-key": key };
  expect((await http.ask({ method: "DELETE", path: "/v1/session", headers: { cookie } })).status).toBe(403);
  const out = await http.ask({ method: "DELETE", path: "/v1/session", headers });
  expect([out.status, out.headers["set-cookie"]]).toEqual([
    200,
    [expect.stringContaining("=; Path=/; Max-Age=0;")],
  ]);
  await ended;
  expect((await http.ask({ path: "/v1/session", headers })).status).toBe(401);
});

test("by TLS the cookie is one that this host alone can have set", async () => {
  const [cert, tlsKey] = await Promise.all([fixture("localhost.pem"), fixture("localhost-key.pem")]);
  const http = await startHttp({ tls: { cert, key: tlsKey } });
  const { code } = await http.owner.access.signIn("admin");
  const setCookie = await new Promise((resolve, reject) => {
    const at = `https://localhost:${new URL(http.url).port}/v1/session`;
    const options = {
      ca: cert,
      method: "POST",
      agent: false as const,
      headers: json,
      servername: "localhost",
    };
    const outgoing = request(at, options, (incoming) =>
      resolve(incoming.resume().headers["set-cookie"]?.[0]),
    );
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify({ code }));
  });
  expect(setCookie).toMatch(
    /^__Host-gstore-\d+=[^;]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/,
  );
});

function fixture(name: string): Promise<Buffer> {
  return readFile(join(import.meta.dirname, "fixtures", name));
}
