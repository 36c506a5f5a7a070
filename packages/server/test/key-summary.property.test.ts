import type { Digest, EntryRecord, PeerId, VersionMetadata } from "@gstore/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSummary, encodeSummary } from "../src/key-summary.ts";

const metadata: fc.Arbitrary<VersionMetadata> = fc.record({
  name: fc.constant("a"),
  size: fc.maxSafeNat(),
  contentType: fc.option(fc.string({ unit: "grapheme", maxLength: 100 })),
  modifiedMs: fc.option(fc.integer({ min: -8.64e15, max: 8.64e15 })),
  mode: fc.option(fc.integer({ min: 0, max: 0o7777 })),
  user: fc.array(fc.tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" })), {
    maxLength: 64,
  }),
  contentDigest: fc.option(
    fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => `1e20${Buffer.from(bytes).toString("hex")}` as Digest),
  ),
  rootSecret: fc.constant(null),
});

test("a summary says what the metadata said", () => {
  fc.assert(
    fc.property(metadata, fc.maxSafeNat(), (said, wallMs) => {
      const author = "12D3KooWAuthor" as PeerId;
      const record = { entry: { body: { dot: { author }, time: { wallMs, logical: 0 } } } };
      // At an odd place of a longer buffer, as the index gives them.
      const bytes = Buffer.concat([
        Buffer.alloc(3),
        encodeSummary(record as unknown as EntryRecord, said),
      ]).subarray(3);
      const { size, contentType, modifiedMs, mode, user, contentDigest } = said;
      const digest = contentDigest ?? `1e20${"00".repeat(32)}`;
      const userMetadata = Object.fromEntries(user);
      expect(decodeSummary(bytes)).toEqual({
        ...{ size, contentType, modifiedMs, mode, author, storedMs: wallMs, digest, userMetadata },
      });
    }),
  );
});

test("a summary of another version is damage, not something else", () => {
  expect(() => decodeSummary(Buffer.alloc(100, 9))).toThrow(
    expect.objectContaining({ code: "STORE_DAMAGED" }),
  );
});
