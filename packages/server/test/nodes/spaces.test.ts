import { type Digest, digestOf, type SpaceId } from "@gstore/core";
import {
  decodeBulkFrame,
  decodeHaveBlobsAnswer,
  decodeHoldsVersionsAnswer,
  encodeBulkFrame,
  encodeHaveBlobs,
  encodeHoldsVersions,
} from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const KIB = 1024;

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
/** In all spaces. */
let keeper: RawMember;
/** In photos alone. */
let painter: RawMember;
let main: SpaceId;
let photos: SpaceId;

beforeEach(async () => {
  network = new TestNetwork();
  photos = network.log.addSpace("photos");
  [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
  main = a.parts.spaces.named("main").id;
  keeper = await join("keeper", null);
  painter = await join("painter", [photos]);
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function join(name: string, spaces: readonly SpaceId[] | null): Promise<RawMember> {
  const member = await RawMember.join(network, name, "writer", spaces);
  for (const node of [a, b]) await network.hub.connect(member.id, node.id);
  await until("it is known", () => [a, b].every(({ parts }) => parts.members.get(member.id) !== undefined));
  return member;
}

/** Which of these blobs a node says that it has, and which it gives. */
async function shown(
  member: RawMember,
  node: Pick<TestNode, "id">,
  { space, digests }: { space: SpaceId; digests: readonly Digest[] },
): Promise<{ had: Digest[]; given: Digest[] }> {
  const question = encodeHaveBlobs({ space, digests });
  const answer = await member.network.request(node.id, "blobs", question);
  const have = decodeHaveBlobsAnswer(answer, digests.length);
  const channel = await member.network.openBulk(node.id);
  await channel.send(...encodeBulkFrame({ type: "fetch", space }));
  await channel.send(...encodeBulkFrame({ type: "want", digests }));
  await channel.end();
  const given: Digest[] = [];
  for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive()) {
    const frame = decodeBulkFrame(bytes);
    if (frame.type === "blob") given.push(frame.digest);
  }
  return { had: digests.filter((_, index) => have[index]), given };
}

async function digestsOn({ disk }: TestNode): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { digest } of disk.blobs.list()) digests.push(digest);
  return digests;
}

/** Every blob of a node is there for main, and nothing of it for who is in photos alone. */
async function expectMainAlone(node: TestNode): Promise<void> {
  const digests = await digestsOn(node);
  expect(digests.length).toBeGreaterThan(0);
  expect(await shown(keeper, node, { space: main, digests })).toEqual({ had: digests, given: digests });
  expect(await shown(painter, node, { space: photos, digests })).toEqual({ had: [], given: [] });
}

describe("a member limited to a space gets nothing of another, whatever its digests, and others all,", () => {
  test.each([
    ["a file of one chunk, which goes along with its entry", 3],
    ["a file of a few chunks, which go along with its entry", 120 * KIB],
    ["a file whose chunks are pushed", 3000 * KIB],
  ])("where there is %s", async (_what, size) => {
    await withinClock(network.clock, a.node.store("file", randomBytes(size), { copies: 8 }), {
      maxMs: 20_000,
    });
    await until("b holds it", () => b.disk.blobs.usage().blobs === a.disk.blobs.usage().blobs);
    for (const node of [a, b]) await expectMainAlone(node);
  });

  test("where the blobs were fetched by a node that came later", async () => {
    await a.node.store("file", randomBytes(600 * KIB), { wait: "local" });
    const late = await network.node("late");
    await network.connect(a, late);
    await until("it holds the file", () => late.disk.blobs.usage().blobs === a.disk.blobs.usage().blobs);
    for (const member of [keeper, painter]) await network.hub.connect(member.id, late.id);
    await until("it knows both", () =>
      [keeper, painter].every(({ id }) => late.parts.members.get(id) !== undefined),
    );
    await expectMainAlone(late);
  });

  test("where a damaged blob was replaced when it was read", async () => {
    await withinClock(network.clock, a.node.store("file", "text", { copies: 8 }), { maxMs: 20_000 });
    await until("b holds it", () => b.disk.blobs.usage().blobs === 1);
    const [digest] = (await digestsOn(b)) as [Digest];
    (b.disk.blobs as unknown as { damage(digest: Digest): void }).damage(digest);
    expect((await readAll(b.node, "file")).toString()).toBe("text");
    await expectMainAlone(b);
  });
});

describe("an entry in the one space that names a blob of the other", () => {
  test("tells its author nothing: it is not called held, before or after the node looked for the blob", async () => {
    await a.node.store("file", randomBytes(600 * KIB), { wait: "local" });
    const [stored] = await a.disk.entries.since(0, 1);
    const content = stored?.entry.body.content ?? null;
    const named = painter.author.next({ space: photos, content });
    expect(await painter.announce(a.id, [named], { hold: [0] })).toEqual(["accepted"]);
    await until("a has looked", () => a.parts.replication.catchUp.behind > 0);
    await turns(20);
    expect(await painter.announce(a.id, [named])).toEqual(["accepted"]);
    const question = encodeHoldsVersions([named.id]);
    const answer = await painter.network.request(a.id, "entries", question);
    expect(decodeHoldsVersionsAnswer(answer)).toEqual([]);
    expect(await shown(painter, a, { space: photos, digests: await digestsOn(a) })).toEqual({
      ...{ had: [], given: [] },
    });
  });
});

describe("blobs beside an announcement", () => {
  const bytes = Buffer.from("bytes");
  const content = { level: 0, digest: digestOf(bytes), size: bytes.length };

  test("are of the space of their entry", async () => {
    const entry = painter.author.next({ space: photos, content });
    expect(await painter.announce(a.id, [entry], { blobs: [bytes] })).toEqual(["held"]);
    const digests = [content.digest];
    expect(await shown(painter, a, { space: photos, digests })).toEqual({ had: digests, given: digests });
    expect(await shown(keeper, a, { space: main, digests })).toEqual({ had: [], given: [] });
  });

  test("for a space in which the sender may not write are refused", async () => {
    const entry = keeper.author.next({ content });
    expect(await codeOf(painter.announce(a.id, [entry], { blobs: [bytes] }))).toBe("REQUEST_REFUSED");
    expect(a.disk.blobs.usage().blobs).toBe(0);
    expect(a.disk.entries.count()).toBe(0);
  });

  test("that belong to none of its entries are not stored", async () => {
    const entry = painter.author.next({ space: photos, content });
    const blobs = [bytes, Buffer.from("of no entry")];
    expect(await painter.announce(a.id, [entry], { blobs })).toEqual(["held"]);
    expect(await digestsOn(a)).toEqual([content.digest]);
  });
});
