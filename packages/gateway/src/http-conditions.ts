import type { IncomingHttpHeaders } from "node:http";

/** What the conditional headers of a request say about the version that is there, or null where none is. */
export type ConditionOutcome = "proceed" | "not-modified" | "failed";

/** What conditions are about. */
export interface CurrentVersion {
  readonly version: string;
  /** When it was stored, milliseconds since 1970. */
  readonly storedMs: number;
}

/** The entity tag of a version. */
export function entityTag(version: string): string {
  return `"${version}"`;
}

/**
 * Evaluates a request's conditions in the order of RFC 9110 section 13.2.2. A date counts only where there is no tag to the
 * same end, and one that can't be read not at all.
 */
export function evaluateConditions(
  headers: IncomingHttpHeaders,
  current: CurrentVersion | null,
  method: "read" | "write",
): ConditionOutcome {
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current, { weak: false })) return "failed";
  } else if (isLater(current, headers["if-unmodified-since"])) return "failed";
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) {
    if (!matches(ifNoneMatch, current, { weak: true })) return "proceed";
    return method === "read" ? "not-modified" : "failed";
  }
  const since = headers["if-modified-since"];
  if (method === "write" || current === null || dateOf(since) === undefined) return "proceed";
  return isLater(current, since) ? "proceed" : "not-modified";
}

const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since", "if-modified-since"];

/** Whether a request has conditions at all. */
export function isConditional(headers: IncomingHttpHeaders): boolean {
  return CONDITIONS.some((name) => headers[name] !== undefined);
}

/** Whether a Range counts: without If-Range, or with the tag of the version that is there. A date is no strong validator here (section 13.1.5): a second may see several versions. */
export function rangeApplies(headers: IncomingHttpHeaders, current: string): boolean {
  const ifRange = headers["if-range"];
  return ifRange === undefined || ifRange === entityTag(current);
}

function matches(header: string, current: CurrentVersion | null, { weak }: { weak: boolean }): boolean {
  if (current === null) return false;
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => (weak ? tag.replace(/^W\//, "") : tag) === entityTag(current.version));
}

/** Whether a version was stored after a date, to the second. */
function isLater(current: CurrentVersion | null, date: string | undefined): boolean {
  const ms = dateOf(date);
  return current !== null && ms !== undefined && Math.floor(current.storedMs / 1000) * 1000 > ms;
}

/** The three forms of a date (section 5.6.7) all begin with the day's name. */
function dateOf(text: string | undefined): number | undefined {
  const ms = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text ?? "") ? Date.parse(text ?? "") : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
