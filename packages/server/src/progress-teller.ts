import type { Clock } from "@gstore/core";
import type { Logger } from "./logger.ts";

/** A long job is told of once it has taken this long (ms), and then again and again. */
const TELL_EVERY_MS = 5000;

/** Tells of a job that a start waits for, where it takes long: whoever waits wants to know for what. */
export function progressTeller(
  { clock, logger }: { clock: Clock; logger: Logger },
  message: string,
): (done: number, total: number) => void {
  let toldMs = clock.monotonic();
  return (done, total) => {
    if (clock.monotonic() - toldMs < TELL_EVERY_MS) return;
    toldMs = clock.monotonic();
    logger.warn({ done, total, percent: Math.floor((100 * done) / Math.max(1, total)) }, message);
  };
}
