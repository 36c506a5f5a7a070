import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 40;
/** Generous: a busy machine with two cores is no reason to fail. */
export const DEADLINE_MS = 30_000;

/**
 * Asks again and again until `condition` gives something other than undefined, null or false, and gives that. What it
 * throws counts as "not yet". Rejects after `deadlineMs`, saying what was waited for and what came last.
 */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T> | T,
  { deadlineMs = DEADLINE_MS }: { readonly deadlineMs?: number } = {},
): Promise<NonNullable<T>> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) throw new Error(`waited ${deadlineMs} ms for: ${what}`, { cause: last });
    await delay(POLL_MS);
  }
}
