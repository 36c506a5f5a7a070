import { type Digest, type Entry, incarnationFromBytes, LIST_PAGE_MAX, type PeerId } from "@gstore/core";
import { generateIdentity, issueRecord, type NodeIdentity } from "@gstore/crypto";
import { HookedEntryStore, MemoryMembershipStore, MemoryNameIndex, SeededRandom } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { KeyNames } from "../src/key-names.ts";
import { Members } from "../src/membership/members.ts";
import { Spaces } from "../src/membership/spaces.ts";
import { type Said, TestAuthor } from "./support/test-author.ts";
import { TestLog } from "./support/test-log.ts";

const random = new SeededRandom("names again");
const log = new TestLog(random);
const held = { ...log.space, isCurrent: true };
const keysOfSpace = new Spaces([held], random).named("main");
const space = keysOfSpace.id;

/** Notes how much was applied at once, and whether all was ever forgotten. */
class WatchedIndex extends MemoryNameIndex {
  readonly applied: number[] = [];
  clears = 0;

  override async apply(
    ...[changes, cursor]: Parameters<MemoryNameIndex["apply"]>
  ): ReturnType<MemoryNameIndex["apply"]> {
    this.applied.push(changes.length);
    return await super.apply(changes, cursor);
  }

  override async clear(): Promise<void> {
    this.clears++;
    await super.clear();
  }
}

/** Says how much was asked for at once. */
class WatchedEntries extends HookedEntryStore {
  readonly asked: number[] = [];
  beforeHeads: (() => Promise<void> | void) | null = null;

  override ofAuthor(...args: Parameters<HookedEntryStore["ofAuthor"]>) {
    this.asked.push(args[3]);
    return super.ofAuthor(...args);
  }

  override since(...args: Parameters<HookedEntryStore["since"]>) {
    this.asked.push(args[1]);
    return super.since(...args);
  }

  override async heads(...args: Parameters<HookedEntryStore["heads"]>) {
    const heads = await super.heads(...args);
    await this.beforeHeads?.();
    return heads;
  }
}

interface World {
  readonly entries: WatchedEntries;
  readonly index: WatchedIndex;
  readonly members: Members;
}

async function world(): Promise<World> {
  const members = await Members.open(new MemoryMembershipStore(), log.root.networkId);
  return { entries: new WatchedEntries(), index: new WatchedIndex(), members };
}

function namesOf(
  { entries, index, members }: World,
  options: { stopping?: AbortSignal; spaces?: Spaces } = {},
) {
  const { spaces = new Spaces([held], random), ...rest } = options;
  return new KeyNames({ entries, index, spaces, members, changed: () => {}, ...rest });
}

async function admitted({
  members,
}: World): Promise<{ identity: NodeIdentity; write: (key: string, said?: Said) => Entry }> {
  const identity = generateIdentity(random);
  const records = log.admit(identity, "writer", `author-${identity.peerId.slice(-6)}`);
  await members.add(records);
  const head = log.certificateOf(identity, records)[0]?.id as Digest;
  const author = new TestAuthor({
    identity,
    incarnation: incarnationFromBytes(random.bytes(8)),
    space,
    head,
  });
  const write = (key: string, said: Said = {}) => {
    const keyId = keysOfSpace.keys.keyIdOf(key);
    const metadata = {
      ...{ name: key, size: 0, contentType: null, modifiedMs: null, mode: null, user: [], rootSecret: null },
      contentDigest: `1e20${"ab".repeat(32)}` as Digest,
    };
    const sealed = keysOfSpace.keys.sealMetadata({ space, keyId }, metadata);
    return author.next({ keyId, sealed, ...said });
  };
  return { identity, write };
}

/** Nothing that the member wrote counts from now on. */
async function remove({ members }: World, member: PeerId): Promise<void> {
  const { root } = log;
  const parents = members.heads();
  const operation = { op: "remove" as const, member, cut: [] };
  await members.add([
    issueRecord({ signer: root, networkId: root.networkId, parents, operation, timeMs: 0 }),
  ]);
}

