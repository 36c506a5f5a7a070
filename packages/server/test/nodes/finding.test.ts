import { digestOf, GstoreError, LOOKUP_TIMEOUT_MS } from "@gstore/core";
import { encodeGetFileAnswer, messageType } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const find = (maxMs: number, key = "nothing") =>
  withinClock(network.clock, codeOf(a.node.get(key)), { maxMs });

describe("a key that nobody has", () => {
  test("is not found, at once, when every member has answered", async () => {
    expect((await find(0)).value).toBe("KEY_NOT_FOUND");
    expect((await withinClock(network.clock, codeOf(a.node.stat("nothing")), { maxMs: 0 })).value).toBe(
      "KEY_NOT_FOUND",
    );
  });

  test("is not found, at once, by a member that is alone", async () => {
    const alone = new TestNetwork("alone");
    const node = await alone.node("alone");
    expect(await codeOf(node.node.get("nothing"))).toBe("KEY_NOT_FOUND");
    await alone.stop();
  });

  test("may be with a member who is not connected: that is told at once, with the member's name", async () => {
    network.hub.disconnect(a.id, c.id);
    const error = await a.node.get("nothing").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "NO_HOLDER_REACHABLE", retryable: true, fields: { key: "nothing" } });
    expect((error as Error).message).toContain("1 of 2 other members could not be asked: c.");
  });

  test("may be with a member who does not answer: that is told after ten seconds", async () => {
    network.hub.link(a.id, c.id).stall();
    const { value, tookMs } = await find(LOOKUP_TIMEOUT_MS + 1000);
    expect(value).toBe("NO_HOLDER_REACHABLE");
    expect(tookMs).toBeLessThanOrEqual(LOOKUP_TIMEOUT_MS + 200);
  });

  test("may be with a member who fails", async () => {
    network.hub.link(a.id, c.id).from(a.id).onRequest = () => {
      throw new GstoreError("PEER_FAILED", "no");
    };
    expect((await find(0)).value).toBe("NO_HOLDER_REACHABLE");
  });

  test("may be with a member who answers with what is no answer", async () => {
    const hostile = await RawMember.join(network, "hostile");
    await network.hub.connect(hostile.id, a.id);
    await until("a knows it", () => a.parts.members.count === 4);
    hostile.answers.set("getFile", () => Buffer.from("no answer"));
    expect((await find(0)).value).toBe("NO_HOLDER_REACHABLE");
  });

  test("is looked for no longer when its signal fires", async () => {
    network.hub.link(a.id, c.id).stall();
    const stop = new AbortController();
    const asked = codeOf(a.node.get("nothing", { signal: stop.signal }));
    await turns(10);
    stop.abort();
    expect((await withinClock(network.clock, asked, { maxMs: 0 })).value).toBe("ABORTED");
  });

  test("is not found though somebody claims to know versions of it and gives none", async () => {
    const hostile = await RawMember.join(network, "hostile");
    await network.hub.connect(hostile.id, a.id);
    await until("a knows it", () => a.parts.members.count === 4);
    hostile.answers.set("getFile", () => encodeGetFileAnswer([digestOf(Buffer.from("version"))]));
    expect((await find(0)).value).toBe("KEY_NOT_FOUND");
  });
});

describe("a key that only another member knows", () => {
  /** Stores on b while a hears nothing of it. */
  async function storeUnheard(): Promise<void> {
    const way = network.hub.link(a.id, b.id).from(b.id);
    way.onRequest = ({ message }) => {
      if (messageType(message) === "storeFile") throw new GstoreError("CONNECTION_LOST", "not this one");
    };
    network.hub.disconnect(a.id, c.id);
    await b.node.store("file", "text", { wait: "local" });
    expect(a.disk.entries.count()).toBe(0);
  }

  test("is found by asking, and read", async () => {
    await storeUnheard();
    expect((await readAll(a.node, "file")).toString()).toBe("text");
    expect((await a.node.list("")).items).toHaveLength(1);
  });

  test("is not found when it was removed there", async () => {
    await storeUnheard();
    await b.node.remove("file");
    await until("c knows of the removal", () => c.disk.entries.count() === 2);
    await network.connect(a, c);
    expect((await find(0, "file")).value).toBe("KEY_NOT_FOUND");
  });
});

test("a key that is known here is read though others can't be asked", async () => {
  await b.node.store("file", "text", { wait: "all" });
  for (const other of [b, c]) network.hub.disconnect(a.id, other.id);
  expect((await readAll(a.node, "file")).toString()).toBe("text");
});
