import { GstoreError } from "@gstore/core";
import { messageType } from "@gstore/p2p";
import { MemoryDiskStore, MemoryEntryStore, MemoryNameIndex } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { Node } from "../../src/node.ts";
import { NodeEventHub } from "../../src/node-events.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;

let network: TestNetwork;
beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

/** A closed node, and another one over the same disk. */
async function restarted(one: TestNode, disk = (one.disk as MemoryDiskStore).reopened()): Promise<TestNode> {
  await withinClock(network.clock, one.node.stop(), { maxMs: 5000 });
  return await network.node(one.node.name, { self: one.self, disk });
}

describe("a node that is started again", () => {
  test("has all its keys and content, and goes on numbering", async () => {
    const before = await network.node("a");
    const content = randomBytes(2 * MIB);
    await before.node.store("file", content);
    await before.node.store("gone", "text");
    await before.node.remove("gone");
    const after = await restarted(before);
    expect((await after.node.list("")).items.map(({ key }) => key)).toEqual(["file"]);
    expect((await readAll(after.node, "file")).equals(content)).toBe(true);
    await after.node.store("file", "new");
    expect((await readAll(after.node, "file")).toString()).toBe("new");
    expect(await after.disk.entries.vector()).toMatchObject([{ author: before.id, seq: 4 }]);
  });

  test("says nothing of the names that it reads later on", async () => {
    const { node, complaints } = await network.node("a");
    network.clock.advance(60_000);
    await node.store("file", "text");
    expect(complaints).toEqual([]);
  });

  test("makes its names anew where they were lost", async () => {
    const before = await network.node("a");
    for (const key of ["a", "b", "c/d"]) await before.node.store(key, key);
    const { blobs, entries, membership } = before.disk;
    const after = await restarted(
      before,
      new MemoryDiskStore({ blobs, entries, membership, names: new MemoryNameIndex() }),
    );
    expect((await after.node.list("")).items.map(({ key }) => key)).toEqual(["a", "b", "c/d"]);
  });

  test("is found and caught up with by its peers as before", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    await a.node.store("file", "1");
    const again = await restarted(a);
    await again.node.store("file", "2");
    await network.connect(again, b);
    expect((await readAll(b.node, "file")).toString()).toBe("2");
  });
});

describe("a node whose disk was restored from an older copy", () => {
  /** Node a with three keys of which b has all and its own disk, as restored, only the first. */
  async function restored(): Promise<{ a: TestNode; b: TestNode }> {
    const [before, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    await before.node.store("first", "1", { wait: "all" });
    const entries = new MemoryEntryStore();
    await entries.append(
      (await before.disk.entries.since(0, 10)).map(({ entry }) => entry),
      { complete: true },
    );
    for (const key of ["second", "third"]) await before.node.store(key, key, { wait: "all" });
    const { blobs, membership } = before.disk;
    return { a: await restarted(before, new MemoryDiskStore({ blobs, membership, entries })), b };
  }

  test("gets back what it had written, and numbers anew from then on", async () => {
    const { a, b } = await restored();
    const old = a.parts.author.incarnation;
    await network.connect(a, b);
    expect((await readAll(a.node, "third")).toString()).toBe("third");
    expect(a.parts.author.incarnation).not.toBe(old);
    await a.node.store("second", "again", { wait: "all" });
    await a.node.store("fourth", "4", { wait: "all" });
    for (const node of [a, b]) {
      expect((await node.node.list("")).items.map(({ key }) => key)).toEqual([
        "first",
        "fourth",
        "second",
        "third",
      ]);
      expect((await readAll(node.node, "second")).toString()).toBe("again");
    }
    expect(a.complaints.join()).toContain("a new incarnation begins");
  });

  test("replicates what it writes after it has met a peer, even if it wrote before", async () => {
    const { a, b } = await restored();
    await a.node.store("fork", "written before it met anybody");
    await network.connect(a, b);
    await a.node.store("after", "text", { wait: "all" });
    expect((await readAll(b.node, "after")).toString()).toBe("text");
    expect((await readAll(a.node, "fork")).toString()).toBe("written before it met anybody");
    // What the other node stores comes to it as ever.
    await b.node.store("other", "text", { wait: "all" });
    expect((await readAll(a.node, "other")).toString()).toBe("text");
  });
});

describe("starting and stopping", () => {
  test("nothing works before the start and after the stop", async () => {
    const { node } = await network.node("a");
    const events = new NodeEventHub(silentLogger);
    const never = () => Promise.reject(new GstoreError("STORE_LOCKED", "no"));
    const other = new Node({ id: node.id, name: "b", events, open: never, close: async () => {} });
    expect(await codeOf(other.store("key", "text"))).toBe("NOT_RUNNING");
    expect(await codeOf(other.start())).toBe("STORE_LOCKED");
    // It may be tried again.
    expect(await codeOf(other.start())).toBe("STORE_LOCKED");
    expect(await codeOf(node.start())).toBe("ALREADY_RUNNING");
    await withinClock(network.clock, node.stop(), { maxMs: 5000 });
    await node.stop();
    for (const use of [
      () => node.get("key"),
      () => node.list(""),
      () => node.status(),
      () => node.remove("key"),
    ]) {
      expect(await codeOf(use())).toBe("NOT_RUNNING");
    }
  });

  test("a node that is stopped before it was started does not start", async () => {
    const { node } = await network.node("a");
    let opened = 0;
    const open = () => {
      opened++;
      return Promise.reject(new GstoreError("STORE_LOCKED", "no"));
    };
    const other = new Node({
      id: node.id,
      name: "b",
      events: new NodeEventHub(silentLogger),
      open,
      close: async () => {},
    });
    await other.stop();
    expect(await codeOf(other.start())).not.toBe("nothing");
    expect(opened).toBe(0);
  });

  test("a stop closes the store and leaves no timer and no transfer behind", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    await a.node.store("file", randomBytes(3 * MIB));
    for (const one of [a, b]) await withinClock(network.clock, one.node.stop(), { maxMs: 5000 });
    expect([a, b].every(({ disk }) => disk.isClosed)).toBe(true);
    expect(network.hub.openChannels).toBe(0);
    network.clock.advance(600_000);
    await turns(20);
    expect(network.clock.pending).toBe(0);
  });

  test("a stop lets a running put end", async () => {
    const { node, disk } = await network.node("a");
    let goOn = () => {};
    const rest = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* source() {
      yield randomBytes(100);
      await rest;
      yield randomBytes(100);
    }
    const put = node.store("file", source());
    await turns(5);
    const stopped = node.stop();
    await turns(5);
    expect(disk.isClosed).toBe(false);
    goOn();
    expect((await put).size).toBe(200);
    await withinClock(network.clock, stopped, { maxMs: 100 });
  });

  test("a stop breaks off a put whose source hangs, in less than five seconds", async () => {
    const { node, disk } = await network.node("a");
    async function* source() {
      yield randomBytes(100);
      await new Promise(() => {});
    }
    const put = codeOf(node.store("file", source()));
    await turns(5);
    await withinClock(network.clock, node.stop(), { maxMs: 5000 });
    expect(await put).toBe("ABORTED");
    expect(disk.isClosed).toBe(true);
    expect(disk.entries.count()).toBe(0);
  });
});

