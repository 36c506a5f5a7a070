import { createHook } from "node:async_hooks";
import { expect, test } from "vitest";
import { runSeed } from "../src/run/run-seed.ts";

test.each(["3", "28", "164"])("seed %s takes the same course every time", async (seed) => {
  const lines: string[][] = [[], []];
  const [first, second] = [
    await runSeed(seed, { onLine: (line) => lines[0]?.push(line) }),
    await runSeed(seed, { onLine: (line) => lines[1]?.push(line) }),
  ];
  expect(lines[1]).toEqual(lines[0]);
  expect(second).toEqual(first);
  expect(first.events).toBeGreaterThan(100);
});

test("another seed takes another course", async () => {
  expect((await runSeed("3")).fingerprint).not.toBe((await runSeed("4")).fingerprint);
});

// What the engine itself makes, and the scheduler's turns of the event loop.
const ENGINE_KINDS = ["PROMISE", "TickObject", "Immediate", "Microtask"];
const OWN_SOURCE = /\/packages\/[^/]+\/src\//;

test("nothing in a run waits for real time, the real disk or the real network", async () => {
  const begun = new Map<number, string>();
  const awaited = new Set<string>();
  const hook = createHook({
    init: (id, kind) => {
      // The test runner sets timers of its own meanwhile.
      const stack = ENGINE_KINDS.includes(kind) ? "" : `${new Error().stack}`;
      if (OWN_SOURCE.test(stack)) begun.set(id, `${kind} ${stack}`);
      else if (kind === "Immediate") begun.set(id, kind);
    },
    before: (id) => {
      const what = begun.get(id);
      if (what !== undefined) awaited.add(what);
    },
  });
  hook.enable();
  await runSeed("28");
  hook.disable();
  expect([...awaited]).toEqual(["Immediate"]);
});
