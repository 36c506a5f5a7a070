import { readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf, digestToBytes, spaceIdFromBytes } from "@gstore/core";
import { expect, test } from "vitest";
import { decodeDeletions, encodeDeletions } from "../src/pack/deletion-format.ts";
import {
  decodeRecordHeader,
  encodePadding,
  encodeRecordHeader,
  type RecordHeader,
  segmentMark,
} from "../src/pack/record-format.ts";
import { decodeSegmentHeader, encodeSegmentHeader } from "../src/pack/segment-format.ts";
import { SpaceTags } from "../src/pack/space-tags.ts";

const SPEC = join(import.meta.dirname, "../../../docs/spec/packs.md");

/** The example's bytes: what stands in its fenced blocks. */
function example(): { header: Buffer; records: Buffer } {
  const text = readFileSync(SPEC, "utf8").split("## Example")[1] ?? "";
  const [header = "", records = ""] = [...text.matchAll(/```\n([\s\S]*?)```/g)].map(
    (match) => match[1] ?? "",
  );
  return {
    header: Buffer.from(header.replace(/\s/g, ""), "hex"),
    records: Buffer.from(records.replace(/\s/g, ""), "hex"),
  };
}

const storeId = Uint8Array.from({ length: 16 }, (_, index) => index);
const mark = segmentMark(storeId, 7);
const body = Buffer.from("gstore");

test("the example's segment header is what is written and read", () => {
  const header = { number: 7, storeId: Buffer.from(storeId), seals: [{ segment: 6, end: 8192 }] };
  const bytes = Buffer.from(encodeSegmentHeader(header));
  expect(Buffer.concat([bytes.subarray(0, 56), bytes.subarray(4092)]).toString("hex")).toBe(
    example().header.toString("hex"),
  );
  expect(decodeSegmentHeader(bytes, "")).toEqual(header);
  for (const at of [0, 9, 30, 55, 1000, 4095]) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] as number) ^ 1;
    expect(decodeSegmentHeader(flipped, ""), `byte ${at}`).toBeUndefined();
  }
});

test("the example's records are what is written and read", () => {
  const deletions = [{ digest: digestOf(body), segment: 7, olderSegment: 0 }];
  const deleted = encodeDeletions(deletions);
  const space = spaceIdFromBytes(Uint8Array.from({ length: 16 }, (_, index) => 16 + index));
  const spaceTag = new SpaceTags(storeId).of(space) as number;
  const headerOf = (bytes: Uint8Array): Pick<RecordHeader, "bodyBytes" | "digest"> => ({
    ...{ bodyBytes: bytes.length, digest: digestToBytes(digestOf(bytes)) },
  });
  const records: [RecordHeader, Uint8Array][] = [
    [{ ...headerOf(body), kind: "blob", sequence: 41, spaceTag }, body],
    [{ ...headerOf(deleted), kind: "deletion", sequence: 42, spaceTag: 0 }, deleted],
  ];
  const parts: Uint8Array[] = [];
  for (const [header, bytes] of records) {
    const target = Buffer.alloc(64);
    encodeRecordHeader(header, { mark, target, offset: 0 });
    expect(decodeRecordHeader(target, mark)).toEqual(header);
    parts.push(target, bytes);
  }
  const end = 4096 + Buffer.concat(parts).length;
  const padding = encodePadding(end, mark);
  expect((end + padding.length) % 4096).toBe(0);
  parts.push(padding.subarray(0, 64));
  expect(Buffer.concat(parts).toString("hex")).toBe(example().records.toString("hex"));
  expect(decodeDeletions(deleted)).toEqual(deletions);
});

test("a header with any flipped bit is none, and one of a newer version is refused", () => {
  const header: RecordHeader = {
    kind: "blob",
    bodyBytes: 6,
    sequence: 2 ** 47,
    digest: digestToBytes(digestOf(body)),
    spaceTag: 2 ** 32 - 1,
  };
  const bytes = Buffer.alloc(64);
  encodeRecordHeader(header, { mark, target: bytes, offset: 0 });
  expect(decodeRecordHeader(bytes, mark)).toEqual(header);
  for (let bit = 0; bit < 512; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(decodeRecordHeader(flipped, mark), `bit ${bit}`).toBeUndefined();
  }
  expect(decodeRecordHeader(bytes, segmentMark(storeId, 8))).toBeUndefined();
});

test("padding always ends at a block, and takes the next one where its header does not fit", () => {
  for (let end = 4096; end <= 8192; end++) {
    const padding = encodePadding(end, mark);
    expect((end + padding.length) % 4096).toBe(0);
    if (end % 4096 === 0) expect(padding.length).toBe(0);
    else
      expect(decodeRecordHeader(padding, mark)).toMatchObject({
        kind: "padding",
        bodyBytes: padding.length - 64,
      });
  }
});
