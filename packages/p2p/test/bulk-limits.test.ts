import type { BulkChannel } from "@gstore/core";
import { expect, test } from "vitest";
import { ManualClock, until } from "./manual-clock.ts";
import { startPair } from "./network-fixture.ts";

const KIB = 1024;
const RATE = 1024 * KIB;
const CHUNK = 64 * KIB;
const TOTAL = 4 * RATE;
/** What may go beyond the rate: the first bytes of the transfer, a quarter of a second's worth, and one turn. */
const BEYOND = 256 * KIB + RATE / 4 + 256 * KIB;

/** Sends so many bytes to who began the transfer. */
async function serve(_from: unknown, channel: BulkChannel): Promise<void> {
  await channel.receive();
  for (let sent = 0; sent < TOTAL; sent += CHUNK) await channel.send(new Uint8Array(CHUNK));
}

/** Counts what comes, for as long as it comes. */
function counting(channel: BulkChannel): { bytes: number; done: Promise<void> } {
  const count = { bytes: 0, done: Promise.resolve() };
  const read = async (): Promise<void> => {
    for (let frame = await channel.receive(); frame !== null; frame = await channel.receive())
      count.bytes += frame.length;
  };
  count.done = read();
  return count;
}

test.each(["up", "down"] as const)(
  "%s: over real sockets no more bytes pass than the clock has seconds for, and requests pass at once",
  async (direction) => {
    const clock = new ManualClock();
    const answer = async (): Promise<Uint8Array> => new Uint8Array(100 * KIB);
    const limits = {
      upBytesPerSecond: direction === "up" ? RATE : null,
      downBytesPerSecond: direction === "down" ? RATE : null,
    };
    const limitedOne = { clock };
    const [reader, server] = await (direction === "up"
      ? startPair({}, { ...limitedOne, bulk: serve, request: answer })
      : startPair(limitedOne, { bulk: serve, request: answer }));
    (direction === "up" ? server : reader).network.limitBulk(limits);
    const channel = await reader.network.openBulk(server.identity.peerId);
    await channel.send(Uint8Array.of(1));
    const count = counting(channel);
    for (let second = 1; second <= 3; second++) {
      for (let tick = 0; tick < 20; tick++) {
        clock.advance(50);
        // So that the sockets get to do what the clock allows.
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
      const { length } = await reader.network.request(server.identity.peerId, "entries", new Uint8Array(10));
      expect(length).toBe(100 * KIB);
      expect(count.bytes).toBeLessThanOrEqual(second * RATE + BEYOND);
    }
    expect(count.bytes).toBeLessThan(TOTAL);
    await until(() => {
      clock.advance(50);
      return count.bytes === TOTAL;
    });
    // Taken away, nothing is held back any more: the clock stands.
    (direction === "up" ? server : reader).network.limitBulk({
      upBytesPerSecond: null,
      downBytesPerSecond: null,
    });
    const second = await reader.network.openBulk(server.identity.peerId);
    await second.send(Uint8Array.of(1));
    const free = counting(second);
    await until(() => free.bytes === TOTAL);
  },
);
