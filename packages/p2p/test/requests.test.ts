import {
  GstoreError,
  isGstoreError,
  MESSAGE_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
  REQUESTS_IN_FLIGHT_MAX,
} from "@gstore/core";
import { expect, test } from "vitest";
import { ManualClock, until } from "./manual-clock.ts";
import { rejectionOf, startNode, startPair } from "./network-fixture.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test("a thousand requests at once are each answered with their own answer", async () => {
  let running = 0;
  let most = 0;
  const [a, b] = await startPair(
    {},
    {
      request: async (_from, _purpose, message) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return Buffer.from(`answer to ${text(message)}`);
      },
    },
  );
  const ids = Array.from({ length: 1000 }, (_, index) => index);
  const answers = await Promise.all(
    ids.map((id) => a.network.request(b.identity.peerId, "entries", Buffer.from(String(id)))),
  );
  expect(answers.map(text)).toEqual(ids.map((id) => `answer to ${id}`));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(REQUESTS_IN_FLIGHT_MAX);
});

test("the largest message passes both ways, one byte more is refused here", async () => {
  const [a, b] = await startPair();
  const message = new Uint8Array(MESSAGE_BYTES_MAX).fill(5);
  const answers = await Promise.all(
    [1, 2, 3].map(() => a.network.request(b.identity.peerId, "blobs", message)),
  );
  for (const answer of answers) expect(Buffer.compare(answer, message)).toBe(0);
  const error = await rejectionOf(
    a.network.request(b.identity.peerId, "blobs", new Uint8Array(MESSAGE_BYTES_MAX + 1)),
  );
  expect(isGstoreError(error, "TOO_LARGE")).toBe(true);
});

test("an empty message and an empty answer pass", async () => {
  const [a, b] = await startPair();
  expect(await a.network.request(b.identity.peerId, "membership", new Uint8Array(0))).toHaveLength(0);
});

test("an error travels with its code and whether to try again, and says nothing of the node; others as INTERNAL", async () => {
  const [a, b] = await startPair(
    {},
    {
      request: async (_from, _purpose, message) => {
        if (text(message) === "known") {
          throw new GstoreError("STORE_FULL", "No room in /home/anna for secret.txt.", { retryable: true });
        }
        throw new Error("secret detail");
      },
    },
  );
  const known = await rejectionOf(a.network.request(b.identity.peerId, "blobs", Buffer.from("known")));
  expect(known).toMatchObject({ code: "STORE_FULL", message: "The peer's disk is full.", retryable: true });
  expect((known as GstoreError).fields.peer).toBe(b.identity.peerId);
  const unknown = await rejectionOf(a.network.request(b.identity.peerId, "blobs", Buffer.from("x")));
  expect(isGstoreError(unknown, "INTERNAL")).toBe(true);
  expect(String((unknown as Error).message)).not.toContain("secret");
});

test("an abort rejects here, fires the handler's signal there and leaves the stream usable", async () => {
  const aborted = Promise.withResolvers<unknown>();
  const begun = Promise.withResolvers<void>();
  const [a, b] = await startPair(
    {},
    {
      request: async (_from, _purpose, message, signal) => {
        if (text(message) !== "hang") return message;
        begun.resolve();
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        aborted.resolve(signal.reason);
        return message;
      },
    },
  );
  const controller = new AbortController();
  const request = a.network.request(b.identity.peerId, "blobs", Buffer.from("hang"), {
    signal: controller.signal,
  });
  const rejection = rejectionOf(request);
  await begun.promise;
  controller.abort();
  expect(isGstoreError(await rejection, "ABORTED")).toBe(true);
  expect(isGstoreError(await aborted.promise, "ABORTED")).toBe(true);
  expect(text(await a.network.request(b.identity.peerId, "blobs", Buffer.from("next")))).toBe("next");
  expect(
    isGstoreError(
      await rejectionOf(
        a.network.request(b.identity.peerId, "blobs", Buffer.from("x"), { signal: controller.signal }),
      ),
      "ABORTED",
    ),
  ).toBe(true);
});

test("a request without an answer times out, retryable, by the default or its own time", async () => {
  const clock = new ManualClock();
  const arrived: Uint8Array[] = [];
  const [a, b] = await startPair(
    { clock },
    {
      request: (_from, purpose, message) =>
        purpose === "entries" ? Promise.resolve(message) : new Promise(() => arrived.push(message)),
    },
  );
  const requests = [
    rejectionOf(a.network.request(b.identity.peerId, "blobs", Buffer.from("x"), { timeoutMs: 100 })),
    rejectionOf(a.network.request(b.identity.peerId, "blobs", Buffer.from("y"))),
  ];
  await until(() => arrived.length === 2);
  clock.advance(100);
  expect(await requests[0]).toMatchObject({ code: "TIMEOUT", retryable: true });
  // Below the ping's timeout at a time, so that this is not about a dead peer.
  for (let ms = 100; ms < REQUEST_TIMEOUT_MS; ms += 1000) {
    clock.advance(1000);
    await a.network.request(b.identity.peerId, "entries", Buffer.from("z"));
  }
  expect(await requests[1]).toMatchObject({ code: "TIMEOUT", retryable: true });
});

test("a peer's death rejects all that is in flight or waiting with CONNECTION_LOST, and fires its handlers' signals", async () => {
  const arrived: AbortSignal[] = [];
  const [a, b] = await startPair(
    {},
    { request: (_from, _purpose, _message, signal) => new Promise(() => arrived.push(signal)) },
  );
  const requests = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 10 }, () =>
    rejectionOf(a.network.request(b.identity.peerId, "blobs", Buffer.from("x"))),
  );
  await until(() => arrived.length === REQUESTS_IN_FLIGHT_MAX);
  await b.network.disconnect(a.identity.peerId);
  for (const error of await Promise.all(requests))
    expect(error).toMatchObject({ code: "CONNECTION_LOST", retryable: true });
  expect(arrived.every((signal) => signal.aborted)).toBe(true);
  const after = await rejectionOf(a.network.request(b.identity.peerId, "blobs", Buffer.from("x")));
  expect(isGstoreError(after, "PEER_UNREACHABLE", "CONNECTION_LOST")).toBe(true);
});

test("a peer that is not connected is unreachable at once", async () => {
  const a = await startNode();
  const b = await startNode();
  const error = await rejectionOf(a.network.request(b.identity.peerId, "blobs", new Uint8Array(1)));
  expect(error).toMatchObject({ code: "PEER_UNREACHABLE", retryable: true });
});

test("after a reconnect requests go on a new stream", async () => {
  const [a, b] = await startPair();
  await a.network.request(b.identity.peerId, "blobs", new Uint8Array(1));
  await a.network.disconnect(b.identity.peerId);
  await b.until(() => b.network.peers().length === 0);
  await a.network.connect(b.address());
  expect(await a.network.request(b.identity.peerId, "blobs", new Uint8Array(1))).toHaveLength(1);
});

test("requests that come faster than they are worked on wait at the sender, and none is cut off when reading stops again and again", async () => {
  // More than a paused stream may hold: what its window lets through, twice.
  const message = Buffer.alloc(1024 * 1024, 3);
  let turn = Promise.resolve();
  const [a, b] = await startPair(
    {},
    {
      request: async (_from, _purpose, message) => {
        const before = turn;
        turn = before.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
        await turn;
        return message.subarray(0, 1);
      },
    },
  );
  const asked = Array.from({ length: 96 }, () => a.network.request(b.identity.peerId, "entries", message));
  expect((await Promise.all(asked)).every((answer) => answer.length === 1)).toBe(true);
});
