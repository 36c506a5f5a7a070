import {
  BULK_FRAME_BYTES_MAX,
  BULK_STALL_TIMEOUT_MS,
  GstoreError,
  type PeerHandlers,
  REQUEST_TIMEOUT_MS,
} from "@gstore/core";
import { beforeEach, describe, expect, test } from "vitest";
import {
  EntryMaker,
  ManualClock,
  MemoryHub,
  type MemoryNetwork,
  makeMembershipRecord,
} from "../src/index.ts";

let clock: ManualClock;
let hub: MemoryHub;
let a: MemoryNetwork;
let b: MemoryNetwork;
let events: string[];

const quiet: PeerHandlers = {
  request: async (_from, purpose, message) => Buffer.from(`${purpose}: ${Buffer.from(message).toString()}`),
  bulk: async (_from, channel) => {
    for (let frame = await channel.receive(); frame !== null; frame = await channel.receive())
      await channel.send(frame);
  },
  admit: () => {},
  connected: ({ peer }) => void events.push(`connected ${peer === a.self ? "a" : "b"}`),
  disconnected: (peer) => void events.push(`disconnected ${peer === a.self ? "a" : "b"}`),
};

beforeEach(async () => {
  clock = new ManualClock();
  hub = new MemoryHub(clock);
  events = [];
  [a, b] = [1, 2].map((number) =>
    hub.join({ self: new EntryMaker(number).author, certificate: [makeMembershipRecord(number)] }),
  ) as [MemoryNetwork, MemoryNetwork];
  await a.start(quiet);
  await b.start(quiet);
  await a.connect(b.addresses()[0] as string);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error: { code?: string }) => error.code,
  );
const bytes = (text: string) => Buffer.from(text);
const textOf = (answer: Uint8Array) => Buffer.from(answer).toString();

describe("a network in memory", () => {
  test("connects both sides, carries requests, and tells of the end", async () => {
    expect(events).toEqual(["connected b", "connected a"]);
    expect(textOf(await a.request(b.self, "blobs", bytes("hello")))).toBe("blobs: hello");
    hub.disconnect(a.self, b.self);
    expect(events.slice(2).sort()).toEqual(["disconnected a", "disconnected b"]);
    expect(await codeOf(a.request(b.self, "blobs", bytes("hello")))).toBe("PEER_UNREACHABLE");
  });

  test("gives each side bytes of its own", async () => {
    const message = bytes("hello");
    const answered = a.request(b.self, "blobs", message);
    message.fill(0);
    expect(textOf(await answered)).toBe("blobs: hello");
  });

  test("lets what is stalled wait, time out, and arrive when it goes on", async () => {
    const link = hub.link(a.self, b.self);
    link.stall();
    const timedOut = codeOf(a.request(b.self, "blobs", bytes("one")));
    await turn();
    clock.advance(REQUEST_TIMEOUT_MS);
    expect(await timedOut).toBe("TIMEOUT");
    const late = a.request(b.self, "blobs", bytes("two"));
    link.resume();
    expect(textOf(await late)).toBe("blobs: two");
  });

  test("breaks off what is under way when the connection is lost", async () => {
    hub.link(a.self, b.self).stall();
    const request = codeOf(a.request(b.self, "blobs", bytes("one")));
    hub.disconnect(a.self, b.self);
    expect(await request).toBe("CONNECTION_LOST");
  });

  test("tells a peer the code of a handler's error, and of a bug only that there was one", async () => {
    const link = hub.link(a.self, b.self).from(a.self);
    link.onRequest = () => {
      throw new GstoreError("TOO_BUSY", "later");
    };
    expect(await codeOf(a.request(b.self, "blobs", bytes("one")))).toBe("TOO_BUSY");
    link.onRequest = null;
    await b.stop();
    await b.start({ ...quiet, request: () => Promise.reject(new TypeError("bug")) });
    await hub.connect(a.self, b.self);
    expect(await codeOf(a.request(b.self, "blobs", bytes("one")))).toBe("INTERNAL");
    expect(hub.unexpected).toHaveLength(1);
  });

  test("dials again and again what is to be kept connected", async () => {
    const link = hub.link(a.self, b.self);
    a.keepConnected(b.addresses()[0] as string);
    link.severed = true;
    hub.disconnect(a.self, b.self);
    for (let round = 0; round < 5; round++) {
      clock.advance(1000);
      await turn();
    }
    expect(a.peers()).toEqual([]);
    link.severed = false;
    clock.advance(1000);
    await turn();
    expect(a.peers()).toHaveLength(1);
  });
});

describe("a bulk channel in memory", () => {
  test("carries frames in order, ends on both sides, and is over then", async () => {
    const channel = await a.openBulk(b.self);
    await channel.send(bytes("one "), bytes("frame"));
    await channel.send(bytes("two"));
    await channel.end();
    const back = [await channel.receive(), await channel.receive(), await channel.receive()];
    expect(back.map((frame) => frame && Buffer.from(frame).toString())).toEqual(["one frame", "two", null]);
    expect(hub.openChannels).toBe(0);
    expect(await codeOf(channel.send(bytes("more")))).toBe("INVALID_ARGUMENT");
  });

  test("makes the sender wait for a receiver that reads nothing, and gives up after a while", async () => {
    await b.stop();
    await b.start({ ...quiet, bulk: () => new Promise(() => {}) });
    await hub.connect(a.self, b.self);
    const channel = await a.openBulk(b.self);
    await channel.send(Buffer.alloc(400_000));
    const stuck = codeOf(channel.send(Buffer.alloc(400_000)));
    await turn();
    clock.advance(BULK_STALL_TIMEOUT_MS);
    expect(await stuck).toBe("TIMEOUT");
    expect(hub.openChannels).toBe(0);
  });

  test("tells each side of a break what it is to know", async () => {
    let seen: unknown;
    const bulk: PeerHandlers["bulk"] = async (_from, channel) => {
      seen = await codeOf(channel.receive());
    };
    await b.stop();
    await b.start({ ...quiet, bulk });
    await hub.connect(a.self, b.self);
    const channel = await a.openBulk(b.self);
    const received = channel.receive().catch((error: unknown) => error);
    const reason = new Error("enough");
    channel.abort(reason);
    expect(await received).toBe(reason);
    await turn();
    expect(seen).toBe("CONNECTION_LOST");
  });

  test("refuses a frame that is too large", async () => {
    const channel = await a.openBulk(b.self);
    expect(await codeOf(channel.send(Buffer.alloc(BULK_FRAME_BYTES_MAX + 1)))).toBe("TOO_LARGE");
  });
});
