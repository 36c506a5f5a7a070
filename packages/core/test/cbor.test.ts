import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor, FieldReader, isGstoreError } from "../src/index.ts";
import { codeOf } from "./vector-files.ts";

const read = (hex: string): CborValue =>
  decodeCbor(Buffer.from(hex, "hex"), { bytesMax: 1024, what: "A test" });

describe("decodeCbor reads", () => {
  test.each([
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["18ff", 255],
    ["190100", 256],
    ["1a00010000", 65536],
    ["1b0000000100000000", 4294967296],
    ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["20", -1],
    ["3903e7", -1000],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["60", ""],
    ["62c3bc", "ü"],
    ["64f09f9880", "😀"],
    ["64efbbbf61", "\uFEFFa"],
    ["80", []],
    ["8301820203820405", [1, [2, 3], [4, 5]]],
  ] as const)("%s and writes it again", (hex, value) => {
    expect(read(hex)).toEqual(value);
    expect(Buffer.from(encodeCbor(value as CborValue)).toString("hex")).toBe(hex);
  });

  test("bytes as bytes", () => {
    expect(read("4401020304")).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});

describe("decodeCbor refuses", () => {
  test.each([
    ["nothing", ""],
    ["a byte after the value", "0000"],
    ["an integer in a byte too many", "1817"],
    ["an integer in a word too many", "1b0000000000000001"],
    ["a length in a byte too many", "580100"],
    ["an integer above 2^53 - 1", "1b0020000000000000"],
    ["a negative integer below -2^53 + 1", "3b001fffffffffffff"],
    ["a string that ends early", "6261"],
    ["bytes that end early", "4201"],
    ["bytes longer than any memory", "5b001fffffffffffff"],
    ["an array that ends early", "8201"],
    ["an array longer than any memory", "9b001fffffffffffff"],
    ["an array of indefinite length", "9f01ff"],
    ["bytes of indefinite length", "5f4101ff"],
    ["text of indefinite length", "7f6161ff"],
    ["a map with a number for a key", "a10101"],
    ["a map that names a key twice", "a2616101616102"],
    ["undefined", "f7"],
    ["a simple value", "f820"],
    ["a float, even a whole one", "f93c00"],
    ["a float in eight bytes", "fb3ff0000000000000"],
    ["a fraction", "f93e00"],
    ["a negative zero", "f98000"],
    ["a map", "a0"],
    ["a map with text for a key", "a1616101"],
    ["text that is no UTF-8", "62c328"],
    ["text that is half of a character", "61c3"],
    ["text with a surrogate", "63eda080"],
    ["long text that is no UTF-8", `7828${"61".repeat(38)}c328`],
    ["not a number", "f97e00"],
    ["infinity", "f97c00"],
    ["a tag", "c001"],
    ["a break by itself", "ff"],
    ["a reserved length", "1c"],
  ])("%s", (_what, hex) => {
    expect(codeOf(() => read(hex))).toBe("INVALID_FORMAT");
  });

  test("more bytes than are allowed, before it looks at them", () => {
    expect(codeOf(() => decodeCbor(new Uint8Array(1025), { bytesMax: 1024, what: "A test" }))).toBe(
      "TOO_LARGE",
    );
  });

  test("a message of a great many tiny items", () => {
    const many = new Uint8Array(1 << 20).fill(0x80);
    many.set([0x9a, 0x00, 0x0f, 0xff, 0xfb]);
    expect(codeOf(() => decodeCbor(many, { bytesMax: 1 << 20, what: "A test" }))).toBe("INVALID_FORMAT");
  });

  test("arrays nested as deep as bytes allow, without breaking down", () => {
    const deep = new Uint8Array(1 << 20).fill(0x81);
    expect(codeOf(() => decodeCbor(deep, { bytesMax: 1 << 20, what: "A test" }))).toBe("INVALID_FORMAT");
  });
});

describe("any bytes", () => {
  test("are read or refused with a code, never otherwise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const code = codeOf(() => decodeCbor(bytes, { bytesMax: 64, what: "A test" }));
        expect(["nothing", "INVALID_FORMAT"]).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });
});

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array(),
    fc.array(tie("value"), { maxLength: 5 }),
  ),
})).value;

test("what is written is read again, in one encoding only", () => {
  fc.assert(
    fc.property(value, (given) => {
      const bytes = encodeCbor(given);
      const back = decodeCbor(bytes, { bytesMax: 1 << 20, what: "A test" });
      expect(Buffer.from(encodeCbor(back))).toEqual(Buffer.from(bytes));
    }),
  );
});

describe("FieldReader", () => {
  const fields = (value: CborValue): FieldReader => new FieldReader(value, "A test", 1);

  test.each<[string, (reader: FieldReader) => unknown, CborValue]>([
    ["bytes too long", (reader) => reader.bytes("f", { max: 1 }), new Uint8Array(2)],
    ["bytes too short", (reader) => reader.bytes("f", { min: 2, max: 3 }), new Uint8Array(1)],
    ["bytes of another length", (reader) => reader.bytes("f", 32), new Uint8Array(31)],
    ["text for bytes", (reader) => reader.bytes("f", 1), "a"],
    ["null for bytes", (reader) => reader.bytes("f", 1), null],
    ["an integer below its least", (reader) => reader.integer("f", { min: 1 }), 0],
    ["an integer above its most", (reader) => reader.integer("f", { max: 3 }), 4],
    ["text for an integer", (reader) => reader.integer("f"), "1"],
    ["a number for a truth", (reader) => reader.boolean("f"), 1],
    ["text too long in bytes", (reader) => reader.text("f", 3), "üü"],
    ["bytes for text", (reader) => reader.text("f", 3), new Uint8Array(1)],
    ["an array too long", (reader) => reader.array("f", { max: 1 }), [1, 2]],
    ["an array too short", (reader) => reader.array("f", { min: 1, max: 2 }), []],
    ["version 0", (reader) => reader.version(1), 0],
    ["a version that is text", (reader) => reader.version(1), "1"],
  ])("refuses %s", (_what, take, given) => {
    expect(codeOf(() => take(fields([given])))).toBe("INVALID_FORMAT");
  });

  test("asks for an update where the version is newer", () => {
    expect(codeOf(() => fields([2]).version(1))).toBe("UNSUPPORTED_VERSION");
    expect(() => fields([2]).version(1)).toThrow(/Update gstore/);
  });

  test("refuses a value that is no array, or has another number of fields", () => {
    for (const given of [1, null, "a", [], [1, 2]] as CborValue[]) {
      expect(codeOf(() => fields(given))).toBe("INVALID_FORMAT");
    }
  });

  test("names the thing and the field in what it says", () => {
    try {
      fields([0]).integer("seq", { min: 1 });
      expect.unreachable();
    } catch (error) {
      expect(isGstoreError(error, "INVALID_FORMAT") && error.message).toBe(
        "A test: seq is 0, not 1 to 9007199254740991.",
      );
    }
  });
});
