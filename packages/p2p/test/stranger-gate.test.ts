import { isGstoreError } from "@gstore/core";
import { expect, test } from "vitest";
import {
  STRANGER_REQUESTS_BURST,
  STRANGER_REQUESTS_BURST_TOTAL,
  STRANGER_REQUESTS_PER_SECOND,
  STRANGER_REQUESTS_PER_SECOND_TOTAL,
  STRANGERS_AT_ONCE_MAX,
  STRANGERS_AT_ONCE_PER_ADDRESS_MAX,
} from "../src/limits.ts";
import { StrangerGate } from "../src/stranger-gate.ts";
import { ManualClock } from "./manual-clock.ts";

const address = (index: number): string => `10.0.${index >> 8}.${index & 255}`;

/** Lets requests in one after the other until one is refused; how many there were. */
function floodFrom(gate: StrangerGate, host: string): number {
  for (let count = 0; ; count++) {
    try {
      gate.enter(host)();
    } catch (error) {
      expect(isGstoreError(error, "TOO_BUSY") && error.retryable).toBe(true);
      return count;
    }
  }
}

test("one address gets its burst, then so many a second, and nobody else gets less for it", () => {
  const clock = new ManualClock();
  const gate = new StrangerGate(clock);
  expect(floodFrom(gate, address(1))).toBe(STRANGER_REQUESTS_BURST);
  clock.advance(1000);
  expect(floodFrom(gate, address(1))).toBe(STRANGER_REQUESTS_PER_SECOND);
  expect(floodFrom(gate, address(2))).toBe(STRANGER_REQUESTS_BURST);
  clock.advance(3_600_000);
  expect(floodFrom(gate, address(1))).toBe(STRANGER_REQUESTS_BURST);
});

test("the addresses of one IPv6 network are one", () => {
  const gate = new StrangerGate(new ManualClock());
  let let_in = 0;
  for (let host = 0; host < 100; host++) let_in += floodFrom(gate, `2001:db8::${host.toString(16)}`);
  expect(let_in).toBe(STRANGER_REQUESTS_BURST);
});

test("all addresses together have a rate too, and only a few of them are remembered", () => {
  const clock = new ManualClock();
  const gate = new StrangerGate(clock);
  let let_in = 0;
  const knock = (index: number): void => {
    try {
      gate.enter(address(index))();
      let_in++;
    } catch {}
  };
  for (let index = 0; index < 10_000; index++) knock(index);
  expect(let_in).toBe(STRANGER_REQUESTS_BURST_TOTAL);
  expect(gate.remembered).toBe(STRANGER_REQUESTS_BURST_TOTAL);
  for (let index = 0; index < 60_000; index++) {
    knock(index);
    if (index % 1000 === 999) {
      clock.advance(1000);
      expect(gate.remembered).toBeLessThanOrEqual(STRANGER_REQUESTS_BURST_TOTAL + 60);
    }
  }
  expect(let_in).toBeLessThanOrEqual(STRANGER_REQUESTS_BURST_TOTAL + 60 * STRANGER_REQUESTS_PER_SECOND_TOTAL);
});

test("only so many are inside at once, of one address and in all, and they make room when they go", () => {
  const clock = new ManualClock();
  const gate = new StrangerGate(clock);
  const inside = new Map<string, (() => void)[]>();
  const fill = (host: string): number => {
    const leaves: (() => void)[] = [];
    try {
      for (;;) leaves.push(gate.enter(host));
    } catch {
      inside.set(host, leaves);
      clock.advance(60_000);
      return leaves.length;
    }
  };
  expect(fill("a")).toBe(STRANGERS_AT_ONCE_PER_ADDRESS_MAX);
  expect(fill("b")).toBe(STRANGERS_AT_ONCE_MAX - STRANGERS_AT_ONCE_PER_ADDRESS_MAX);
  expect(fill("c")).toBe(0);
  for (const leave of inside.get("a") ?? []) leave();
  expect(fill("c")).toBe(STRANGERS_AT_ONCE_MAX - STRANGERS_AT_ONCE_PER_ADDRESS_MAX);
});
