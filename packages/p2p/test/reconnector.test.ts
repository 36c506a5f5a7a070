import { GstoreError, type PeerId, RECONNECT_DELAY_MAX_MS, RECONNECT_DELAY_MIN_MS } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, test } from "vitest";
import { silentLogger } from "../src/logger.ts";
import { Reconnector } from "../src/reconnector.ts";
import { ManualClock } from "./manual-clock.ts";

const PEER = generateIdentity().peerId;

function reconnector(random = 0) {
  const clock = new ManualClock();
  const state = {
    connected: false,
    dials: [] as number[],
    error: new GstoreError("PEER_UNREACHABLE", "No.") as Error | null,
  };
  const keeper = new Reconnector({
    clock,
    random: { bytes: (length) => new Uint8Array(length), below: (bound) => Math.floor(random * bound) },
    logger: silentLogger,
    self: "self" as PeerId,
    isConnected: () => state.connected,
    connect: async () => {
      state.dials.push(clock.monotonic());
      if (state.error) throw state.error;
      state.connected = true;
      return PEER;
    },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 25) {
      clock.advance(25);
      await turn();
    }
  };
  return { clock, state, keeper, turn, pass };
}

test("delays double from the least to the most, with jitter of half", async () => {
  for (const random of [0, 0.999]) {
    const { state, keeper, turn, pass } = reconnector(random);
    keeper.keep("a", null);
    expect(state.dials).toEqual([]);
    keeper.start();
    await turn();
    await pass(5 * RECONNECT_DELAY_MAX_MS);
    const gaps = state.dials.slice(1).map((at, index) => at - (state.dials[index] as number));
    for (const [index, gap] of gaps.entries()) {
      const span = Math.min(RECONNECT_DELAY_MIN_MS * 2 ** index, RECONNECT_DELAY_MAX_MS);
      const expected = random === 0 ? span / 2 : span;
      expect(Math.abs(gap - expected)).toBeLessThanOrEqual(25);
    }
    expect(gaps.length).toBeGreaterThan(8);
  }
});

test("a lost connection is dialled again soon if it had lasted, and not in a tight loop if it had not", async () => {
  const { state, keeper, turn, pass } = reconnector();
  state.error = null;
  keeper.keep("a", PEER);
  keeper.start();
  await turn();
  await pass(10_000);
  expect(state.dials).toHaveLength(1);
  const lose = async (): Promise<void> => {
    state.connected = false;
    keeper.disconnected(PEER);
    await turn();
  };
  await lose();
  await pass(RECONNECT_DELAY_MIN_MS);
  expect(state.dials).toHaveLength(2);
  const before = state.dials.length;
  for (let i = 0; i < 200; i++) {
    if (state.connected) await lose();
    await pass(25);
  }
  expect(state.dials.length - before).toBeLessThan(8);
});

test("a kept address is dialled once however often it is named, never for oneself, and not after stop", async () => {
  const { state, keeper, turn, pass } = reconnector();
  keeper.start();
  keeper.keep("self", "self" as PeerId);
  keeper.keep("a", PEER);
  keeper.keep("a", PEER);
  await turn();
  expect(state.dials).toHaveLength(1);
  keeper.stop();
  await pass(10_000);
  expect(state.dials).toHaveLength(1);
});

test("an address that turns out to be one's own is given up", async () => {
  const { state, keeper, turn, pass } = reconnector();
  state.error = new GstoreError("INVALID_ARGUMENT", "Own.");
  keeper.start();
  keeper.keep("a", null);
  await turn();
  await pass(100_000);
  expect(state.dials).toHaveLength(1);
});
