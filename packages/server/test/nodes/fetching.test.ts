import { type Digest, digestOf, GstoreError } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countFrames } from "../support/frames.ts";
import { Liar, type Lie } from "../support/lying.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;
const content = randomBytes(8 * MIB);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;
let liar: Liar;

/** Node a knows the file and has lost its blobs; b, which may lie, and c hold them. */
beforeEach(async () => {
  network = new TestNetwork();
  liar = new Liar();
  a = await network.node("a");
  b = await network.node("b", { wrap: liar.wrap });
  c = await network.node("c");
  await network.connect(a, b);
  await network.connect(a, c);
  await network.connect(b, c);
  await a.node.store("file", content, { wait: "all" });
  await wipe(a);
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function wipe(node: TestNode): Promise<void> {
  const digests: Digest[] = [];
  for await (const { digest } of node.disk.blobs.list()) digests.push(digest);
  await node.disk.blobs.delete(digests);
}

/** Reads the file on a; gives how much of the clock's time that took. */
async function readsRight(maxMs: number): Promise<number> {
  const { value, tookMs } = await withinClock(network.clock, readAll(a.node, "file"), { maxMs });
  expect(value.equals(content)).toBe(true);
  return tookMs;
}

const failsWithin = async (maxMs: number) =>
  (await withinClock(network.clock, codeOf(readAll(a.node, "file")), { maxMs })).value;

const other = Buffer.from("something else");
const lies: Record<string, Lie> = {
  "wrong bytes under the right digest": (frame) =>
    frame.type === "blob" ? [{ ...frame, bytes: other }] : [frame],
  "one bit turned": (frame) => {
    if (frame.type !== "blob") return [frame];
    const bytes = Uint8Array.from(frame.bytes);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 4;
    return [{ ...frame, bytes }];
  },
  "cut blobs": (frame) => (frame.type === "blob" ? [{ ...frame, bytes: frame.bytes.subarray(1) }] : [frame]),
  "another digest with its own bytes": (frame) =>
    frame.type === "blob" ? [{ type: "blob", digest: digestOf(other), bytes: other }] : [frame],
  "the right bytes under another digest": (frame) =>
    frame.type === "blob" ? [{ ...frame, digest: digestOf(other) }] : [frame],
  "every blob twice": (frame) => [frame, frame],
  "no blob that it has": (frame) =>
    frame.type === "blob" ? [{ type: "missing", digest: frame.digest }] : [frame],
  "what belongs to a push": () => [{ type: "stored", count: 1 }],
  "questions in place of answers": (frame) =>
    "digest" in frame ? [{ type: "want", digests: [frame.digest] }] : [frame],
  "frames that are none": () => [Uint8Array.of(99)],
  "empty frames": () => [new Uint8Array(0)],
  nothing: () => [],
};

describe("a get with one honest holder gives the right bytes", () => {
  test.each(Object.entries(lies))("while the other sends %s", async (_what, lie) => {
    liar.lie = lie;
    expect(await readsRight(10_000)).toBeLessThanOrEqual(5000);
  });

  test("while the other lies only from the fifth blob on", async () => {
    let count = 0;
    liar.lie = (frame) => (frame.type === "blob" && ++count > 5 ? [{ ...frame, bytes: other }] : [frame]);
    await readsRight(10_000);
    expect(count).toBeGreaterThan(5);
  });

  test("while the other has nothing", async () => {
    await wipe(b);
    expect(await readsRight(1000)).toBe(0);
  });

  test("while the other refuses, with a code or without", async () => {
    liar.refuse = () => {
      throw new GstoreError("TOO_BUSY", "later");
    };
    await readsRight(5000);
    // By then it is asked again.
    network.clock.advance(31_000);
    liar.refuse = () => {
      throw new TypeError("a bug");
    };
    await readsRight(5000);
    expect(network.hub.unexpected.splice(0).length).toBeGreaterThan(0);
  });

  test("while the other is a black hole from the beginning", async () => {
    network.hub.link(a.id, b.id).stall();
    expect(await readsRight(20_000)).toBeLessThanOrEqual(5000);
  });

  test("while the other becomes a black hole half-way", async () => {
    const link = network.hub.link(a.id, b.id);
    let count = 0;
    link.from(b.id).onFrame = () => {
      if (++count === 5) link.stall();
    };
    expect(await readsRight(20_000)).toBeLessThanOrEqual(5000);
  });

  test("while the other disconnects half-way", async () => {
    let count = 0;
    network.hub.link(a.id, b.id).from(b.id).onFrame = () => {
      if (++count === 5) network.hub.disconnect(a.id, b.id);
    };
    await readsRight(5000);
    expect(count).toBe(5);
  });

  test("while the other is slow, and mostly from the fast one", async () => {
    network.hub.link(a.id, b.id).from(b.id).delayMs = 700;
    const fromFast = countFrames(network, c, a);
    expect(await readsRight(60_000)).toBeLessThanOrEqual(15_000);
    expect(fromFast.get("blob")).toBeGreaterThan(20);
  });

  test("while the only holder is slow and the other, which was asked when that showed, has nothing", async () => {
    await wipe(c);
    const small = randomBytes(100_000);
    await b.node.store("small", small, { copies: 1, wait: "local" });
    await until("a knows it", async () => (await a.node.list("")).items.length === 2);
    await wipe(a);
    await wipe(c);
    network.hub.link(a.id, b.id).from(b.id).delayMs = 3500;
    const { value } = await withinClock(network.clock, readAll(a.node, "small"), { maxMs: 30_000 });
    expect(value.equals(small)).toBe(true);
  });

  test("while the link to the only holder stands still for longer than it may, and a new one does not", async () => {
    network.hub.disconnect(a.id, c.id);
    const link = network.hub.link(a.id, b.id);
    let count = 0;
    link.from(b.id).onFrame = () => {
      if (++count !== 5) return;
      link.stall();
      network.clock.after(11_000, () => link.resume());
    };
    await readsRight(60_000);
    expect(count).toBeGreaterThan(5);
  });

  test("from both at once where both are honest", async () => {
    const [fromB, fromC] = [countFrames(network, b, a), countFrames(network, c, a)];
    await readsRight(1000);
    expect(fromB.get("blob")).toBeGreaterThan(5);
    expect(fromC.get("blob")).toBeGreaterThan(5);
  });

  test("from both, and of the quicker one as much more as it is quicker", async () => {
    network.hub.link(a.id, b.id).from(b.id).delayMs = 400;
    network.hub.link(a.id, c.id).from(c.id).delayMs = 100;
    await readsRight(30_000);
    const [fromB, fromC] = [countFrames(network, b, a), countFrames(network, c, a)];
    await readsRight(30_000);
    const [blobsOfB, blobsOfC] = [fromB.get("blob") ?? 0, fromC.get("blob") ?? 0];
    expect(blobsOfB).toBeGreaterThan(0);
    expect(blobsOfC).toBeGreaterThan(2.5 * blobsOfB);
  });

  test("and asks who lied last from then on", async () => {
    liar.lie = lies["one bit turned"] as Lie;
    await readsRight(30_000);
    const asked = countFrames(network, a, b);
    // Longer than a slow peer is left alone.
    network.clock.advance(60_000);
    await readsRight(5000);
    expect(asked.get("want") ?? 0).toBe(0);
    expect(a.complaints.join()).toContain("a peer sent bytes that do not hash to their digest");
  });
});

describe("a get without an honest holder ends with a code in bounded time", () => {
  test("where nobody is connected: at once", async () => {
    for (const node of [b, c]) network.hub.disconnect(a.id, node.id);
    expect(await failsWithin(0)).toBe("NO_HOLDER_REACHABLE");
  });

  test("where nobody has it: at once", async () => {
    await wipe(b);
    await wipe(c);
    expect(await failsWithin(0)).toBe("NO_HOLDER_REACHABLE");
  });

  test.each(Object.entries(lies).filter(([what]) => what !== "every blob twice"))(
    "where the only one sends %s",
    async (_what, lie) => {
      await wipe(c);
      liar.lie = lie;
      expect(await failsWithin(30_000)).toBe("NO_HOLDER_REACHABLE");
    },
  );

  test("where all are black holes", async () => {
    for (const node of [b, c]) network.hub.link(a.id, node.id).stall();
    expect(await failsWithin(30_000)).toBe("NO_HOLDER_REACHABLE");
  });

  test("where the only one disconnects half-way, after the bytes that came", async () => {
    network.hub.disconnect(a.id, c.id);
    let count = 0;
    network.hub.link(a.id, b.id).from(b.id).onFrame = () => {
      if (++count === 20) network.hub.disconnect(a.id, b.id);
    };
    const pieces: Uint8Array[] = [];
    const { stream } = await a.node.get("file");
    const read = async () => {
      for await (const piece of stream) pieces.push(piece);
    };
    expect((await withinClock(network.clock, codeOf(read()), { maxMs: 5000 })).value).toBe(
      "NO_HOLDER_REACHABLE",
    );
    const got = Buffer.concat(pieces);
    expect(got.length).toBeGreaterThan(0);
    expect(got.equals(content.subarray(0, got.length))).toBe(true);
  });

  test("and later works, when somebody has it again", async () => {
    for (const node of [b, c]) network.hub.disconnect(a.id, node.id);
    expect(await failsWithin(0)).toBe("NO_HOLDER_REACHABLE");
    await network.connect(a, c);
    await readsRight(1000);
  });
});

describe("a blob that is damaged", () => {
  async function damaged(node: TestNode): Promise<void> {
    for await (const { digest } of node.disk.blobs.list()) {
      (node.disk.blobs as unknown as { damage(digest: Digest): void }).damage(digest);
    }
  }

  test("here is fetched and healed by reading", async () => {
    await damaged(c);
    const read = await withinClock(network.clock, readAll(c.node, "file"), { maxMs: 1000 });
    expect(read.value.equals(content)).toBe(true);
    expect((await c.node.verify()).damaged).toEqual([]);
  });

  test("at one holder is fetched from the other", async () => {
    await damaged(b);
    await readsRight(5000);
  });

  test("at the only holder is an error, not wrong bytes", async () => {
    await damaged(b);
    network.hub.disconnect(a.id, c.id);
    expect(await failsWithin(10_000)).toBe("NO_HOLDER_REACHABLE");
    await turns(1);
  });
});

test("transfers end when there is nothing more to fetch", async () => {
  await readsRight(1000);
  await turns(10);
  network.clock.advance(2000);
  await turns(10);
  expect(network.hub.openChannels).toBe(0);
  expect(a.parts.readAhead.inFlight).toBe(0);
});

describe("of many members", () => {
  test("those that hold a file are asked for it, and not those that never did", async () => {
    const wide = new TestNetwork();
    const nodes = await wide.mesh("anna", "berta", "carol", "dora", "emil", "frida");
    const [writer, ...others] = nodes as [TestNode, ...TestNode[]];
    await writer.node.store("file", content, { copies: 2, wait: "all" });
    const { version } = await writer.node.stat("file");
    const holders: TestNode[] = [];
    for (const node of nodes)
      if ((await node.disk.entries.get(version))?.complete === true) holders.push(node);
    const reader = others.find((node) => !holders.includes(node)) as TestNode;
    const asked = new Map(nodes.map((node) => [node, countFrames(wide, reader, node)]));
    await until("it knows the file", async () => (await reader.node.list("")).items.length === 1);
    expect((await readAll(reader.node, "file")).equals(content)).toBe(true);
    const wants = nodes.filter((node) => (asked.get(node)?.get("want") ?? 0) > 0);
    expect(wants.length).toBeGreaterThan(0);
    expect(holders).toEqual(expect.arrayContaining(wants));
    await wide.stop();
  });
});