describe("peers", () => {
  const seenBy = (node: TestNode): string[] => {
    const seen: string[] = [];
    node.node.on("peer", ({ name, connected }) => seen.push(`${name} ${connected ? "came" : "went"}`));
    return seen;
  };

  test("come and go in this order, each once", async () => {
    const [a, b] = [await network.node("a"), await network.node("b")];
    const seen = seenBy(a);
    await network.connect(a, b);
    network.hub.disconnect(a.id, b.id);
    await network.connect(a, b);
    expect(seen).toEqual(["b came", "b went", "b came"]);
    expect(a.node.peers()).toMatchObject([{ name: "b", role: "admin", connected: true }]);
  });

  test("that go before they were synced with are not told of as there", async () => {
    const [a, b] = [await network.node("a"), await network.node("b")];
    const seen = seenBy(a);
    const link = network.hub.link(a.id, b.id);
    link.stall();
    await network.hub.connect(a.id, b.id);
    await turns(5);
    network.hub.disconnect(a.id, b.id);
    link.resume();
    await turns(20);
    expect(seen.at(-1)).not.toBe("b came");
    await network.connect(a, b);
    expect(seen.at(-1)).toBe("b came");
  });

  test("whose first sync failed are synced with later", async () => {
    const [a, b] = [await network.node("a"), await network.node("b")];
    await a.node.store("file", "text");
    let failures = 0;
    network.hub.link(a.id, b.id).from(b.id).onRequest = ({ message }) => {
      if (messageType(message) === "syncEntries" && failures++ < 3)
        throw new GstoreError("TOO_BUSY", "later");
    };
    await network.hub.connect(a.id, b.id);
    await until("b has it", async () => {
      network.clock.advance(100);
      return (await b.node.list("")).items.length === 1;
    });
    expect(failures).toBe(4);
  });

  test("of another network are not let in", async () => {
    const other = new TestNetwork("other");
    const stranger = network.hub.join({
      self: other.identity("x").identity.peerId,
      certificate: other.identity("x").certificate,
    });
    await stranger.start({
      request: async (_from, _purpose, message) => message,
      bulk: async () => {},
      admit: () => {},
      connected: () => {},
      disconnected: () => {},
    });
    const a = await network.node("a");
    expect(await codeOf(network.hub.connect(stranger.self, a.id))).toBe("WRONG_NETWORK");
    expect(a.node.peers()).toEqual([]);
  });
});
