import { GstoreError } from "@gstore/core/client";

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** Timers hold at most this many milliseconds. */
const DURATION_MS_MAX = 2 ** 31 - 1;
/** No timer waits for the end of an invitation: ten years. */
export const INVITE_LIFETIME_MS_MAX: number = 3650 * UNIT_MS.d;
export const TOKEN_LIFETIME_MS_MAX: number = INVITE_LIFETIME_MS_MAX;

/**
 * Reads a duration such as `30s`, `1.5h`, `24h` or `7d` (ms, s, m, h, d, w), or several in a row (`1h30m`), and gives
 * milliseconds. Throws `INVALID_ARGUMENT`; a number without its unit is refused, because nobody agrees on what it means.
 */
export function parseDuration(text: string, maxMs: number = DURATION_MS_MAX): number {
  const part = /(\d+(?:\.\d+)?)(ms|[smhdw])/y;
  let total = 0;
  let end = 0;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    total += Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
    end = part.lastIndex;
  }
  const isZero = text === "0";
  if ((end !== text.length || end === 0) && !isZero) {
    const shown = JSON.stringify(text.slice(0, 40));
    throw new GstoreError(
      "INVALID_ARGUMENT",
      `${shown} is no duration. Write it like 500ms, 30s, 5m, 24h or 7d.`,
    );
  }
  if (total > maxMs) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      `The duration ${text} is too long; at most ${Math.floor(maxMs / UNIT_MS.d)}d are possible.`,
    );
  }
  return Math.round(total);
}
