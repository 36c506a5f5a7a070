import { type DecodeOptions, decode, encode, type Token, Tokenizer, Type } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor, isGstoreError } from "../src/index.ts";

const STRICT: DecodeOptions = {
  ...{ allowIndefinite: false, allowUndefined: false, allowInfinity: false, allowNaN: false },
  ...{ allowBigInt: false, strict: true, retainStringBytes: true },
};
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** cborg, held to what gstore's formats allow. */
class StrictTokenizer extends Tokenizer {
  override next(): Token {
    const token = super.next();
    if (token.type === Type.float || token.type === Type.map) throw new Error("not allowed");
    if (token.byteValue !== undefined) token.value = UTF8.decode(token.byteValue);
    return token;
  }
}

/** What another implementation makes of the bytes; undefined where it refuses them. */
function byCborg(bytes: Uint8Array): CborValue | undefined {
  try {
    return decode(bytes, { ...STRICT, tokenizer: new StrictTokenizer(bytes, STRICT) }) as CborValue;
  } catch {
    return undefined;
  }
}

function byOurs(bytes: Uint8Array, views: boolean): CborValue | undefined {
  try {
    return decodeCbor(bytes, { bytesMax: 1 << 20, what: "A test", views });
  } catch (error) {
    if (isGstoreError(error, "INVALID_FORMAT")) return undefined;
    throw error;
  }
}

const { value: values } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 30 }),
  ),
}));

describe("our CBOR is that of another implementation", () => {
  test("in what is written, and in what is read of it", () => {
    fc.assert(
      fc.property(values, fc.boolean(), (value, views) => {
        const bytes = encodeCbor(value);
        expect(Buffer.from(bytes).equals(encode(value))).toBe(true);
        expect(byOurs(bytes, views)).toStrictEqual(value);
      }),
    );
  });

  test("in what is read of bytes that were changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(values, changes, fc.nat(4), (value, list, cut) => {
        const bytes = Uint8Array.from(encodeCbor(value));
        for (const [at, byte] of list) bytes[at % bytes.length] = byte;
        const given = bytes.subarray(0, Math.max(1, bytes.length - cut));
        expect(byOurs(given, true)).toStrictEqual(byCborg(given));
      }),
      { numRuns: 1000 },
    );
  });

  test("in what is read of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        expect(byOurs(bytes, false)).toStrictEqual(byCborg(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("byte strings", () => {
  const bytes = encodeCbor([Uint8Array.of(1, 2, 3)]);
  const read = (views: boolean) =>
    (decodeCbor(bytes, { bytesMax: 100, what: "A test", views }) as [Uint8Array])[0];

  test("are views of what was given where that is asked for, and copies elsewhere", () => {
    expect(read(true).buffer).toBe(bytes.buffer);
    expect(read(false).buffer).not.toBe(bytes.buffer);
    expect(Buffer.isBuffer(read(true))).toBe(false);
  });
});

test("a number that is no safe integer is not written", () => {
  for (const value of [1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
    expect(() => encodeCbor([value])).toThrow("safe integer");
});

test("arrays in arrays are read so deep, and no deeper", () => {
  const nested = (depth: number): Uint8Array => new Uint8Array(depth + 1).fill(0x81).fill(0, depth);
  expect(byOurs(nested(32), false)).toBeDefined();
  expect(byOurs(nested(33), false)).toBeUndefined();
  expect(byOurs(nested(1 << 19), false)).toBeUndefined();
});
