import {
  type Digest,
  type Entry,
  incarnationFromBytes,
  LIST_PAGE_MAX,
  type MembershipRecord,
  mergeVectors,
  type VersionVector,
} from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import { HookedEntryStore, MemoryMembershipStore, MemoryNameIndex, SeededRandom } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { KeyNames } from "../src/key-names.ts";
import { Members } from "../src/membership/members.ts";
import { Spaces } from "../src/membership/spaces.ts";
import { type Said, TestAuthor } from "./support/test-author.ts";
import { TestLog } from "./support/test-log.ts";

const random = new SeededRandom("names");
const log = new TestLog(random);
const spaces = new Spaces([{ ...log.space, isCurrent: true }], random);
const space = spaces.named("main");
/** Of all authors of a test: whoever is set up after them knows them. */
const admissions: MembershipRecord[] = [];
const contentDigest = `1e20${"ab".repeat(32)}` as never;

function author(identity: NodeIdentity = generateIdentity(random)): {
  write: (key: string, said?: Said) => Entry;
} {
  const admission = log.admit(identity, "writer", "author");
  admissions.push(...admission);
  const head = log.certificateOf(identity, admission)[0]?.id as Digest;
  const incarnation = incarnationFromBytes(random.bytes(8));
  const entries = new TestAuthor({ identity, incarnation, space: space.id, head });
  const write = (key: string, said: Said = {}) => {
    const keyId = space.keys.keyIdOf(key);
    const metadata = {
      ...{ name: key, size: 0, contentType: null, modifiedMs: null, mode: null, user: [], rootSecret: null },
      contentDigest: said.op === "remove" ? null : contentDigest,
    };
    return entries.next({
      keyId,
      sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
      ...said,
    });
  };
  return { write };
}

/** What somebody has seen who has these entries. */
const seen = (...entries: Entry[]): VersionVector =>
  mergeVectors(
    ...entries.map(({ body }) => body.context),
    entries.map(({ body }) => body.dot),
  );

async function setUp(given: { index?: MemoryNameIndex; entries?: HookedEntryStore } = {}) {
  const entries = given.entries ?? new HookedEntryStore();
  const index = given.index ?? new MemoryNameIndex();
  const members = await Members.open(new MemoryMembershipStore(), log.root.networkId);
  const changes: string[] = [];
  const names = new KeyNames({
    ...{ entries, index, spaces, members },
    changed: ({ name, record }) => changes.push(`${record.entry.body.op} ${name} ${record.entry.id}`),
  });
  const add = async (...list: Entry[]) => {
    await members.add(admissions);
    await entries.append(list, { complete: false });
    await names.refresh();
    return changes.splice(0);
  };
  const shown = () =>
    names.list(space.id, { prefix: "", after: "", limit: LIST_PAGE_MAX }).map(({ name }) => name);
  return { entries, index, names, add, shown };
}

const told = (entry: Entry, key: string) => `${entry.body.op} ${key} ${entry.id}`;

describe("the names of keys", () => {
  test("follow the entries: puts, edits, removals", async () => {
    const { add, shown, names } = await setUp();
    const { write } = author();
    const one = write("a");
    expect(await add(one)).toEqual([told(one, "a")]);
    const two = write("a", { context: seen(one) });
    expect(await add(two)).toEqual([told(two, "a")]);
    expect(names.get(space.id, "a")?.entryId).toBe(two.id);
    const three = write("a", { context: seen(one, two), op: "remove" });
    expect(await add(three)).toEqual([told(three, "a")]);
    expect(shown()).toEqual([]);
  });

  test("tell of a key once where several of its versions came together", async () => {
    const { add } = await setUp();
    const { write } = author();
    const one = write("a");
    const two = write("a", { context: seen(one) });
    expect(await add(one, two)).toEqual([told(two, "a")]);
  });

  test("tell of nothing where the version that is shown stays the same", async () => {
    const { add, names } = await setUp();
    const [left, right] = [author(), author()];
    const winner = left.write("a", { timeMs: 2 });
    expect(await add(winner)).toEqual([told(winner, "a")]);
    // A concurrent edit that loses, and a removal that did not see the winner.
    expect(await add(right.write("a", { timeMs: 1 }))).toEqual([]);
    expect(await add(author().write("a", { op: "remove", timeMs: 9 }))).toEqual([]);
    expect(names.get(space.id, "a")?.entryId).toBe(winner.id);
    const [gone, again] = [author(), author()];
    expect(await add(gone.write("never shown", { op: "remove" }))).toEqual([]);
    const late = again.write("never shown");
    expect(await add(late)).toEqual([told(late, "never shown")]);
  });

  test("follow more entries than a page has, and go on from there", async () => {
    const { entries, index, shown, add } = await setUp();
    const { write } = author();
    const many = Array.from({ length: LIST_PAGE_MAX + 10 }, (_, number) =>
      write(`key ${String(number).padStart(4, "0")}`),
    );
    expect(await add(...many)).toHaveLength(many.length);
    expect(shown()).toHaveLength(LIST_PAGE_MAX);
    expect(JSON.parse(index.cursor() as string)).toMatchObject({ arrival: many.length, again: null });
    const again = await setUp({ entries, index });
    expect(await again.add()).toEqual([]);
    const next = write("new");
    expect(await again.add(next)).toEqual([told(next, "new")]);
  });

  test("are made anew where arrivals were dealt anew", async () => {
    const index = new MemoryNameIndex();
    const { write } = author();
    await (await setUp({ index })).add(write("gone"));
    const entries = new HookedEntryStore();
    Object.defineProperty(entries, "arrivalEpoch", { value: "an:other" });
    const { add, shown } = await setUp({ index, entries });
    await add(author().write("here"));
    expect(shown()).toEqual(["here"]);
    // And followed from there, whatever the epoch looks like.
    const later = await setUp({ index, entries });
    expect(await later.add()).toEqual([]);
  });

  test("show no key whose name can't be opened, and every other", async () => {
    const { add, shown } = await setUp();
    const { write } = author();
    await add(write("a"), write("broken", { sealed: random.bytes(200) }), write("b"));
    expect(shown()).toEqual(["a", "b"]);
  });

  test("show the version that can be opened where another one would win", async () => {
    const { add, names } = await setUp();
    const honest = author().write("a");
    const broken = author().write("a", { timeMs: 9_000_000_000_000, sealed: random.bytes(200) });
    expect(await add(honest, broken)).toEqual([told(honest, "a")]);
    expect(names.get(space.id, "a")?.entryId).toBe(honest.id);
  });

  test("are not missed where the store fails for a moment", async () => {
    const { entries, names, shown, add } = await setUp();
    const { write } = author();
    await add(write("a"));
    const since = entries.since.bind(entries);
    entries.since = () => Promise.reject(new Error("EIO"));
    await entries.append([write("b")], { complete: false });
    await expect(names.refresh()).rejects.toThrow("EIO");
    entries.since = since;
    await names.refresh();
    expect(shown()).toEqual(["a", "b"]);
  });
});
