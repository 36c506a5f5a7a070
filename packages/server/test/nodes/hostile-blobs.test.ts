import { BLOB_BYTES_MAX, digestOf, encodeCbor, MESSAGE_BYTES_MAX, type SpaceId } from "@gstore/core";
import { type BulkFrame, decodeBulkFrame, encodeBulkFrame, encodeHaveBlobs } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let hostile: RawMember;
let space: SpaceId;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
  hostile = await join("hostile", "writer");
  space = a.parts.spaces.named("main").id;
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function join(name: string, role: "writer" | "reader" | "vault"): Promise<RawMember> {
  const member = await RawMember.join(network, name, role);
  for (const node of [a, b]) await network.hub.connect(member.id, node.id);
  await until("it is known", () => [a, b].every(({ parts }) => parts.members.get(member.id) !== undefined));
  return member;
}

const blobOf = (text: string): BulkFrame => {
  const bytes = Buffer.from(text);
  return { type: "blob", digest: digestOf(bytes), bytes };
};

/** Sends frames to a node on one transfer; gives what comes back, and how it ended. */
async function transfer(frames: readonly (BulkFrame | Uint8Array)[], from = hostile) {
  const channel = await from.network.openBulk(a.id);
  const back: BulkFrame[] = [];
  const ended = codeOf(
    (async () => {
      for (const frame of frames)
        await channel.send(...(frame instanceof Uint8Array ? [frame] : encodeBulkFrame(frame)));
      await channel.end();
      for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive())
        back.push(decodeBulkFrame(bytes));
    })(),
  );
  const { value: code } = await withinClock(network.clock, ended, { maxMs: 30_000 });
  return { back, code };
}

/** The honest nodes hold nothing for the hostile one, and go on. */
async function expectUnharmed(blobsOnA: number): Promise<void> {
  await until("nothing is being received", () => a.parts.replication.receiving.inFlight === 0);
  expect(a.disk.blobs.usage().blobs).toBe(blobsOnA);
  const content = randomBytes(MIB, "honest");
  await withinClock(network.clock, b.node.store("honest", content, { copies: 8 }), { maxMs: 10_000 });
  await until("a has it", async () => (await codeOf(a.node.stat("honest"))) === "nothing");
  const read = await withinClock(network.clock, readAll(a.node, "honest"), { maxMs: 20_000 });
  expect(read.value.equals(content)).toBe(true);
}

describe("a push", () => {
  test("of blobs under digests that are not theirs stores none of them", async () => {
    const wrong: BulkFrame = {
      type: "blob",
      digest: digestOf(Buffer.from("other")),
      bytes: Buffer.from("bytes"),
    };
    const { code, back } = await transfer([{ type: "push", space }, blobOf("good"), wrong, blobOf("later")]);
    expect(code).toBe("DIGEST_MISMATCH");
    expect(back.every((frame) => frame.type === "stored" && frame.count <= 1)).toBe(true);
    expect(await a.disk.blobs.missing([digestOf(Buffer.from("other"))])).toHaveLength(1);
    expect(await a.disk.blobs.missing([digestOf(Buffer.from("good"))])).toHaveLength(0);
    await until("all is settled", () => a.parts.replication.receiving.inFlight === 0);
    await expectUnharmed(a.disk.blobs.usage().blobs);
  });

  test("is acknowledged in the order of its blobs, once they are stored", async () => {
    const { code, back } = await transfer([{ type: "push", space }, ...["1", "2", "3", "1"].map(blobOf)]);
    expect(code).toBe("nothing");
    expect(back.at(-1)).toEqual({ type: "stored", count: 4 });
    await expectUnharmed(3);
  });

  test.each(["reader", "vault"] as const)("by a %s is refused", async (role) => {
    const member = await join(role, role);
    expect((await transfer([{ type: "push", space }, blobOf("bytes")], member)).code).toBe("REQUEST_REFUSED");
    await expectUnharmed(0);
  });

  test("beside an announcement, by a reader, is refused, and nothing of it is stored", async () => {
    const reader = await join("reader", "reader");
    const announced = reader.announce(a.id, [reader.author.next()], { blobs: [Buffer.from("bytes")] });
    expect(await codeOf(announced)).toBe("REQUEST_REFUSED");
    expect(a.disk.entries.count()).toBe(0);
    await expectUnharmed(0);
  });

  const senseless: [what: string, frames: () => (BulkFrame | Uint8Array)[], code: string][] = [
    ["no opening", () => [blobOf("bytes")], "PROTOCOL_VIOLATION"],
    [
      "a want in it",
      () => [
        { type: "push", space },
        { type: "want", digests: [digestOf(Buffer.from("x"))] },
      ],
      "PROTOCOL_VIOLATION",
    ],
    [
      "acknowledgements in it",
      () => [
        { type: "push", space },
        { type: "stored", count: 1 },
      ],
      "PROTOCOL_VIOLATION",
    ],
    [
      "two openings",
      () => [
        { type: "push", space },
        { type: "push", space },
      ],
      "PROTOCOL_VIOLATION",
    ],
    ["a frame that is none", () => [{ type: "push", space }, Uint8Array.of(99)], "INVALID_FORMAT"],
    [
      "a blob that is too large",
      () => [
        { type: "push", space },
        Buffer.concat([Uint8Array.of(4), Buffer.alloc(32 + BLOB_BYTES_MAX + 1)]),
      ],
      "INVALID_FORMAT",
    ],
    [
      "a newer version",
      () => [Buffer.concat([Uint8Array.of(2, 2), Buffer.alloc(16)])],
      "UNSUPPORTED_VERSION",
    ],
    ["nothing at all", () => [], "nothing"],
  ];
  test.each(senseless)("with %s ends so: no blob is stored", async (_what, frames, code) => {
    expect((await transfer(frames())).code).toBe(code);
    await expectUnharmed(0);
  });

  test("that stops in the middle is given up, and holds nothing", async () => {
    const channel = await hostile.network.openBulk(a.id);
    await channel.send(...encodeBulkFrame({ type: "push", space }));
    await channel.send(...encodeBulkFrame(blobOf("bytes")));
    await turns(5);
    network.clock.advance(11_000);
    await until("the transfer is over", () => network.hub.openChannels === 0);
    await expectUnharmed(1);
  });
});

