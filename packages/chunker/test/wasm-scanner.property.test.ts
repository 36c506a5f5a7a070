import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileWasm } from "../scripts/compile-wasm.ts";
import { MASK_LOOSE, MASK_STRICT } from "../src/cut-rule.ts";
import { deriveGearTable } from "../src/gear-table.ts";
import { ReferenceScanner } from "../src/reference-scanner.ts";
import { SCAN_WASM_BASE64 } from "../src/scan.generated.ts";
import { HASH_WINDOW_BYTES, type Scanner } from "../src/scanner.ts";
import { WasmScanner, wasmSimdSupported } from "../src/wasm-scanner.ts";
import { COUNTING_SEED, counterBytes, randomBytes, repeated } from "./inputs.ts";

/** Few enough bits that there are many positions to compare; the prefilter sees the low 16 bits of each. */
const MASK_FREQUENT = 0x000001f0;
const MASKS = [MASK_FREQUENT, 0x0000fff0, 0x70000010, MASK_LOOSE, MASK_STRICT];

const table = deriveGearTable(COUNTING_SEED);

describe("the WebAssembly scanner", () => {
  test("is what its source compiles to", async () => {
    expect(Buffer.from(await compileWasm()).toString("base64")).toBe(SCAN_WASM_BASE64);
  });

  test("runs on every Node that is supported", () => {
    expect(wasmSimdSupported()).toBe(true);
  });

  test.each([
    ["random bytes", randomBytes(200_000)],
    ["zeros", new Uint8Array(100_000)],
    ["a repeated pattern", repeated({ unit: "00010203fffefdfc0a", length: 100_000 })],
    ["text", counterBytes({ label: "text", length: 200_000, alphabet: "etaoin shrdlu\n" })],
    ["two letters", counterBytes({ label: "bits", length: 200_000, alphabet: "01" })],
  ])("finds every position that the reference finds in %s", (_name, bytes) => {
    for (const mask of MASKS) {
      const expected = positions(new ReferenceScanner(table), bytes, mask);
      expect(positions(new WasmScanner(table), bytes, mask)).toEqual(expected);
    }
  });

  test("finds them in runs of one byte where each position is a candidate", () => {
    // A run of byte b hashes to -gear[b]: a mask without the bits of that passes everywhere.
    for (const byte of [0, 97, 255]) {
      const bytes = new Uint8Array(5000).fill(byte, 100, 4900);
      const passing = ~-(table.gear[byte] as number);
      for (const mask of [passing, passing & 0xffff, passing & 0x8000ffff]) {
        const expected = positions(new ReferenceScanner(table), bytes, mask);
        expect(expected.length).toBeGreaterThan(4000);
        expect(positions(new WasmScanner(table), bytes, mask)).toEqual(expected);
      }
    }
  });

  test("agrees with the reference for any seed, bytes and range", () => {
    const bytes = randomBytes(120_000, "ranges");
    const position = fc.integer({ min: HASH_WINDOW_BYTES, max: bytes.length + 1 });
    const near = fc.integer({ min: 0, max: 100 });
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(
        seed,
        position,
        fc.oneof(near, position),
        fc.constantFrom(...MASKS),
        (key, from, length, mask) => {
          const derived = deriveGearTable(key);
          const range = { from, to: Math.min(from + length, bytes.length + 1), mask };
          expect(new WasmScanner(derived).find(bytes, range)).toBe(
            new ReferenceScanner(derived).find(bytes, range),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("keeps scanners under different seeds apart", () => {
    const bytes = randomBytes(50_000);
    const tables = [deriveGearTable(new Uint8Array(32)), table];
    const expected = tables.map((each) => positions(new ReferenceScanner(each), bytes, MASK_FREQUENT));
    const scanners = tables.map((each) => new WasmScanner(each));
    for (let turn = 0; turn < 4; turn++) {
      const scanner = scanners[turn % 2] as Scanner;
      expect(positions(scanner, bytes, MASK_FREQUENT)).toEqual(expected[turn % 2]);
    }
  });
});

function positions(scanner: Scanner, bytes: Uint8Array, mask: number): number[] {
  const found: number[] = [];
  const to = bytes.length + 1;
  for (let from = HASH_WINDOW_BYTES; from < to; ) {
    const position = scanner.find(bytes, { from, to, mask });
    if (position === 0) break;
    found.push(position);
    from = position + 1;
  }
  return found;
}