const shown = (names: KeyNames): string[] =>
  names.list(space, { prefix: "", after: "", limit: LIST_PAGE_MAX }).map(({ name }) => name);
const MANY = 2 * LIST_PAGE_MAX + 10;

/** A world with an author of many keys and one of a single key, all shown. */
async function stocked() {
  const all = await world();
  const [many, few] = [await admitted(all), await admitted(all)];
  await all.entries.append(
    Array.from({ length: MANY }, (_, number) => many.write(`key ${String(number).padStart(4, "0")}`)),
    { complete: false },
  );
  await all.entries.append([few.write("other")], { complete: false });
  const names = namesOf(all);
  await names.refresh();
  return { ...all, names, many: many.identity.peerId, few };
}

describe("names are looked at again", () => {
  test("a page at a time, when an author of many keys is removed", async () => {
    const { names, many, entries, index, ...all } = await stocked();
    await remove({ entries, index, ...all }, many);
    entries.asked.length = 0;
    index.applied.length = 0;
    await names.recheck([many]);
    expect(shown(names)).toEqual(["other"]);
    expect(Math.max(...entries.asked)).toBeLessThanOrEqual(LIST_PAGE_MAX);
    expect(Math.max(...index.applied)).toBeLessThanOrEqual(LIST_PAGE_MAX);
    expect(index.applied.reduce((sum, count) => sum + count, 0)).toBe(MANY);
    expect(index.clears).toBe(0);
  });

  test("after a restart, when the node stopped in the middle", async () => {
    const { many, ...all } = await stocked();
    const stop = new AbortController();
    const names = namesOf(all, { stopping: stop.signal });
    await remove(all, many);
    all.entries.beforeHeads = () => stop.abort();
    await names.recheck([many]);
    expect(shown(names).length).toBeGreaterThan(1);
    all.entries.beforeHeads = null;
    const again = namesOf(all);
    await again.refresh();
    await again.resume();
    expect(shown(again)).toEqual(["other"]);
    expect(JSON.parse(all.index.cursor() as string).again).toBeNull();
  });

  test("after a crash that came between the log's change and the note of it", async () => {
    const { many, ...all } = await stocked();
    await remove(all, many);
    const again = namesOf(all);
    await again.refresh();
    expect(shown(again).length).toBeGreaterThan(1);
    await again.resume();
    expect(shown(again)).toEqual(["other"]);
    all.entries.asked.length = 0;
    await namesOf(all).resume();
    expect(all.entries.asked).toEqual([]);
  });

  test("without forgetting what is shown meanwhile, when keys come", async () => {
    const all = await world();
    const [one, two] = [await admitted(all), await admitted(all)];
    const spaces = new Spaces([], random);
    await all.entries.append([one.write("unread")], { complete: false });
    const names = namesOf(all, { spaces });
    await names.refresh();
    expect(shown(names)).toEqual([]);
    spaces.update([held]);
    await all.entries.append([two.write("read")], { complete: false });
    await names.refresh();
    expect(shown(names)).toEqual(["read"]);
    // A restart does not forget that something was passed over.
    const later = namesOf(all, { spaces });
    await later.keysCame();
    expect(shown(later)).toEqual(["read", "unread"]);
    expect(all.index.clears).toBe(0);
  });

  test("and never put an older look over a newer one", async () => {
    const { names, few, entries, index } = await stocked();
    const newer = few.write("other", { timeMs: 9_000_000_000_000 });
    let added: Promise<void> | null = null;
    entries.beforeHeads = async () => {
      if (added !== null) return;
      added = entries.append([newer], { complete: false }).then(() => names.refresh());
      // Long enough for the newer one to be applied, where nothing held it up.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    await names.recheck([few.identity.peerId]);
    await added;
    expect(names.get(space, "other")?.entryId).toBe(newer.id);
    expect(JSON.parse(index.cursor() as string).arrival).toBe(MANY + 2);
  });
});
