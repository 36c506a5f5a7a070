import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "../src/index.ts";

test("each callback is called once, when the signal fires", () => {
  const stop = new AbortController();
  const called: string[] = [];
  const one = (): void => void called.push("one");
  onAbort(stop.signal, one);
  onAbort(stop.signal, one);
  onAbort(stop.signal, () => called.push("other"));
  expect(called).toEqual([]);
  stop.abort();
  stop.abort();
  expect(called).toEqual(["one", "one", "other"]);
});

test("what was taken back is not called, also while others are", () => {
  const stop = new AbortController();
  const called: string[] = [];
  let takeBackLast = (): void => {};
  const takeBack = onAbort(stop.signal, () => called.push("first"));
  onAbort(stop.signal, () => takeBackLast());
  takeBackLast = onAbort(stop.signal, () => called.push("last"));
  takeBack();
  takeBack();
  stop.abort();
  takeBackLast();
  expect(called).toEqual([]);
});

test("a signal has one listener however many wait, and none when nobody does", () => {
  const stop = new AbortController();
  const listeners = (): number => getEventListeners(stop.signal, "abort").length;
  const all = Array.from({ length: 5 }, () => onAbort(stop.signal, () => {}));
  expect(listeners()).toBe(1);
  for (const takeBack of all) takeBack();
  expect(listeners()).toBe(0);
  let isCalled = false;
  onAbort(stop.signal, () => {
    isCalled = true;
  });
  for (const takeBack of all) takeBack();
  expect(listeners()).toBe(1);
  stop.abort();
  expect(isCalled).toBe(true);
});
