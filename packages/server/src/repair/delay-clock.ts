import type { Clock } from "@gstore/core";

/**
 * A clock whose `now` goes on from what the wall clock said first, as the monotonic clock counts: who waits by it for half an
 * hour waits so long, also where the wall clock is set back meanwhile.
 */
export function delayClock(clock: Clock): Clock {
  const offsetMs = clock.now() - clock.monotonic();
  return {
    now: () => offsetMs + clock.monotonic(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}
