import { describe, expect, test } from "vitest";
import { Slots } from "../src/slots.ts";
import { codeOf, turns } from "./support/waiting.ts";

describe("slots", () => {
  test("so many run at once, the others in the order they came", async () => {
    const slots = new Slots(2);
    const running: number[] = [];
    const releases: (() => void)[] = [];
    for (let index = 0; index < 5; index++) {
      void slots.take().then((release) => {
        running.push(index);
        releases.push(release);
      });
    }
    await turns(1);
    expect(running).toEqual([0, 1]);
    for (let index = 0; index < 5; index++) {
      releases[index]?.();
      await turns(1);
    }
    expect(running).toEqual([0, 1, 2, 3, 4]);
  });

  test("a slot that is given back twice is free once", async () => {
    const slots = new Slots(1);
    const first = await slots.take();
    first();
    first();
    await slots.take();
    let isIn = false;
    void slots.take().then(() => {
      isIn = true;
    });
    await turns(1);
    expect(isIn).toBe(false);
  });

  test("who is cancelled while waiting takes no slot from those behind", async () => {
    const slots = new Slots(1);
    const first = await slots.take();
    const stop = new AbortController();
    const cancelled = slots.take(stop.signal);
    const behind = slots.take();
    stop.abort();
    expect(await codeOf(cancelled)).toBe("ABORTED");
    expect(await codeOf(slots.take(stop.signal))).toBe("ABORTED");
    first();
    (await behind)();
    await slots.empty();
  });

  test("a signal that fires after the slot was given changes nothing", async () => {
    const slots = new Slots(1);
    const stop = new AbortController();
    const first = await slots.take();
    const second = slots.take(stop.signal);
    first();
    const release = await second;
    stop.abort();
    const third = slots.take();
    release();
    (await third)();
    await slots.empty();
  });

  test("empty resolves when the last one is given back, and at once where none is taken", async () => {
    const slots = new Slots(2);
    await slots.empty();
    const releases = [await slots.take(), await slots.take()];
    let isEmpty = false;
    const emptied = slots.empty().then(() => {
      isEmpty = true;
    });
    releases[0]?.();
    await turns(1);
    expect(isEmpty).toBe(false);
    releases[1]?.();
    await emptied;
  });

  test("who takes many waits for as many, and nobody overtakes", async () => {
    const slots = new Slots(4);
    const first = await slots.take(undefined, 2);
    const entered: string[] = [];
    const many = slots.take(undefined, 4).then((release) => {
      entered.push("many");
      return release;
    });
    const one = slots.take().then((release) => {
      entered.push("one");
      return release;
    });
    await turns(1);
    expect(entered).toEqual([]);
    first();
    await turns(1);
    expect(entered).toEqual(["many"]);
    (await many)();
    (await one)();
    await slots.empty();
  });

  test("who waits for many and is cancelled lets those behind in", async () => {
    const slots = new Slots(4);
    const first = await slots.take(undefined, 2);
    const stop = new AbortController();
    const many = slots.take(stop.signal, 4);
    const behind = slots.take(undefined, 2);
    stop.abort();
    expect(await codeOf(many)).toBe("ABORTED");
    (await behind)();
    first();
    await slots.empty();
  });

  test("at most ten thousand wait, the next is told to come back", async () => {
    const slots = new Slots(1);
    await slots.take();
    for (let index = 0; index < 10_000; index++) void slots.take();
    expect(await codeOf(slots.take())).toBe("TOO_BUSY");
  });
});
