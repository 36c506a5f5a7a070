import type { ManualClock } from "@gstore/testing";

const TURNS_MAX = 20_000;

/** Lets everything that is ready run, for so many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the condition holds, looked at once a turn; rejects after a bounded number of turns. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (await condition()) return;
    await turns(1);
  }
  throw new Error(`this never came: ${what}`);
}

/** What a promise came to, and how much of the clock's time that took. */
export interface Timed<T> {
  readonly value: T;
  readonly tookMs: number;
}

/** Waits for a promise while the clock goes on in small steps, for at most so much of its time. */
export async function withinClock<T>(
  clock: ManualClock,
  promise: Promise<T>,
  options: { maxMs: number; stepMs?: number },
): Promise<Timed<T>> {
  const { maxMs, stepMs = 100 } = options;
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => {});
  const begun = clock.monotonic();
  for (;;) {
    // A step of the clock only when nothing else goes on: a few dozen turns cover a transfer's round trips.
    for (let turn = 0; turn < 50 && !isSettled; turn++) await turns(1);
    const tookMs = clock.monotonic() - begun;
    if (isSettled) return { value: await settled, tookMs };
    if (tookMs >= maxMs) throw new Error(`this did not come to an end within ${maxMs} ms`);
    clock.advance(stepMs);
  }
}

/** The code that a promise rejects with; "nothing" if it resolves. Anything but a coded error gets out. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "nothing";
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === "string") return code;
    throw error;
  }
}