describe("a fetch", () => {
  test("of what is not here is answered so, one by one", async () => {
    const digests = ["1", "2"].map((text) => digestOf(Buffer.from(text)));
    const { back, code } = await transfer([
      { type: "fetch", space },
      { type: "want", digests },
    ]);
    expect(code).toBe("nothing");
    expect(back).toEqual(digests.map((digest) => ({ type: "missing", digest })));
  });

  test("of a damaged blob gives no bytes", async () => {
    const bytes = Buffer.from("bytes");
    await a.disk.blobs.put(digestOf(bytes), bytes);
    (a.disk.blobs as unknown as { damage(digest: string): void }).damage(digestOf(bytes));
    const { back } = await transfer([
      { type: "fetch", space },
      { type: "want", digests: [digestOf(bytes)] },
    ]);
    expect(back).toEqual([{ type: "missing", digest: digestOf(bytes) }]);
  });

  test.each([{ type: "push" as const }, { type: "fetch" as const }])(
    "with a second opening is refused: %j",
    async ({ type }) => {
      expect(
        (
          await transfer([
            { type: "fetch", space },
            { type, space },
          ])
        ).code,
      ).toBe("PROTOCOL_VIOLATION");
      await expectUnharmed(0);
    },
  );

  test("by somebody who reads none of it holds no more than the link does", async () => {
    await b.node.store("file", randomBytes(20 * MIB), { copies: 8 });
    const digests = [];
    for await (const { digest } of b.disk.blobs.list()) digests.push(digest);
    const channel = await hostile.network.openBulk(b.id);
    await channel.send(...encodeBulkFrame({ type: "fetch", space }));
    for (let round = 0; round < 50; round++)
      await channel.send(...encodeBulkFrame({ type: "want", digests }));
    await turns(50);
    const { bytes } = network.hub.link(hostile.id, b.id).from(b.id);
    expect(bytes).toBeLessThan(4 * MIB);
    await network.hub.disconnect(hostile.id, b.id);
    await until("the transfer is over", () => network.hub.openChannels === 0);
  });
});

describe("a version whose blobs its author never gives", () => {
  test("is waited for with bounded work, and keeps nothing else from being fetched", async () => {
    const missing = { level: 0, digest: digestOf(Buffer.from("missing")), size: 100 };
    const entries = Array.from({ length: 50 }, () => hostile.author.next({ content: missing }));
    const outcomes = await hostile.announce(a.id, entries, { hold: [...entries.keys()] });
    expect(outcomes).toEqual(entries.map(() => "accepted"));
    await until("a has tried", () => a.parts.replication.catchUp.behind === 50);
    await turns(50);
    hostile.asked.length = 0;
    await turns(50);
    expect(hostile.asked).toEqual([]);
    await expectUnharmed(0);
  });

  test("and whose root is of a newer format is known, and not called held", async () => {
    const newer = encodeCbor([2, 1, [], new Uint8Array(0)]);
    const content = { level: 1, digest: digestOf(newer), size: newer.length };
    const announced = hostile.announce(a.id, [hostile.author.next({ content })], {
      hold: [0],
      blobs: [newer],
    });
    expect(await announced).toEqual(["accepted"]);
    expect(a.disk.entries.count()).toBe(1);
    await expectUnharmed(1);
  });

  test("and whose root is no manifest harms nobody", async () => {
    const garbage = Buffer.from("no manifest");
    const root = { level: 3, digest: digestOf(garbage), size: garbage.length };
    const entry = hostile.author.next({ content: root });
    await hostile.announce(a.id, [entry], { hold: [0], blobs: [garbage] });
    await expectUnharmed(1);
  });
});

test("asking for too many blobs, or in too large a message, is refused", async () => {
  const digests = Array.from({ length: 4097 }, () => digestOf(Buffer.from("x")));
  expect(await codeOf(hostile.network.request(a.id, "blobs", encodeHaveBlobs({ space, digests })))).toBe(
    "INVALID_FORMAT",
  );
  expect(await codeOf(hostile.network.request(a.id, "blobs", Buffer.alloc(MESSAGE_BYTES_MAX + 1)))).toBe(
    "TOO_LARGE",
  );
});
