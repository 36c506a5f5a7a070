import { expect, test } from "vitest";
import { RateLimit } from "../src/rate-limit.ts";
import { ManualClock } from "./manual-clock.ts";

const RATE = 100_000;
const WRITE = 65_536;

/** A sender that takes what it gets, for ever. */
function sender(limit: RateLimit): { bytes: number } {
  const sent = { bytes: 0 };
  const go = (): void => {
    for (;;) {
      const granted = limit.take(WRITE, { isUrgent: false });
      if (granted === 0) break;
      sent.bytes += granted;
    }
    limit.wait(go);
  };
  go();
  return sent;
}

function limited(): { clock: ManualClock; limit: RateLimit } {
  const clock = new ManualClock();
  const limit = new RateLimit(clock);
  limit.set(RATE);
  return { clock, limit };
}

test("without a rate everything goes at once", () => {
  const limit = new RateLimit(new ManualClock());
  expect(limit.take(WRITE, { isUrgent: false })).toBe(WRITE);
  limit.charge(WRITE);
  expect([limit.hasRoom({ isUrgent: false }), limit.bytesPerSecond]).toEqual([true, null]);
});

test("over a minute so much goes as the rate says, and in no second much more", () => {
  const { clock, limit } = limited();
  const senders = [sender(limit), sender(limit), sender(limit)];
  const total = (): number => senders.reduce((sum, { bytes }) => sum + bytes, 0);
  let most = 0;
  for (let second = 0, before = 0; second < 60; second++) {
    for (let tick = 0; tick < 100; tick++) clock.advance(10);
    most = Math.max(most, total() - before);
    before = total();
  }
  expect(total()).toBeGreaterThan(60 * RATE * 0.97);
  expect(total()).toBeLessThanOrEqual(60 * RATE);
  expect(most).toBeLessThan(RATE * 1.1);
  // They take turns.
  for (const { bytes } of senders) expect(bytes).toBeGreaterThan(total() / 4);
});

test("after a quiet hour no more than a part of a second's worth goes at once", () => {
  const { clock, limit } = limited();
  clock.advance(3_600_000);
  expect(sender(limit).bytes).toBeLessThanOrEqual(RATE / 4);
});

test("what goes first waits for nobody up to a second's worth, and the others pay for it", () => {
  const { clock, limit } = limited();
  const bulk = sender(limit);
  clock.advance(200);
  const before = bulk.bytes;
  expect(limit.take(50_000, { isUrgent: true })).toBe(50_000);
  expect(limit.take(200_000, { isUrgent: true })).toBeLessThanOrEqual(RATE);
  expect(limit.take(10_000, { isUrgent: true })).toBe(0);
  for (let tick = 0; tick < 40; tick++) clock.advance(10);
  expect(bulk.bytes).toBe(before);
  for (let tick = 0; tick < 200; tick++) clock.advance(10);
  expect(bulk.bytes).toBeGreaterThan(before);
});

test("a changed rate holds at once, and taking it away wakes who waits", () => {
  const { clock, limit } = limited();
  const bulk = sender(limit);
  limit.set(10 * RATE);
  for (let tick = 0; tick < 100; tick++) clock.advance(10);
  expect(bulk.bytes).toBeGreaterThan(9 * RATE);
  let woken = 0;
  const other = limited().limit;
  other.wait(() => {
    woken += 1;
  });
  other.set(null);
  expect(woken).toBe(1);
});

test("what is charged afterwards is paid off before there is room again", () => {
  const { clock, limit } = limited();
  limit.charge(50_000);
  expect(limit.hasRoom({ isUrgent: false })).toBe(false);
  expect(limit.hasRoom({ isUrgent: true })).toBe(true);
  clock.advance(499);
  expect(limit.hasRoom({ isUrgent: false })).toBe(false);
  clock.advance(2);
  expect(limit.hasRoom({ isUrgent: false })).toBe(true);
});
