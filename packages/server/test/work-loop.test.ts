import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WorkLoop } from "../src/work-loop.ts";
import { turns } from "./support/waiting.ts";

/** Work that ends when the test says so. */
function gate(): { work: () => Promise<void>; begun: () => number; end: () => void; fail: () => void } {
  let begun = 0;
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  return {
    work: () => {
      begun++;
      return new Promise<void>((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
    begun: () => begun,
    end: () => settle?.resolve(),
    fail: () => settle?.reject(new Error("no")),
  };
}

describe("a work loop", () => {
  test("serves calls that are made together with one run", async () => {
    const { work, begun, end } = gate();
    const loop = new WorkLoop(work);
    const calls = [loop.run(), loop.run(), loop.run()];
    await turns(1);
    end();
    await Promise.all(calls);
    expect(begun()).toBe(1);
  });

  test("does the work again for a call that came while it was done", async () => {
    const { work, begun, end } = gate();
    const loop = new WorkLoop(work);
    const first = loop.run();
    await turns(1);
    const second = loop.run();
    end();
    await turns(1);
    expect(begun()).toBe(2);
    end();
    await Promise.all([first, second]);
    expect(begun()).toBe(2);
  });

  test("serves a call made as soon as the last one is done", async () => {
    const { work, begun, end } = gate();
    const loop = new WorkLoop(work);
    const again = loop.run().then(() => loop.run());
    await turns(1);
    end();
    await turns(1);
    expect(begun()).toBe(2);
    end();
    await again;
  });

  test("a call that came while the work failed is served all the same", async () => {
    const { work, begun, end, fail } = gate();
    const loop = new WorkLoop(work);
    const first = loop.run().then(
      () => "done",
      () => "failed",
    );
    await turns(1);
    const second = loop.run();
    fail();
    await turns(1);
    expect(await first).toBe("failed");
    expect(begun()).toBe(2);
    end();
    await second;
  });

  test("idle waits for what runs and for what was asked meanwhile, whatever comes of it", async () => {
    const { work, begun, end, fail } = gate();
    const loop = new WorkLoop(work);
    loop.run().catch(() => {});
    await turns(1);
    let isIdle = false;
    const idle = loop.idle().then(() => {
      isIdle = true;
    });
    loop.run().catch(() => {});
    fail();
    await turns(1);
    expect(isIdle).toBe(false);
    end();
    await idle;
    expect(begun()).toBe(2);
  });

  test("never runs twice at once and never misses a call, however calls and turns fall", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("call", "turn", "microtask"), { maxLength: 40 }),
        async (steps) => {
          let state = 0;
          let seen = -1;
          let running = 0;
          const loop = new WorkLoop(async () => {
            expect(++running).toBe(1);
            const began = state;
            await turns(1);
            seen = began;
            running--;
          });
          const calls: Promise<void>[] = [];
          for (const step of steps) {
            if (step === "turn") await turns(1);
            if (step === "microtask") await null;
            if (step !== "call") continue;
            const wanted = ++state;
            calls.push(loop.run().then(() => expect(seen).toBeGreaterThanOrEqual(wanted)));
          }
          await Promise.all(calls);
        },
      ),
    );
  });
});
