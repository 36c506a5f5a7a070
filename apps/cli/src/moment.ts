import { GstoreError, parseDuration } from "@gstore/gateway/client";

const AGO_MS_MAX = 100 * 366 * 86_400_000;
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * A moment in milliseconds since 1970: so long before now (`2d`, `1h30m`), or a date with or without a time, in the user's
 * own zone where none is given. Throws `INVALID_ARGUMENT`.
 */
export function parseMoment(text: string, nowMs: number): number {
  const match = DATE.exec(text);
  if (match === null) return nowMs - ago(text);
  const [, day = "", time = "00:00", zone = ""] = match;
  const ms = Date.parse(`${day}T${time}${zone}`);
  // JavaScript takes the 31st of February for the 3rd of March.
  if (Number.isFinite(ms) && new Date(`${day}T00:00Z`).toISOString().startsWith(day)) return ms;
  throw new GstoreError("INVALID_ARGUMENT", `There is no such time: ${text}.`);
}

function ago(text: string): number {
  try {
    return parseDuration(text, AGO_MS_MAX);
  } catch (cause) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(text.slice(0, 40))} is no time. Write it like 2d (ago), 2026-11-01 or 2026-11-01T12:00.`,
      { cause },
    );
  }
}
