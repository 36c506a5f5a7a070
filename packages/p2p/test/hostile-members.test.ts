import { once } from "node:events";
import {
  BULK_CONNECTIONS_PER_PEER_MAX,
  encodeCbor,
  isGstoreError,
  MESSAGE_BYTES_MAX,
  REQUEST_QUEUE_BYTES_MAX,
  REQUESTS_IN_FLIGHT_MAX,
} from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import type { Stream } from "@libp2p/interface";
import { expect, test } from "vitest";
import { encodeBulkDialRequest } from "../src/bulk-open.ts";
import { encodeFrame, FrameDecoder, frameHeader } from "../src/frame-codec.ts";
import {
  CANCELLED_HANDLERS_MAX,
  CONNECTIONS_PER_PEER_MAX,
  LARGE_ANSWERS_AT_ONCE_MAX,
} from "../src/limits.ts";
import {
  decodeRequestFrame,
  decodeWireError,
  encodeRequestFrame,
  REQUEST_FRAME_BYTES_MAX,
  type RequestFrame,
} from "../src/request-frames.ts";
import { closedStream, startHostileMember } from "./hostile-member.ts";
import { until } from "./manual-clock.ts";
import { certificateOf, rejectionOf, sharedSecrets, startNode } from "./network-fixture.ts";
import { helloFrame, rawTls } from "./raw-peer.ts";

const ENTRIES = "/gstore/1/entries";
const BLOBS = "/gstore/1/blobs";
const framed = (...frames: RequestFrame[]): Buffer =>
  Buffer.concat(frames.map((frame) => encodeFrame(Buffer.concat(encodeRequestFrame(frame)))));
const request = (id: number): RequestFrame => ({ kind: "request", id, payload: Buffer.from("x") });
const hang = (): Promise<Uint8Array> => new Promise(() => {});
const untilAborted = (signal: AbortSignal): Promise<Uint8Array> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test.each([
  ["a frame that is too long", frameHeader(REQUEST_FRAME_BYTES_MAX + 1)],
  ["a frame that is none", encodeFrame(Buffer.from("not cbor"))],
  ["an id that is in use", framed(request(1), request(1))],
  ["an answer to nothing", framed({ kind: "response", id: 1, payload: Buffer.alloc(0) })],
  [
    "more requests at once than allowed",
    framed(...Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 1 }, (_, id) => request(id))),
  ],
])("a request stream with %s is closed, and its handlers are told", async (_name, bytes) => {
  const signals: AbortSignal[] = [];
  const node = await startNode({
    request: (_from, _purpose, _message, signal) => {
      signals.push(signal);
      return untilAborted(signal);
    },
  });
  const hostile = await startHostileMember();
  const stream = await hostile.open(node.address(), ENTRIES);
  stream.send(bytes);
  await closedStream(stream);
  expect(signals.every((signal) => signal.aborted)).toBe(true);
  expect(signals.length).toBeLessThanOrEqual(REQUESTS_IN_FLIGHT_MAX);
  const next = await hostile.open(node.address(), ENTRIES);
  next.send(framed(request(1)));
  await until(() => signals.some((signal) => !signal.aborted));
});

test("as many requests as allowed stay open", async () => {
  let running = 0;
  const node = await startNode({
    request: () => {
      running++;
      return hang();
    },
  });
  const hostile = await startHostileMember();
  const stream = await hostile.open(node.address(), BLOBS);
  stream.send(framed(...Array.from({ length: REQUESTS_IN_FLIGHT_MAX }, (_, id) => request(id))));
  await until(() => running === REQUESTS_IN_FLIGHT_MAX);
  expect(stream.status).toBe("open");
});

test("requests with large answers are begun a few at a time, however many streams a member opens", async () => {
  let running = 0;
  let most = 0;
  let ended = 0;
  const ends: (() => void)[] = [];
  const node = await startNode({
    request: async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
      ended++;
      return new Uint8Array(1);
    },
  });
  const hostile = await startHostileMember();
  const protocols = [ENTRIES, "/gstore/1/membership", ENTRIES];
  const streams = await Promise.all(protocols.map((protocol) => hostile.open(node.address(), protocol)));
  const answers = streams.map(framesOf);
  for (const stream of streams) stream.send(framed(...Array.from({ length: 50 }, (_, id) => request(id))));
  await until(() => running === LARGE_ANSWERS_AT_ONCE_MAX);
  while (ended < 150) {
    await until(() => ends.length > 0 || ended === 150);
    ends.shift()?.();
  }
  await until(() => answers.every(({ length }) => length === 50));
  expect(most).toBe(LARGE_ANSWERS_AT_ONCE_MAX);
});

test("a member that takes no answers gets no more work done than fits its queue, and all of it once it does", async () => {
  let begun = 0;
  const node = await startNode({
    request: async (_from, purpose) => {
      if (purpose === "entries") begun++;
      return new Uint8Array(purpose === "entries" ? MESSAGE_BYTES_MAX : 1);
    },
  });
  const hostile = await startHostileMember();
  const streams = await Promise.all([1, 2].map(() => hostile.open(node.address(), ENTRIES)));
  for (const stream of streams) {
    stream.pause();
    stream.send(framed(...Array.from({ length: 20 }, (_, id) => request(id))));
  }
  await until(() => begun >= REQUEST_QUEUE_BYTES_MAX / MESSAGE_BYTES_MAX);
  const answers = streams.map(framesOf);
  expect(begun).toBeLessThanOrEqual(REQUEST_QUEUE_BYTES_MAX / MESSAGE_BYTES_MAX + LARGE_ANSWERS_AT_ONCE_MAX);
  for (const stream of streams) stream.resume();
  await until(() => answers.every(({ length }) => length === 20));
});

