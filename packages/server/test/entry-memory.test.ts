import { decodeEntry } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import { expect, test } from "vitest";

test("a decoded entry does not keep the message that it came in", () => {
  const { bytes, id } = new EntryMaker(1).next({ key: "a" });
  const message = new Uint8Array(1 << 20);
  message.set(bytes, 100);
  const entry = decodeEntry(message.subarray(100, 100 + bytes.length));
  message.fill(0);
  expect(entry.id).toBe(id);
  expect(Buffer.from(entry.bytes)).toEqual(Buffer.from(bytes));
  expect(entry.bytes.buffer.byteLength).toBeLessThan(2 * bytes.length);
  expect(entry.signature.buffer.byteLength).toBeLessThan(2 * bytes.length);
});
