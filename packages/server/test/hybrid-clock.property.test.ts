import { CLOCK_DRIFT_MAX_MS, compareTimes, type HybridTime } from "@gstore/core";
import { ManualClock } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HybridClock } from "../src/hybrid-clock.ts";

const START_MS = 1_700_000_000_000;
const LOGICAL_MAX = 0xffffffff;

type Step =
  | { readonly kind: "next" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "jump"; readonly ms: number }
  | { readonly kind: "observe"; readonly offsetMs: number; readonly logical: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: "next" } as const),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(10_000) }),
  fc.record({ kind: fc.constant("jump" as const), ms: fc.integer({ min: -86_400_000, max: 86_400_000 }) }),
  fc.record({
    kind: fc.constant("observe" as const),
    offsetMs: fc.integer({ min: -CLOCK_DRIFT_MAX_MS, max: 2 * CLOCK_DRIFT_MAX_MS }),
    logical: fc.oneof(fc.nat(10), fc.constant(LOGICAL_MAX)),
  }),
);

describe("the hybrid clock", () => {
  test("gives the wall clock's time, and counts within one millisecond", () => {
    const clock = new ManualClock(START_MS);
    const hybrid = new HybridClock(clock);
    expect(hybrid.next()).toEqual({ wallMs: START_MS, logical: 0 });
    expect(hybrid.next()).toEqual({ wallMs: START_MS, logical: 1 });
    clock.advance(5);
    expect(hybrid.next()).toEqual({ wallMs: START_MS + 5, logical: 0 });
  });

  test("comes after a time from elsewhere that lies up to five minutes ahead", () => {
    const hybrid = new HybridClock(new ManualClock(START_MS));
    const seen = { wallMs: START_MS + CLOCK_DRIFT_MAX_MS, logical: 7 };
    hybrid.observe(seen);
    expect(hybrid.next()).toEqual({ ...seen, logical: 8 });
  });

  test("is not moved by a time that lies further ahead", () => {
    const hybrid = new HybridClock(new ManualClock(START_MS));
    hybrid.observe({ wallMs: START_MS + CLOCK_DRIFT_MAX_MS + 1, logical: 0 });
    expect(hybrid.next()).toEqual({ wallMs: START_MS, logical: 0 });
  });

  test("gives times that an entry can state even after the largest count was seen", () => {
    const hybrid = new HybridClock(new ManualClock(START_MS));
    const seen = { wallMs: START_MS + 1000, logical: LOGICAL_MAX };
    hybrid.observe(seen);
    const next = hybrid.next();
    expect(compareTimes(next, seen)).toBeGreaterThan(0);
    expect(next.logical).toBeLessThanOrEqual(LOGICAL_MAX);
  });

  test("never goes back, comes after all it took in, and stays within five minutes of the latest wall time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new ManualClock(START_MS);
        const hybrid = new HybridClock(clock);
        let last: HybridTime = { wallMs: -1, logical: 0 };
        let wallMax = START_MS;
        for (const one of steps) {
          if (one.kind === "wait") clock.advance(one.ms);
          if (one.kind === "jump") clock.jumpTo(clock.now() + one.ms);
          wallMax = Math.max(wallMax, clock.now());
          if (one.kind === "observe") {
            const time = { wallMs: clock.now() + one.offsetMs, logical: one.logical };
            hybrid.observe(time);
            if (one.offsetMs <= CLOCK_DRIFT_MAX_MS && compareTimes(time, last) > 0) last = time;
          }
          if (one.kind !== "next") continue;
          const next = hybrid.next();
          expect(compareTimes(next, last)).toBeGreaterThan(0);
          expect(next.wallMs).toBeLessThanOrEqual(wallMax + CLOCK_DRIFT_MAX_MS + 1);
          expect(next.logical).toBeLessThanOrEqual(LOGICAL_MAX);
          last = next;
        }
      }),
    );
  });
});
