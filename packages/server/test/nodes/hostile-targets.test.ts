import { type BulkChannel, digestOf, type PeerId } from "@gstore/core";
import { encodeBulkFrame, encodeHaveBlobsAnswer } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let hostile: RawMember;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
  hostile = await RawMember.join(network, "hostile");
  for (const node of [a, b]) await network.hub.connect(hostile.id, node.id);
  await until("it is known", () => [a, b].every(({ parts }) => parts.members.get(hostile.id) !== undefined));
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

describe("a member whom a put pushes to", () => {
  const content = randomBytes(5 * MIB);
  const other = Buffer.from("bytes");

  /** Stores on a with the hostile member among the targets; the honest copy is what the put has to come to. */
  async function storesAllTheSame(maxMs: number): Promise<void> {
    const put = a.node.store("file", content, { copies: 3 });
    const stored = await withinClock(network.clock, put, { maxMs });
    expect(stored.value.holders.map(({ name }) => name).sort()).toEqual(["a", "b"]);
    expect((await readAll(b.node, "file")).equals(content)).toBe(true);
    await until("the window is free", () => a.parts.replication.pushWindow(hostile.id).inFlight === 0);
    expect(a.parts.putWindow.inFlight).toBe(0);
  }

  const behaviours: Record<string, (channel: BulkChannel, from: PeerId) => Promise<void>> = {
    "acknowledges what was not sent": async (channel) => {
      await channel.receive();
      await channel.send(...encodeBulkFrame({ type: "stored", count: 1000 }));
      while ((await channel.receive()) !== null);
    },
    "takes acknowledgements back": async (channel) => {
      for (let count = 0; count < 4; count++) await channel.receive();
      for (const count of [3, 1]) await channel.send(...encodeBulkFrame({ type: "stored", count }));
      while ((await channel.receive()) !== null);
    },
    "answers with something else": async (channel) => {
      await channel.receive();
      await channel.send(...encodeBulkFrame({ type: "blob", digest: digestOf(other), bytes: other }));
      while ((await channel.receive()) !== null);
    },
    "answers with what is no frame": async (channel) => {
      await channel.receive();
      await channel.send(Uint8Array.of(99));
    },
    "reads nothing": async () => {
      await new Promise(() => {});
    },
    "reads all and acknowledges nothing": async (channel) => {
      while ((await channel.receive()) !== null);
      await new Promise(() => {});
    },
    "ends at once": async (channel) => {
      await channel.end();
    },
    "acknowledges and never ends": async (channel) => {
      let count = -1;
      for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive()) {
        count++;
        if (count > 0) await channel.send(...encodeBulkFrame({ type: "stored", count }));
      }
      await new Promise(() => {});
    },
  };
  /** Who only hangs is found out by the time that it takes, everybody else at once. */
  const hanging = ["reads nothing", "reads all and acknowledges nothing", "acknowledges and never ends"];
  test.each(Object.entries(behaviours))(
    "and who %s does not keep the put from its end",
    async (what, serve) => {
      hostile.serveBulk = serve;
      await storesAllTheSame(hanging.includes(what) ? 2500 : 0);
    },
  );

  test("and who says that it has all blobs is not a copy by that", async () => {
    hostile.answers.set("haveBlobs", () => encodeHaveBlobsAnswer(Array(32).fill(true)));
    await storesAllTheSame(0);
  });

  test("and who answers what is no answer does not keep the put from its end", async () => {
    for (const type of ["haveBlobs", "storeFile"] as const) hostile.answers.set(type, () => randomBytes(100));
    await storesAllTheSame(0);
  });
});
