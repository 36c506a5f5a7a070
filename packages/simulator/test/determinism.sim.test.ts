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

test("nothing in a run waits for real time, the real disk or the real network", async () => {
  const kinds = new Map<number, string>();
  const awaited = new Set<string>();
  const hook = createHook({
    init: (id, kind) => void kinds.set(id, kind),
    before: (id) => void awaited.add(kinds.get(id) ?? "begun before"),
  });
  hook.enable();
  await runSeed("28");
  hook.disable();
  // What the engine itself makes, and the scheduler's turns of the event loop.
  const own = ["PROMISE", "TickObject", "Immediate", "Microtask", "begun before"];
  expect([...awaited].filter((kind) => !own.includes(kind))).toEqual([]);
  expect(awaited).toContain("Immediate");
});
