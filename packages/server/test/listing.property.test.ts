import {
  digestOf,
  encodeCbor,
  type KeyId,
  keyIdFromBytes,
  type NamedRecord,
  parseKeyName,
  type SpaceId,
  spaceIdFromBytes,
} from "@gstore/core";
import { MemoryNameIndex } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListItem, ListOptions, ListPage } from "../src/api.ts";
import type { KeyNames } from "../src/key-names.ts";
import { listKeys } from "../src/listing.ts";
import { codeOf } from "./support/waiting.ts";

const space: SpaceId = spaceIdFromBytes(new Uint8Array(16));
const LAST_CHARACTER = "\u{10ffff}";

/** What a listing asks of the names, on a memory index. */
async function namesOf(keys: readonly string[]): Promise<{ names: KeyNames; index: MemoryNameIndex }> {
  const index = new MemoryNameIndex();
  const keyId: KeyId = keyIdFromBytes(new Uint8Array(32));
  const record = {
    keyId,
    entryId: digestOf(encodeCbor("entry")),
    isConflict: false,
    summary: new Uint8Array(0),
  };
  await index.apply(
    keys.map((name) => ({ space, name, record })),
    "cursor",
  );
  const names = {
    list: (of: SpaceId, options: Parameters<MemoryNameIndex["list"]>[1]) => index.list(of, options),
    fileInfo: (named: NamedRecord) => ({ key: named.name }),
  };
  return { names: names as unknown as KeyNames, index };
}

const shown = (item: ListItem): string => `${item.kind} ${item.key}`;
const keysOf = (page: ListPage): string[] => page.items.map(({ key }) => key);

/** Every item of a listing, page after page. */
function allPages(names: KeyNames, prefix: string, options: ListOptions): string[] {
  const found: string[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: ListPage = listKeys(names, space, prefix, { ...options, ...(after !== "" && { after }) });
    found.push(...page.items.map(shown));
    if (found.length > 5000) throw new Error("the listing does not end");
    after = page.next;
  }
  return found;
}

/** The same, without thinking of paging. */
function naive(keys: readonly string[], prefix: string, delimiter: string | undefined): string[] {
  const items = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      return end < 0 ? `file ${key}` : `folder ${key.slice(0, end + (delimiter as string).length)}`;
    });
  const sorted = [...new Set(items)];
  const keyOf = (item: string) => Buffer.from(item.slice(item.indexOf(" ") + 1));
  return sorted.sort((left, right) => Buffer.compare(keyOf(left), keyOf(right)));
}

const part = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "ab",
    "a b",
    "-",
    "a-",
    "0",
    "\n",
    "\u0001",
    "\u007f",
    "é",
    "\uffff",
    "🌍",
    "🌎",
    LAST_CHARACTER,
  ),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
);
const key = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))
  .filter(isKey);
const keys = fc.uniqueArray(key, { maxLength: 40 });
const delimiter = fc.option(fc.constantFrom("/", "-", "a", "/a", "🌍", LAST_CHARACTER), { nil: undefined });
const prefix = fc.oneof(
  fc.constantFrom("", "a", "a/", "b/a", "🌍", "-"),
  key,
  key.map((name) => `${name}/`),
);

describe("a listing", () => {
  test("over all its pages gives every key below the prefix once, folders folded, in the order of UTF-8", async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        prefix,
        delimiter,
        fc.integer({ min: 1, max: 7 }),
        async (all, below, by, limit) => {
          const { names } = await namesOf(all);
          const options = { limit, ...(by !== undefined && { delimiter: by }) };
          expect(allPages(names, below, options)).toEqual(naive(all, below.normalize("NFC"), by));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("begins after any key, one that is not there too", async () => {
    await fc.assert(
      fc.asyncProperty(keys, key, async (all, after) => {
        const { names } = await namesOf(all);
        const rest = naive(all, "", undefined).filter(
          (item) => Buffer.compare(Buffer.from(item.slice("file ".length)), Buffer.from(after)) > 0,
        );
        expect(allPages(names, "", {})).toEqual(naive(all, "", undefined));
        expect(listKeys(names, space, "", { after }).items.map(shown)).toEqual(rest);
      }),
    );
  });

  test("has full pages, and says that there is more only where there is", async () => {
    const { names } = await namesOf(["a", "b", "c", "d/1", "d/2"]);
    const first = listKeys(names, space, "", { limit: 2, delimiter: "/" });
    expect(first).toMatchObject({ items: [{ key: "a" }, { key: "b" }], next: "b" });
    const second = listKeys(names, space, "", { limit: 2, delimiter: "/", after: "b" });
    expect(second).toMatchObject({ items: [{ key: "c" }, { kind: "folder", key: "d/" }], next: null });
  });

  test("goes on behind all of a folder that ended a page", async () => {
    const { names } = await namesOf(["d/1", "d/2", `d/${LAST_CHARACTER}${LAST_CHARACTER}x`, "e"]);
    const first = listKeys(names, space, "", { limit: 1, delimiter: "/" });
    expect(first.next).toBe("d/");
    expect(keysOf(listKeys(names, space, "", { limit: 1, delimiter: "/", after: "d/" }))).toEqual(["e"]);
  });

  test("of a folder that begins after the folder's own name begins with its first key", async () => {
    const { names } = await namesOf(["d/1", "d/2"]);
    expect(keysOf(listKeys(names, space, "d/", { delimiter: "/", after: "d/" }))).toEqual(["d/1", "d/2"]);
  });

  test("does not skip keys behind one that ends like a folder", async () => {
    const { names } = await namesOf(["a-", "a-1", "a-2"]);
    expect(allPages(names, "a-", { delimiter: "-", limit: 1 })).toEqual(["file a-", "file a-1", "file a-2"]);
  });

  test("reads about as many names as it gives, however many lie in the folders", async () => {
    const all = Array.from({ length: 200 }, (_, index) => `folder ${index % 20}/${index}`);
    const { names, index } = await namesOf([...all, "x", "y"]);
    index.recordsListed = 0;
    expect(listKeys(names, space, "", { delimiter: "/" }).items).toHaveLength(22);
    expect(index.recordsListed).toBeLessThan(70);
  });

  const senseless: ListOptions[] = [
    { limit: 0 },
    { limit: 1001 },
    { limit: 1.5 },
    { limit: Number.NaN },
    { delimiter: "" },
  ];
  test.each(senseless)("refuses %j", async (options) => {
    const { names } = await namesOf(["a"]);
    expect(await codeOf((async () => listKeys(names, space, "", options))())).toBe("INVALID_ARGUMENT");
  });

  const impossible = { "with NUL": "a\0", "too long": "x".repeat(1025), "ill-formed": "\ud800" };
  test.each(Object.entries(impossible))("refuses a prefix or a beginning that is %s", async (_what, text) => {
    const { names } = await namesOf(["a"]);
    expect(await codeOf((async () => listKeys(names, space, text, {}))())).toBe("INVALID_KEY");
    expect(await codeOf((async () => listKeys(names, space, "", { after: text }))())).toBe("INVALID_KEY");
  });
});

function isKey(name: string): boolean {
  try {
    return parseKeyName(name) === name;
  } catch {
    return false;
  }
}
