import {
  ADDRESS_RECORD_BYTES_MAX,
  ADDRESS_RECORDS_PER_MESSAGE_MAX,
  BLOB_BYTES_MAX,
  DIGESTS_PER_MESSAGE_MAX,
  type Digest,
  digestFromBytes,
  ENTRIES_BY_ID_MAX,
  ENTRIES_PER_MESSAGE_MAX,
  ENTRY_BYTES_MAX,
  HELD_RECEIPTS_HOPS_MAX,
  HELD_RECEIPTS_MAX,
  HELD_RECEIPTS_VERSIONS_MAX,
  incarnationFromBytes,
  LEASE_MS_MAX,
  LEASED_VERSIONS_MAX,
  MEMBERS_MAX,
  MEMBERSHIP_RECORD_BYTES_MAX,
  MEMBERSHIP_RECORDS_PER_MESSAGE_MAX,
  MESSAGE_BYTES_MAX,
  type PeerId,
  PROVED_BLOBS_MAX,
  peerIdOfPublicKey,
  SYNC_VECTOR_MAX,
  spaceIdFromBytes,
} from "@gstore/core";
import { describe, expect, test } from "vitest";
import { decodeBulkFrame, encodeBulkFrame } from "../../src/messages/bulk-frames.ts";
import { type MessageType, messageType } from "../../src/messages/message.ts";
import { codecs } from "./codecs.ts";
import { codeOf } from "./vector-files.ts";

const space = spaceIdFromBytes(new Uint8Array(16));
const entry = Uint8Array.of(0xe1);
const digests = (count: number): Digest[] =>
  Array.from({ length: count }, (_, index) => digestOfNumber(index));
const vector = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    author: peerIdOfPublicKey(numbered(index)),
    incarnation: incarnationFromBytes(numbered(index).subarray(0, 8)),
    seq: Number.MAX_SAFE_INTEGER,
  }));

const peers = (count: number): PeerId[] => vector(count).map(({ author }) => author);
const receipt = (holder: PeerId, count: number) => ({
  holder,
  versions: digests(count),
  signature: new Uint8Array(64),
});

interface Limit {
  readonly what: string;
  readonly type: MessageType;
  readonly part: "request" | "answer";
  readonly max: number;
  readonly make: (count: number) => unknown;
}

