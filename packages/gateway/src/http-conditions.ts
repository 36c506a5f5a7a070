import type { IncomingHttpHeaders } from "node:http";

/** What the conditional headers of a request say about the version that is there, or null where none is. */
export type ConditionOutcome = "proceed" | "not-modified" | "failed";

/** The entity tag of a version. */
export function entityTag(version: string): string {
  return `"${version}"`;
}

/**
 * Evaluates If-Match and If-None-Match (RFC 9110 section 13.2.2) against the current version. Dates are not considered:
 * a version is exact and a date is not.
 */
export function evaluateConditions(
  headers: IncomingHttpHeaders,
  current: string | null,
  method: "read" | "write",
): ConditionOutcome {
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined && !matches(ifMatch, current, { weak: false })) return "failed";
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch === undefined || !matches(ifNoneMatch, current, { weak: true })) return "proceed";
  return method === "read" ? "not-modified" : "failed";
}

/** Whether a request has conditions at all. */
export function isConditional(headers: IncomingHttpHeaders): boolean {
  return headers["if-match"] !== undefined || headers["if-none-match"] !== undefined;
}

/** Whether a Range counts: without If-Range, or with the tag of the version that is there. */
export function rangeApplies(headers: IncomingHttpHeaders, current: string): boolean {
  const ifRange = headers["if-range"];
  return ifRange === undefined || ifRange === entityTag(current);
}

function matches(header: string, current: string | null, { weak }: { weak: boolean }): boolean {
  if (current === null) return false;
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => (weak ? tag.replace(/^W\//, "") : tag) === entityTag(current));
}
