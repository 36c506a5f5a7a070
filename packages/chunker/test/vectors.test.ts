import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { deriveGearTable } from "../src/gear-table.ts";
import { createChunker, createReferenceChunker } from "../src/index.ts";
import { cutsOf, type InputPart, inputOf } from "./inputs.ts";

interface Vectors {
  readonly tables: readonly {
    readonly seed: string;
    readonly first: readonly string[];
    readonly sha256: string;
  }[];
  readonly cuts: readonly {
    readonly name: string;
    readonly seed: string;
    readonly input: readonly InputPart[];
    readonly sha256: string;
    readonly cuts: readonly number[];
  }[];
}

// Written by scripts/make-vectors.py, which shares no code with the package.
const vectors = JSON.parse(readFileSync(new URL("vectors/cuts.json", import.meta.url), "utf8")) as Vectors;

describe("the gear table", () => {
  test.each(vectors.tables)("is that of the specification for seed $seed", ({ seed, first, sha256 }) => {
    const { gear } = deriveGearTable(Buffer.from(seed, "hex"));
    expect([...gear.subarray(0, first.length)].map((value) => value.toString(16).padStart(8, "0"))).toEqual(
      first,
    );
    const packed = Buffer.alloc(4 * gear.length);
    for (const [byte, value] of gear.entries()) packed.writeUInt32LE(value, 4 * byte);
    expect(createHash("sha256").update(packed).digest("hex")).toBe(sha256);
  });

  test("is refused for a seed that has not 32 bytes", () => {
    for (const length of [0, 31, 33]) {
      expect(() => createChunker(new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
  });

  test("does not change with the caller's array", () => {
    const seed = new Uint8Array(32);
    const chunker = createChunker(seed);
    const bytes = inputOf([{ kind: "counter", label: "gstore", length: 1 << 20 }]);
    const before = cutsOf(chunker, bytes);
    seed.fill(1);
    expect(cutsOf(chunker, bytes)).toEqual(before);
  });
});

describe("cut points are those of the specification", () => {
  test.each(vectors.cuts)("$name", ({ seed, input, sha256, cuts }) => {
    const bytes = inputOf(input);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    expect(cutsOf(createReferenceChunker(Buffer.from(seed, "hex")), bytes)).toEqual(cuts);
    expect(cutsOf(createChunker(Buffer.from(seed, "hex")), bytes)).toEqual(cuts);
    expect(cutsOf(createChunker(Buffer.from(seed, "hex")), bytes, [4096])).toEqual(cuts);
  });
});
