import { GstoreError } from "@gstore/core/client";

const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** The lines of UTF-8 text that arrives in pieces, without their ends. What follows the last line end is a line too. */
export async function* splitLines(parts: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const part of parts) {
    rest = Buffer.concat([rest, part]);
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      yield rest.toString("utf8", 0, end);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > LINE_BYTES_MAX)
      throw new GstoreError("TOO_LARGE", "The node's answer has a line too long.");
  }
  if (rest.length > 0) yield rest.toString();
}
