import type { ByteRange } from "@gstore/server";

/**
 * Reads a Range header (RFC 9110 section 14.2). Gives undefined for what the RFC lets a server ignore: another unit,
 * several ranges (`parseRanges` reads those), or text it can't read. The whole file is then sent.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : { suffix: Number(last) };
  const start = Number(first);
  if (last === "") return { start };
  return Number(last) < start ? undefined : { start, end: Number(last) };
}

/** First and last byte. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Ranges of one request. Whoever wants more parts is given the whole file, which is less work for both. */
export const RANGES_MAX = 32;

/** Reads a Range header of several ranges. Undefined where it has only one, too many, or one that can't be read. */
export function parseRanges(header: string | undefined): ByteRange[] | undefined {
  const texts = /^bytes=(.+,.+)$/i.exec(header ?? "")?.[1]?.split(",") ?? [];
  const given = texts.map((text) => text.trim()).filter((text) => text !== "");
  if (given.length < 2 || given.length > RANGES_MAX) return undefined;
  const ranges = given.map((text) => parseRange(`bytes=${text}`)).filter((range) => range !== undefined);
  return ranges.length === given.length ? ranges : undefined;
}

/** What the ranges are in a file of that size, in the order asked for; those outside of it are left out, those that overlap or touch are one (RFC 9110 section 15.3.7.2). */
export function spansOf(ranges: readonly ByteRange[], size: number): Span[] {
  const spans: Span[] = [];
  for (const range of ranges) {
    let start = "suffix" in range ? Math.max(0, size - range.suffix) : range.start;
    let end = "suffix" in range ? size - 1 : Math.min(range.end ?? size - 1, size - 1);
    if (start > end) continue;
    const meets = (span: Span): boolean => span.start <= end + 1 && start <= span.end + 1;
    for (let at = spans.findIndex(meets); at !== -1; at = spans.findIndex(meets)) {
      const [met = { start, end }] = spans.splice(at, 1);
      [start, end] = [Math.min(start, met.start), Math.max(end, met.end)];
    }
    spans.push({ start, end });
  }
  return spans;
}

/** The parts of a file as one body of type multipart/byteranges, each opened when it is its turn. */
export function multipart(
  spans: readonly Span[],
  options: {
    readonly size: number;
    readonly contentType: string;
    readonly boundary: string;
    readonly open: (span: Span) => Promise<ReadableStream<Uint8Array>>;
  },
): { readonly contentType: string; readonly length: number; readonly stream: ReadableStream<Uint8Array> } {
  const { size, contentType, boundary, open } = options;
  const heads = spans.map(
    ({ start, end }) =>
      `\r\n--${boundary}\r\ncontent-type: ${contentType}\r\ncontent-range: bytes ${start}-${end}/${size}\r\n\r\n`,
  );
  const tail = `\r\n--${boundary}--\r\n`;
  const bytes = spans.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const [index, span] of spans.entries()) {
      yield ownBytes(heads[index] ?? "");
      yield* await open(span);
    }
    yield ownBytes(tail);
  }
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: bytes + [...heads, tail].reduce((sum, text) => sum + text.length, 0),
    stream: ReadableStream.from(parts()),
  };
}

/** In memory of its own: the sender frees it. */
function ownBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}
