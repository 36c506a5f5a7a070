import { once } from "node:events";
import { type AbstractStream, streamPair } from "@libp2p/utils";
import { expect, test } from "vitest";
import { RateLimit } from "../src/rate-limit.ts";
import { joinDuplexes } from "../src/relay/join-duplexes.ts";
import { StreamDuplex } from "../src/relay/stream-duplex.ts";
import { ManualClock } from "./manual-clock.ts";

/** What libp2p does with a stream when the connection below it has ended in order. */
const connectionEnds = (stream: unknown) => (stream as AbstractStream).onTransportClosed();

test("a stream whose connection has ended is over, though this side was still writing", async () => {
  const [stream, far] = await streamPair();
  const duplex = new StreamDuplex(stream);
  far.send(Buffer.from("the last words"));
  await once(duplex, "readable");
  connectionEnds(stream);
  const words: Buffer[] = [];
  duplex.on("data", (bytes) => words.push(bytes));
  await new Promise((closed) => void duplex.once("close", closed));
  expect(Buffer.concat(words).toString()).toBe("the last words");
});

test("where the connection of one end has ended, even after that end said that it would write no more, the other is cut off", async () => {
  const [[left, leftFar], [right, rightFar]] = await Promise.all([streamPair(), streamPair()]);
  const [near, far] = [new StreamDuplex(left), new StreamDuplex(right)];
  const cutOff = new Promise((closed) => leftFar.addEventListener("close", closed));
  const over = new Promise<void>((over) => {
    const clock = new ManualClock();
    const rates = { up: new RateLimit(clock), down: new RateLimit(clock) };
    joinDuplexes(near, far, { clock, rates, bytesMax: 1024, timeMaxMs: 1000, over });
  });
  const told = once(far, "end");
  await rightFar.close();
  await told;
  connectionEnds(right);
  await Promise.all([over, cutOff]);
});