test("requests cancelled as fast as they are sent do not pile up handlers without end", async () => {
  let running = 0;
  const node = await startNode({
    request: () => {
      running++;
      return hang();
    },
  });
  const hostile = await startHostileMember();
  const stream = await hostile.open(node.address(), BLOBS);
  const answers = framesOf(stream);
  const flood = Array.from({ length: 2000 }, (_, id) => [
    request(id),
    { kind: "cancel", id } as const,
  ]).flat();
  stream.send(framed(...flood, request(5000)));
  await until(() => answers.some(({ id }) => id === 5000));
  expect(running).toBe(REQUESTS_IN_FLIGHT_MAX + CANCELLED_HANDLERS_MAX);
  const last = answers.find(({ id }) => id === 5000) as RequestFrame & { payload: Uint8Array };
  expect(decodeWireError(last.payload)).toMatchObject({ code: 9, retryable: true });
});

test.each([
  [
    "an answer to a request that was not made",
    framed({ kind: "response", id: 99, payload: Buffer.alloc(0) }),
  ],
  ["a request on the answering side", framed(request(0))],
  ["an answer that is none", encodeFrame(Buffer.from("x"))],
  ["an error that is none", framed({ kind: "error", id: 0, payload: Buffer.from("x") })],
])("%s ends the stream with PROTOCOL_VIOLATION, and nothing hangs", async (_name, bytes) => {
  const hostile = await startHostileMember();
  await hostile.node.handle(ENTRIES, (stream) => {
    stream.addEventListener("message", () => stream.send(bytes));
  });
  const node = await startNode();
  await node.network.connect(hostile.address());
  const error = await rejectionOf(
    node.network.request(hostile.identity.peerId, "entries", new Uint8Array(1)),
  );
  expect(isGstoreError(error, "PROTOCOL_VIOLATION")).toBe(true);
});

test("a member that does not serve a purpose is told apart from one that is gone", async () => {
  const hostile = await startHostileMember();
  const node = await startNode();
  await node.network.connect(hostile.address());
  const error = await rejectionOf(node.network.request(hostile.identity.peerId, "blobs", new Uint8Array(1)));
  expect(isGstoreError(error, "PEER_FAILED")).toBe(true);
});

function framesOf(stream: Stream): RequestFrame[] {
  const frames: RequestFrame[] = [];
  const decoder = new FrameDecoder(
    { bytesMax: REQUEST_FRAME_BYTES_MAX },
    { tooLong() {}, frame: (bytes) => frames.push(decodeRequestFrame(bytes)) },
  );
  stream.addEventListener("message", ({ data }) => {
    for (const bytes of data instanceof Uint8Array ? [data] : data) decoder.push(bytes);
  });
  return frames;
}

test("a member that asks for bulk connections without end gets only so many dialled", async () => {
  const hostile = await startHostileMember();
  const node = await startNode();
  await node.network.connect(hostile.address());
  const [connection] = hostile.node.getConnections();
  const stream = await connection?.newStream("/gstore/1/links");
  if (stream === undefined) throw new Error("not connected");
  const answers = framesOf(stream);
  const asks = Array.from({ length: 100 }, (_, id): RequestFrame => {
    return { kind: "request", id, payload: encodeBulkDialRequest(Buffer.alloc(16, id)) };
  });
  stream.send(framed(...asks));
  await until(() => answers.length === asks.length);
  expect(answers.filter(({ kind }) => kind === "response")).toHaveLength(BULK_CONNECTIONS_PER_PEER_MAX);
  for (const answer of answers) {
    if (answer.kind === "error") expect(decodeWireError(answer.payload)).toMatchObject({ code: 9 });
  }
});

test.each([
  ["gstore/1", CONNECTIONS_PER_PEER_MAX],
  ["gstore-bulk/1", 2 * BULK_CONNECTIONS_PER_PEER_MAX],
])("a member has only so many connections on %s, and is told so", async (alpn, max) => {
  const warnings: string[] = [];
  const warn = (fields: object): void => void warnings.push((fields as { error: Error }).error.message);
  const node = await startNode({ logger: { debug() {}, info() {}, warn } });
  const identity = generateIdentity();
  const says = { identity, network: sharedSecrets.networkId, certificate: certificateOf(identity) };
  const shake = async (on: string) => {
    const raw = rawTls(node.address(), { identity, alpn: on });
    await once(raw.socket, "secureConnect");
    raw.socket.write(helloFrame(raw.socket, says));
    return raw;
  };
  // Without one of these a peer has no others.
  const lanes = [...(alpn === "gstore/1" ? [] : ["gstore/1"]), ...Array.from({ length: max }, () => alpn)];
  for (const lane of lanes) {
    const raw = await shake(lane);
    await until(() => raw.received().length > 100);
  }
  const TOO_BUSY = 9;
  const refusal = Buffer.from(encodeFrame(encodeCbor([1, 2, TOO_BUSY])));
  expect(await (await shake(alpn)).closed).toEqual(refusal);
  expect(warnings).toEqual([expect.stringContaining(`has ${max} connections of this kind with one member,`)]);
});
