import type { ByteRange } from "@gstore/server";

/**
 * Reads a Range header (RFC 9110 section 14.2). Gives undefined for what the RFC lets a server ignore: another unit,
 * several ranges, or text it can't read. The whole file is then sent.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : { suffix: Number(last) };
  const start = Number(first);
  if (last === "") return { start };
  return Number(last) < start ? undefined : { start, end: Number(last) };
}
