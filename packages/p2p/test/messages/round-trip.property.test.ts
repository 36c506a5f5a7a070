import {
  type Digest,
  digestFromBytes,
  incarnationFromBytes,
  keyIdFromBytes,
  peerIdOfPublicKey,
  spaceIdFromBytes,
} from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BulkFrame, decodeBulkFrame, encodeBulkFrame } from "../../src/messages/bulk-frames.ts";
import { type MessageType, messageType } from "../../src/messages/message.ts";
import { codecs } from "./codecs.ts";
import { codeOf } from "./vector-files.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const blobs = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 });
const space = bytesOf(16).map(spaceIdFromBytes);
const digest: fc.Arbitrary<Digest> = bytesOf(32).map(digestFromBytes);
const digests = fc.array(digest, { maxLength: 20 });
const vector = fc.array(
  fc.record({
    author: bytesOf(32).map(peerIdOfPublicKey),
    incarnation: bytesOf(8).map(incarnationFromBytes),
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  }),
  { maxLength: 10 },
);
const someDigests = fc.array(digest, { minLength: 1, maxLength: 20 });
const peer = bytesOf(32).map(peerIdOfPublicKey);
const outcomes = fc.array(fc.constantFrom("accepted", "held", "refused"), { maxLength: 40 });
const storeFile = fc
  .tuple(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 }), blobs)
  .chain(([entries, inline]) =>
    fc.subarray([...entries.keys()]).map((hold) => ({ entries, hold, blobs: inline })),
  );

const values: Readonly<
  Record<MessageType, { request: fc.Arbitrary<unknown>; answer?: fc.Arbitrary<unknown> }>
> = {
  storeFile: { request: storeFile, answer: outcomes },
  getFile: { request: fc.record({ space, keyId: bytesOf(32).map(keyIdFromBytes) }), answer: digests },
  syncEntries: { request: vector, answer: fc.record({ entries: blobs, more: fc.boolean(), vector }) },
  held: { request: digests },
  holdsVersions: { request: digests, answer: digests },
  heldReceipts: {
    request: fc.record({
      nonce: bytesOf(16),
      versions: someDigests,
      skip: fc.array(peer, { maxLength: 10 }),
      hops: fc.integer({ min: 1, max: 4 }),
    }),
    answer: fc.array(fc.record({ holder: peer, versions: someDigests, signature: bytesOf(64) }), {
      maxLength: 10,
    }),
  },
  giveEntries: { request: someDigests, answer: blobs },
  haveBlobs: {
    request: fc.record({ space, digests: fc.array(digest, { minLength: 1, maxLength: 20 }) }),
    answer: fc.array(fc.boolean(), { maxLength: 70 }),
  },
  purged: {
    request: fc.record({
      version: digest,
      skip: fc.array(peer, { maxLength: 10 }),
      hops: fc.integer({ min: 1, max: 4 }),
    }),
    answer: fc.array(fc.record({ member: peer, signature: bytesOf(64) }), { maxLength: 10 }),
  },
  leaseVersions: {
    request: fc.record({ versions: someDigests, leaseMs: fc.integer({ min: 1, max: 60_000 }) }),
    answer: digests,
  },
  proveBlobs: {
    request: fc.record({
      space,
      nonce: bytesOf(32),
      digests: fc.array(digest, { minLength: 1, maxLength: 16 }),
    }),
    answer: fc.array(fc.oneof(fc.constant(null), bytesOf(32)), { maxLength: 16 }),
  },
  syncMembers: { request: digests, answer: fc.record({ records: blobs, more: fc.boolean() }) },
  pushMembers: { request: fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 }) },
  tellTime: { request: fc.constant(null), answer: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) },
  syncAddresses: {
    request: fc.array(fc.record({ peer, sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }), {
      maxLength: 10,
    }),
    answer: fc.record({ records: blobs, more: fc.boolean() }),
  },
  pushAddresses: { request: fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 }) },
};
const parts = Object.entries(values).flatMap(([type, { request, answer }]) => [
  { type: type as MessageType, part: "request" as const, arbitrary: request },
  ...(answer ? [{ type: type as MessageType, part: "answer" as const, arbitrary: answer }] : []),
]);
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

describe("requests and answers", () => {
  test.each(parts)("a $type $part is read as it was written", ({ type, part, arbitrary }) => {
    const { encode, decode } = codecs[type][part];
    fc.assert(
      fc.property(arbitrary, (value) => {
        const bytes = encode(value as never);
        expect(decode?.(bytes, lengthOf(value))).toEqual(value);
        expect(messageType(bytes)).toBe(type);
      }),
    );
  });

  test.each(parts)(
    "a $type $part cut short or followed by a byte is refused",
    ({ type, part, arbitrary }) => {
      const { encode, decode } = codecs[type][part];
      fc.assert(
        fc.property(arbitrary, fc.nat(), fc.nat(255), (value, at, more) => {
          const bytes = encode(value as never);
          const refused = (changed: Uint8Array) =>
            expect(codeOf(() => decode?.(changed, lengthOf(value)))).toBe("INVALID_FORMAT");
          refused(bytes.subarray(0, at % bytes.length));
          refused(Buffer.concat([bytes, Uint8Array.of(more)]));
        }),
      );
    },
  );

  test.each(parts)(
    "a $type $part has one encoding: changed bytes are refused or say something else",
    (one) => {
      const { encode, decode } = codecs[one.type][one.part];
      fc.assert(
        fc.property(one.arbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
          const bytes = Uint8Array.from(encode(value as never));
          bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ change;
          let read: unknown;
          try {
            read = decode?.(bytes, lengthOf(value));
          } catch (error) {
            expect((error as { code?: unknown }).code).toMatch(
              /^(INVALID_FORMAT|UNSUPPORTED_VERSION|TOO_LARGE)$/,
            );
            return;
          }
          expect(read).not.toEqual(value);
        }),
      );
    },
  );

  test("any bytes at all are read or refused with a code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const { type, part } of parts) {
          const code = codeOf(() => codecs[type][part].decode?.(bytes, 1));
          expect(code).toBeTypeOf("string");
        }
        expect(codeOf(() => messageType(bytes))).toBeTypeOf("string");
      }),
    );
  });
});

describe("bulk frames", () => {
  const frame: fc.Arbitrary<BulkFrame> = fc.oneof(
    fc.record({ type: fc.constantFrom("fetch" as const, "push" as const), space }),
    fc.record({
      type: fc.constant("want" as const),
      digests: fc.array(digest, { minLength: 1, maxLength: 20 }),
    }),
    fc.record({
      type: fc.constant("blob" as const),
      digest,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    }),
    fc.record({ type: fc.constant("missing" as const), digest }),
    fc.record({ type: fc.constant("stored" as const), count: fc.nat(2 ** 32 - 1) }),
  );
  const written = (one: BulkFrame) => new Uint8Array(Buffer.concat(encodeBulkFrame(one)));

  test("a frame is read as it was written", () => {
    fc.assert(
      fc.property(frame, (one) => {
        expect(decodeBulkFrame(written(one))).toEqual(one);
      }),
    );
  });

  test("a frame has one encoding: whatever is read is written as the same bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(7), (bytes, type) => {
        bytes[0] = type;
        let read: BulkFrame;
        try {
          read = decodeBulkFrame(bytes);
        } catch (error) {
          expect((error as { code?: unknown }).code).toMatch(/^(INVALID_FORMAT|UNSUPPORTED_VERSION)$/);
          return;
        }
        expect(written(read)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