const limits: readonly Limit[] = [
  {
    what: "digests",
    type: "haveBlobs",
    part: "request",
    max: DIGESTS_PER_MESSAGE_MAX,
    make: (n) => ({ space, digests: digests(n) }),
  },
  {
    what: "entries",
    type: "storeFile",
    part: "request",
    max: ENTRIES_PER_MESSAGE_MAX,
    make: (n) => ({ entries: Array(n).fill(entry), hold: Array.from(Array(n).keys()), blobs: [] }),
  },
  {
    what: "blobs",
    type: "storeFile",
    part: "request",
    max: ENTRIES_PER_MESSAGE_MAX,
    make: (n) => ({ entries: [entry], hold: [], blobs: Array(n).fill(entry) }),
  },
  {
    what: "bytes of an entry",
    type: "storeFile",
    part: "request",
    max: ENTRY_BYTES_MAX,
    make: (n) => ({ entries: [new Uint8Array(n)], hold: [], blobs: [] }),
  },
  { what: "versions", type: "getFile", part: "answer", max: ENTRIES_PER_MESSAGE_MAX, make: digests },
  {
    what: "elements of the vector",
    type: "syncEntries",
    part: "request",
    max: SYNC_VECTOR_MAX,
    make: vector,
  },
  {
    what: "elements of the vector",
    type: "syncEntries",
    part: "answer",
    max: SYNC_VECTOR_MAX,
    make: (n) => ({ entries: Array(ENTRIES_PER_MESSAGE_MAX).fill(entry), more: true, vector: vector(n) }),
  },
  {
    what: "entries",
    type: "syncEntries",
    part: "answer",
    max: ENTRIES_PER_MESSAGE_MAX,
    make: (n) => ({ entries: Array(n).fill(entry), more: true, vector: [] }),
  },
  {
    what: "bytes of an entry",
    type: "syncEntries",
    part: "answer",
    max: ENTRY_BYTES_MAX,
    make: (n) => ({ entries: [new Uint8Array(n)], more: true, vector: [] }),
  },
  { what: "versions", type: "held", part: "request", max: ENTRIES_PER_MESSAGE_MAX, make: digests },
  { what: "versions", type: "holdsVersions", part: "request", max: ENTRIES_PER_MESSAGE_MAX, make: digests },
  { what: "versions", type: "holdsVersions", part: "answer", max: ENTRIES_PER_MESSAGE_MAX, make: digests },
  { what: "versions", type: "giveEntries", part: "request", max: ENTRIES_BY_ID_MAX, make: digests },
  {
    what: "versions",
    type: "heldReceipts",
    part: "request",
    max: HELD_RECEIPTS_VERSIONS_MAX,
    make: (n) => ({ nonce: new Uint8Array(16), versions: digests(n), skip: [], hops: 1 }),
  },
  {
    what: "members to skip",
    type: "heldReceipts",
    part: "request",
    max: MEMBERS_MAX,
    make: (n) => ({ nonce: new Uint8Array(16), versions: digests(1), skip: peers(n), hops: 1 }),
  },
  {
    what: "hops",
    type: "heldReceipts",
    part: "request",
    max: HELD_RECEIPTS_HOPS_MAX,
    make: (n) => ({ nonce: new Uint8Array(16), versions: digests(1), skip: [], hops: n }),
  },
  {
    what: "receipts",
    type: "heldReceipts",
    part: "answer",
    max: HELD_RECEIPTS_MAX,
    make: (n) => peers(n).map((holder) => receipt(holder, HELD_RECEIPTS_VERSIONS_MAX)),
  },
  {
    what: "versions of a receipt",
    type: "heldReceipts",
    part: "answer",
    max: HELD_RECEIPTS_VERSIONS_MAX,
    make: (n) => peers(1).map((holder) => receipt(holder, n)),
  },
  {
    what: "blobs to prove",
    type: "proveBlobs",
    part: "request",
    max: PROVED_BLOBS_MAX,
    make: (n) => ({ space, nonce: new Uint8Array(32), digests: digests(n) }),
  },
  {
    what: "versions to lease",
    type: "leaseVersions",
    part: "request",
    max: LEASED_VERSIONS_MAX,
    make: (n) => ({ versions: digests(n), leaseMs: 1 }),
  },
  {
    what: "milliseconds of a lease",
    type: "leaseVersions",
    part: "request",
    max: LEASE_MS_MAX,
    make: (n) => ({ versions: digests(1), leaseMs: n }),
  },
  { what: "leased versions", type: "leaseVersions", part: "answer", max: LEASED_VERSIONS_MAX, make: digests },
  { what: "known records", type: "syncMembers", part: "request", max: 4 * MEMBERS_MAX, make: digests },
  {
    what: "records",
    type: "syncMembers",
    part: "answer",
    max: MEMBERSHIP_RECORDS_PER_MESSAGE_MAX,
    make: (n) => ({ records: Array(n).fill(entry), more: false }),
  },
  {
    what: "bytes of a record",
    type: "syncMembers",
    part: "answer",
    max: MEMBERSHIP_RECORD_BYTES_MAX,
    make: (n) => ({ records: [new Uint8Array(n)], more: false }),
  },
  {
    what: "records",
    type: "pushMembers",
    part: "request",
    max: MEMBERSHIP_RECORDS_PER_MESSAGE_MAX,
    make: (n) => Array(n).fill(entry),
  },
  {
    what: "bytes of a record",
    type: "pushMembers",
    part: "request",
    max: MEMBERSHIP_RECORD_BYTES_MAX,
    make: (n) => [new Uint8Array(n)],
  },
  {
    what: "known records",
    type: "syncAddresses",
    part: "request",
    max: MEMBERS_MAX,
    make: (n) => peers(n).map((peer) => ({ peer, sequence: 1 })),
  },
  {
    what: "records",
    type: "syncAddresses",
    part: "answer",
    max: ADDRESS_RECORDS_PER_MESSAGE_MAX,
    make: (n) => ({ records: Array(n).fill(entry), more: false }),
  },
  {
    what: "records",
    type: "pushAddresses",
    part: "request",
    max: ADDRESS_RECORDS_PER_MESSAGE_MAX,
    make: (n) => Array(n).fill(entry),
  },
  {
    what: "bytes of a record",
    type: "pushAddresses",
    part: "request",
    max: ADDRESS_RECORD_BYTES_MAX,
    make: (n) => [new Uint8Array(n)],
  },
];

describe("the most that a message may hold", () => {
  test.each(limits)("$type $part: $max $what are read back", ({ type, part, max, make }) => {
    const { encode, decode } = codecs[type][part];
    const value = make(max);
    expect(decode?.(encode(value as never), 0)).toEqual(value);
  });

  test.each(limits)("$type $part: one more than $max $what is refused", ({ type, part, max, make }) => {
    const { encode, decode } = codecs[type][part];
    expect(codeOf(() => decode?.(encode(make(max + 1) as never), 0))).toBe("INVALID_FORMAT");
  });
});

