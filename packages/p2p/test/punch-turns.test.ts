import { type PeerId, systemRandom } from "@gstore/core";
import { beforeEach, expect, test } from "vitest";
import { PUNCH_LASTING_MS, PUNCH_PEERS_MAX, PUNCH_RETRY_MAX_MS, PUNCHES_AT_ONCE_MAX } from "../src/limits.ts";
import { PunchTurns } from "../src/relay/punch-turns.ts";
import { isPunchable } from "../src/relay/punchable.ts";
import { ManualClock } from "./manual-clock.ts";

const peer = (index: number) => `peer ${index}` as PeerId;
let clock: ManualClock;
let turns: PunchTurns;
beforeEach(() => {
  clock = new ManualClock();
  turns = new PunchTurns({ clock, random: systemRandom });
});

/** Tries and fails each time that this node would, and gives the waits in between (ms). */
function waits(count: number): number[] {
  return Array.from({ length: count }, () => {
    const delayMs = turns.delayMs(peer(0)) as number;
    clock.advance(delayMs);
    turns.begin(peer(0));
    turns.end(peer(0));
    return delayMs;
  });
}

test("tries with one peer get ever more seldom, down to one in half an hour", () => {
  const all = waits(14);
  for (let index = 2; index < 9; index++)
    expect(all[index] as number).toBeGreaterThan(1.4 * (all[index - 1] as number));
  expect(all[13]).toBeGreaterThanOrEqual(PUNCH_RETRY_MAX_MS);
});

test("a peer that asks sooner than that is refused", () => {
  waits(6);
  expect(() => turns.begin(peer(0))).toThrow("punches enough");
  clock.advance((turns.delayMs(peer(0)) as number) / 3);
  expect(() => turns.begin(peer(0))).toThrow("punches enough");
  // An honest one that is a little early is not.
  clock.advance((turns.delayMs(peer(0)) as number) / 1.5);
  turns.begin(peer(0));
});

test("one try at a time with a peer, and so many in all", () => {
  for (let index = 0; index < PUNCHES_AT_ONCE_MAX; index++) turns.begin(peer(index));
  expect(turns.delayMs(peer(0))).toBeNull();
  expect(() => turns.begin(peer(99))).toThrow("punches enough");
  turns.end(peer(1));
  expect(() => turns.begin(peer(0))).toThrow("punches enough");
  turns.begin(peer(99));
});

test("a way that lasted is a success, one that broke at once is not", () => {
  waits(6);
  turns.lost(peer(0));
  expect(() => turns.begin(peer(0))).toThrow("punches enough");
  clock.advance(PUNCH_LASTING_MS);
  turns.lost(peer(0));
  turns.begin(peer(0));
});

test("peers without number are not remembered", () => {
  waits(1);
  for (let index = 1; index <= PUNCH_PEERS_MAX; index++) {
    turns.begin(peer(index));
    turns.end(peer(index));
  }
  // Forgotten, so not too early; the last one is remembered.
  turns.begin(peer(0));
  expect(() => turns.begin(peer(PUNCH_PEERS_MAX))).toThrow("punches enough");
});

test.each([
  ["203.0.113.9", 40_000, true],
  ["2001:db8::1", 1024, true],
  ["203.0.113.9", 443, false],
  ["10.1.2.3", 40_000, false],
  ["100.64.0.1", 40_000, false],
  ["127.0.0.1", 40_000, false],
  ["169.254.169.254", 40_000, false],
  ["172.31.0.1", 40_000, false],
  ["192.168.1.1", 40_000, false],
  ["224.0.0.251", 40_000, false],
  ["0.0.0.0", 40_000, false],
  ["::1", 40_000, false],
  ["::ffff:203.0.113.9", 40_000, false],
  ["64:ff9b::a01:203", 40_000, false],
  ["fd00::1", 40_000, false],
  ["fe80::1", 40_000, false],
  ["ff02::1", 40_000, false],
  ["router.example", 40_000, false],
  ["", 40_000, false],
])("connected to %s port %i: %s", (host, port, expected) => {
  expect(isPunchable({ host, port })).toBe(expected);
});
