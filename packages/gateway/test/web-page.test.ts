import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./start-gateway.ts";
import { startHttp } from "./start-http.ts";

async function builtPage(): Promise<string> {
  const page = await temporaryFolder();
  await mkdir(join(page, "assets"));
  await writeFile(join(page, "index.html"), "<!doctype html><title>gstore</title>");
  await writeFile(join(page, "assets", "index-1234.js"), "export {};");
  await writeFile(join(page, "secret.txt"), "none of the page");
  return page;
}

test("the page comes with a policy that lets it run nothing but its own files", async () => {
  const { ask, url } = await startHttp({}, undefined, await builtPage());
  const { status, headers, body } = await ask({ path: "/" });
  expect([status, headers["content-type"], body]).toEqual([
    200,
    "text/html; charset=utf-8",
    "<!doctype html><title>gstore</title>",
  ]);
  const policy = String(headers["content-security-policy"]);
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
  expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(headers).toMatchObject({ "cache-control": "no-cache", "x-content-type-options": "nosniff" });
  // A link on another page leads to it; a script of that page gets nothing.
  const foreign = { "sec-fetch-site": "cross-site" };
  expect((await ask({ path: "/", headers: { ...foreign, "sec-fetch-mode": "navigate" } })).status).toBe(200);
  expect((await ask({ path: "/", headers: { ...foreign, "sec-fetch-mode": "cors" } })).status).toBe(403);
  expect((await ask({ path: "/", headers: { host: "evil.example" } })).status).toBe(403);
  const encoded = async (encoding: string): Promise<Buffer> => {
    const answer = await fetch(`${url}/assets/index-1234.js`, { headers: { "accept-encoding": encoding } });
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-encoding")).toBe(encoding === "identity" ? null : encoding);
    return Buffer.from(await answer.arrayBuffer());
  };
  // fetch decodes what it gets.
  for (const encoding of ["identity", "gzip", "br"]) {
    expect((await encoded(encoding)).toString()).toBe("export {};");
  }
});

test("nothing but the page's own files is served", async () => {
  const { ask } = await startHttp({}, undefined, await builtPage());
  const paths = ["/secret.txt", "/assets/../secret.txt", "/assets/..%2Fsecret.txt", "/assets/none.js"];
  for (const path of paths) {
    const { status, body } = await ask({ path });
    expect([path, [401, 404].includes(status), body.includes("none of")]).toEqual([path, true, false]);
  }
});

test("where the page is not built it says how to build it", async () => {
  for (const page of [undefined, join(await temporaryFolder(), "dist")]) {
    const { ask } = await startHttp({}, undefined, page);
    const { status, body } = await ask({ path: "/" });
    expect([status, body]).toEqual([404, expect.stringContaining("pnpm --filter web build")]);
  }
});