describe("a message that is too large", () => {
  const readers = Object.values(codecs).flatMap(({ request, answer }) => [request, answer]);

  test("is refused by its length, before a byte of it is looked at", () => {
    const bytes = unreadable(MESSAGE_BYTES_MAX + 1);
    for (const { decode } of readers) {
      if (decode !== undefined) expect(codeOf(() => decode(bytes, 1))).toBe("TOO_LARGE");
    }
  });

  test("is refused by the number of its items, before anything is built of them", () => {
    for (const item of [0x80, 0x00, 0x40, 0x60, 0x81, 0xf6]) {
      const bytes = new Uint8Array(MESSAGE_BYTES_MAX).fill(item);
      bytes.set([0x85, 0x01, 0x01, 0x9a, 0x00, 0x3f, 0xff, 0xf6]);
      for (const { decode } of readers) {
        const built = allocatedBy(() => {
          if (decode !== undefined) expect(codeOf(() => decode(bytes, 1))).toBe("TOO_LARGE");
        });
        expect(built).toBeLessThan(2 * 1024 * 1024);
      }
    }
  });

  test("is of no use nested deeply either", () => {
    const bytes = new Uint8Array(20_000).fill(0x81);
    for (const { decode } of readers) {
      if (decode !== undefined) expect(codeOf(() => decode(bytes, 1))).toBe("INVALID_FORMAT");
    }
  });

  test("has its type told without being read", () => {
    const bytes = unreadable(MESSAGE_BYTES_MAX);
    bytes.set([0x85, 0x01, 0x01]);
    expect(allocatedBy(() => expect(messageType(bytes)).toBe("storeFile"))).toBeLessThan(1024 * 1024);
  });

  test("claims no memory by the lengths that it states", () => {
    const claims = ["9affffffff", "9bffffffffffffffff", "5affffffff", "5b7fffffffffffffff", "7affffffff"];
    for (const claim of claims) {
      const bytes = Buffer.from(`85010181${claim}`, "hex");
      const built = allocatedBy(() => {
        for (const { decode } of readers) if (decode !== undefined) codeOf(() => decode(bytes, 1));
      });
      expect(built).toBeLessThan(1024 * 1024);
    }
  });
});

describe("bulk frames at their limits", () => {
  test("a blob of the largest size is read without being copied", () => {
    const blob = new Uint8Array(BLOB_BYTES_MAX);
    const frame = Buffer.concat(encodeBulkFrame({ type: "blob", digest: digestOfNumber(1), bytes: blob }));
    const read = decodeBulkFrame(frame);
    expect(read.type === "blob" && read.bytes.buffer).toBe(frame.buffer);
    expect(read.type === "blob" && read.bytes.length).toBe(BLOB_BYTES_MAX);
  });

  test("a blob above the largest size is refused", () => {
    const frame = Buffer.concat([Uint8Array.of(4), new Uint8Array(32 + BLOB_BYTES_MAX + 1)]);
    expect(codeOf(() => decodeBulkFrame(frame))).toBe("INVALID_FORMAT");
  });

  test("a want of as many digests as a message may have is read, of one more refused", () => {
    const want = (count: number) => Buffer.concat(encodeBulkFrame({ type: "want", digests: digests(count) }));
    expect(decodeBulkFrame(want(DIGESTS_PER_MESSAGE_MAX))).toMatchObject({ type: "want" });
    expect(codeOf(() => decodeBulkFrame(want(DIGESTS_PER_MESSAGE_MAX + 1)))).toBe("INVALID_FORMAT");
  });

  test("a frame of fixed size is refused at every other length", () => {
    const sizes = { fetch: 18, push: 18, missing: 33, stored: 5 };
    for (const [index, size] of [
      [1, sizes.fetch],
      [2, sizes.push],
      [5, sizes.missing],
      [6, sizes.stored],
    ] as const) {
      for (let length = 1; length <= 100; length++) {
        const frame = new Uint8Array(length).fill(1);
        frame[0] = index;
        expect(
          codeOf(() => decodeBulkFrame(frame)),
          `type ${index}, ${length} bytes`,
        ).toBe(length === size ? "nothing" : "INVALID_FORMAT");
      }
    }
  });
});

function numbered(index: number): Uint8Array {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32BE(index);
  return bytes;
}

function digestOfNumber(index: number): Digest {
  return digestFromBytes(numbered(index));
}

/** Bytes that no decoder gets far with. */
function unreadable(length: number): Uint8Array {
  return new Uint8Array(length).fill(0xff);
}

/** Bytes that were allocated on the heap and outside of it by an action, as far as they are still there. */
function allocatedBy(action: () => void): number {
  const before = process.memoryUsage();
  action();
  const after = process.memoryUsage();
  return after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
}
