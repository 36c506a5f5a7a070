import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWindow } from "../src/byte-window.ts";
import { codeOf, turns } from "./support/waiting.ts";

const BYTES_MAX = 100;

describe("a byte window", () => {
  test("takes at once what fits, and makes the rest wait in order", async () => {
    const window = new ByteWindow(BYTES_MAX);
    const entered: number[] = [];
    const take = (bytes: number) => void window.acquire(bytes).then(() => entered.push(bytes));
    for (const bytes of [60, 50, 10, 40]) take(bytes);
    await turns(1);
    // 10 would fit, but 50 came before it.
    expect(entered).toEqual([60]);
    window.release(60);
    await turns(1);
    expect(entered).toEqual([60, 50, 10, 40]);
    expect(window.inFlight).toBe(100);
  });

  test("lets one that is above the maximum through when nothing else is in flight", async () => {
    const window = new ByteWindow(BYTES_MAX);
    await window.acquire(1);
    let isIn = false;
    const large = window.acquire(1000).then(() => {
      isIn = true;
    });
    await turns(1);
    expect(isIn).toBe(false);
    window.release(1);
    await large;
    expect(window.inFlight).toBe(1000);
    expect(window.tryAcquire(1)).toBe(false);
  });

  test("does not let somebody in who only tries while others wait", async () => {
    const window = new ByteWindow(BYTES_MAX);
    await window.acquire(60);
    const waiting = window.acquire(50);
    expect(window.tryAcquire(10)).toBe(false);
    window.release(60);
    await waiting;
    expect(window.tryAcquire(10)).toBe(true);
  });

  test("takes nothing for one that was cancelled before or while it waited", async () => {
    const window = new ByteWindow(BYTES_MAX);
    const stop = new AbortController();
    await window.acquire(60);
    const cancelled = window.acquire(50, stop.signal);
    const behind = window.acquire(40);
    stop.abort();
    expect(await codeOf(cancelled)).toBe("ABORTED");
    expect(await codeOf(window.acquire(1, stop.signal))).toBe("ABORTED");
    // Who waited behind it fits now.
    await behind;
    expect(window.inFlight).toBe(100);
    window.release(100);
    expect(window.inFlight).toBe(0);
  });

  test("is not disturbed by a signal that fires after its caller was let in", async () => {
    const window = new ByteWindow(BYTES_MAX);
    const stop = new AbortController();
    await window.acquire(100);
    const entered = window.acquire(30, stop.signal);
    const next = window.acquire(80);
    window.release(100);
    await entered;
    stop.abort();
    window.release(30);
    await next;
    expect(window.inFlight).toBe(80);
  });

  test("never holds more than its maximum but for a single one, serves in order and forgets nobody", async () => {
    const step = fc.record({
      bytes: fc.integer({ min: 1, max: 130 }),
      /** Which of those in flight goes before the next comes, and whether this one is cancelled while it waits. */
      release: fc.option(fc.nat(), { nil: undefined }),
      cancels: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const window = new ByteWindow(BYTES_MAX);
        const inFlight: number[] = [];
        const order: number[] = [];
        let cancelledCount = 0;
        const check = () => {
          const sum = inFlight.reduce((total, bytes) => total + bytes, 0);
          expect(window.inFlight).toBe(sum);
          expect(sum <= BYTES_MAX || inFlight.length === 1).toBe(true);
        };
        const releaseOne = async (index: number) => {
          const [bytes] = inFlight.splice(index % inFlight.length, 1);
          window.release(bytes as number);
          await turns(1);
          check();
        };
        for (const [index, { bytes, release, cancels }] of steps.entries()) {
          const stop = new AbortController();
          window.acquire(bytes, stop.signal).then(
            () => {
              inFlight.push(bytes);
              order.push(index);
            },
            () => cancelledCount++,
          );
          await turns(1);
          check();
          if (cancels) stop.abort();
          await turns(1);
          if (release !== undefined && inFlight.length > 0) await releaseOne(release);
          check();
        }
        while (inFlight.length > 0) await releaseOne(0);
        expect(order.length + cancelledCount).toBe(steps.length);
        expect(order).toEqual([...order].sort((left, right) => left - right));
        expect(window.inFlight).toBe(0);
      }),
    );
  });
});
