import { expect, test } from "vitest";
import { startHttp } from "./start-http.ts";

const HOUR_MS = 3_600_000;

test("a share link reads its one key, without a token, until it expires or is revoked", async () => {
  const { owner, ask, url, clock, dir } = await startHttp();
  for (const key of ["docs/a.html", "docs/b"])
    await owner.put(key, Buffer.from(key), { contentType: "text/html" });
  const [first, second] = [
    await owner.access.share({ key: "docs/a.html", lifetime: "2h" }),
    await owner.access.share({ key: "docs/a.html" }),
  ];
  expect(dir).not.toBe("");
  const path = first.url.slice(url.length);
  expect(first.url).toMatch(new RegExp(`^${url}/s/gstshare_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$`));
  const answer = await ask({ path });
  expect([answer.status, answer.body]).toEqual([200, "docs/a.html"]);
  expect(answer.headers["content-disposition"]).toBe("attachment; filename*=UTF-8''a.html");
  expect(answer.headers["content-security-policy"]).toContain("sandbox");
  // Where the file lies and whose it is stays with the node.
  expect(Object.keys(answer.headers).filter((name) => name.startsWith("x-gstore"))).toEqual([]);
  expect((await ask({ path, headers: { range: "bytes=0-3" } })).body).toBe("docs");
  expect((await ask({ method: "HEAD", path })).headers["content-length"]).toBe("11");
  // A link on another site's page leads to it; that page's own script does not.
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  expect((await ask({ path, headers: link })).status).toBe(200);
  expect((await ask({ path, headers: { ...link, "sec-fetch-mode": "cors" } })).status).toBe(403);
  const token = path.slice("/s/".length);
  expect((await ask({ path: "/v1/spaces/main/keys/docs/a.html", token })).status).toBe(401);
  expect((await ask({ path: `${path}?version=1e20` })).status).toBe(400);
  expect((await ask({ method: "PUT", path, body: "x" })).status).not.toBe(200);
  expect((await ask({ method: "DELETE", path })).status).not.toBe(200);
  const issued = await owner.access.create({ role: "admin" });
  expect((await ask({ path: `/s/${issued.token}` })).status).toBe(404);
  await owner.put("docs/a.html", Buffer.from("new"));
  expect((await ask({ path })).body).toBe("new");
  clock.pass(2 * HOUR_MS);
  expect((await ask({ path })).status).toBe(404);
  expect((await owner.access.shares()).map(({ id, key }) => [id, key])).toEqual([[second.id, "docs/a.html"]]);
  const other = second.url.slice(url.length);
  expect((await ask({ path: other })).status).toBe(200);
  await owner.access.revokeShare(second.id);
  expect((await ask({ path: other })).status).toBe(404);
  await expect(owner.access.share({ key: "nothing" })).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
});

test("a share link is no token of the list of tokens, nor one the other way round", async () => {
  const { owner } = await startHttp();
  await owner.put("a", Buffer.from("a"));
  const share = await owner.access.share({ key: "a" });
  const token = await owner.access.create({ role: "reader" });
  expect((await owner.access.tokens()).map(({ id }) => id)).toEqual([token.id]);
  await expect(owner.access.revoke(share.id)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(owner.access.revokeShare(token.id)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("metrics are Prometheus' text, for readers of the whole node; health and readiness for everybody", async () => {
  const { owner, ask } = await startHttp();
  const { token } = await owner.access.create({ role: "reader" });
  const narrow = await owner.access.create({ role: "reader", prefix: "a/" });
  expect((await ask({ path: "/metrics" })).status).toBe(401);
  expect((await ask({ path: "/metrics", token: narrow.token })).status).toBe(403);
  const { status, headers, body } = await ask({ path: "/metrics", token });
  expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const lines = body.trim().split("\n");
  expect(lines.length % 3).toBe(0);
  for (let at = 0; at < lines.length; at += 3) {
    const name = lines[at]?.split(" ")[2] ?? "";
    expect(lines[at]).toMatch(/^# HELP [a-z_]+ \S/);
    expect(lines[at + 1]).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge)$`));
    expect(lines[at + 2]).toMatch(new RegExp(`^${name} -?[\\d.e+-]+$`));
  }
  expect(body).toContain("\ngstore_members 2\n");
  expect(JSON.parse((await ask({ path: "/readyz" })).body)).toEqual({ status: "ready" });
});
