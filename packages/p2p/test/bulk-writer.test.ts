import { describe, expect, test } from "vitest";
import { BulkWriter } from "../src/bulk-writer.ts";
import type { TlsLink } from "../src/tls-link.ts";

/** A link that notes what it is given, and whether it was closed. */
function noting() {
  const written: number[] = [];
  let error: Error | null = null;
  const link = {
    socket: { cork: () => {}, uncork: () => {} },
    isOpen: true,
    write: (bytes: Uint8Array) => void written.push(bytes.length),
    destroy: (reason: Error) => {
      link.isOpen = false;
      error = reason;
    },
  };
  return { link: link as unknown as TlsLink, written, error: () => error };
}

describe("what is to be written", () => {
  test("and lost its memory before it was closes the link, and nothing else is written", async () => {
    const { link, written, error } = noting();
    const writer = new BulkWriter(link);
    const first = new Uint8Array(10);
    const bytes = new Uint8Array(1000);
    writer.push(first);
    writer.push(bytes);
    writer.push(new Uint8Array(20));
    bytes.buffer.transfer(0);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(error()?.message).toContain("given up");
    expect(written).toEqual([10]);
  });
});
