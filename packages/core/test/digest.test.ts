import { expect, test } from "vitest";
import { keyedHashOf } from "../src/index.ts";

/** Of the test vectors that BLAKE3's authors publish: input bytes 0, 1, 2, … 250, 0, … under this key. */
const key = Buffer.from("whats the Elvish word for friend");
const input = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));

test.each([
  [0, "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26"],
  [1, "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b"],
])("a keyed hash of %i bytes is that of BLAKE3's test vectors", (length, hash) => {
  expect(Buffer.from(keyedHashOf(key, input(length))).toString("hex")).toBe(hash);
});
