import { afterAll, beforeAll, expect, test } from "vitest";
import type { GatewayClient, RecentRecord } from "../src/client.ts";
import { type RealNode, startRealNode } from "./real-node.ts";

let real: RealNode;
let client: GatewayClient;

beforeAll(async () => {
  real = await startRealNode();
  client = real.client;
});
afterAll(() => real.stop());

const put = async (key: string, text: string): Promise<string> =>
  (await client.put(key, Buffer.from(text), { wait: "local" })).version;

/** All pages of so many. */
async function all(
  prefix: string,
  options: { removed?: boolean; limit?: number } = {},
): Promise<RecentRecord[]> {
  const items: RecentRecord[] = [];
  for (let before: string | null = ""; before !== null; ) {
    const from: { before?: string } = before === "" ? {} : { before };
    const page = await client.history.recentPage(prefix, { ...options, ...from });
    items.push(...page.items);
    before = page.next;
  }
  return items;
}

test("what was written last comes first, page by page, with removals and what they took away", async () => {
  const [one, two] = [await put("a/one", "1"), await put("a/two", "22")];
  const again = await put("a/one", "111");
  await put("b", "not below a/");
  const { version: removal } = await client.remove("a/two");
  const expected = [removal, again, two, one];
  expect((await all("a/")).map(({ version }) => version)).toEqual(expected);
  expect((await all("a/", { limit: 1 })).map(({ version }) => version)).toEqual(expected);
  expect((await all("a/")).slice(0, 2)).toMatchObject([
    { key: "a/two", op: "remove", state: "current", lastFile: { version: two, size: 2 } },
    { key: "a/one", op: "put", state: "current", size: 3, lastFile: null },
  ]);
});

test("removed files are listed until they are back, and one whose history was given up has no file to restore", async () => {
  const kept = await put("bin/kept", "kept");
  await put("bin/gone", "gone");
  await put("bin/back", "back");
  for (const key of ["bin/kept", "bin/back"]) await client.remove(key);
  await client.remove("bin/gone", { history: true });
  const listed = async (): Promise<unknown[]> =>
    (await all("bin/", { removed: true })).map(({ key, lastFile }) => [key, lastFile?.version ?? null]);
  expect((await listed()).map((row) => (row as [string])[0])).toEqual(["bin/gone", "bin/back", "bin/kept"]);
  const back = (await all("bin/back", { removed: true }))[0]?.lastFile?.version ?? "";
  await client.history.restore("bin/back", back);
  expect(await listed()).toEqual([
    ["bin/gone", null],
    ["bin/kept", kept],
  ]);
});

test("what is no place in the list, or no length of a page, is refused", async () => {
  for (const query of [{ before: "x" }, { limit: 101 }, { limit: 0 }])
    await expect(client.history.recentPage("", query)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
