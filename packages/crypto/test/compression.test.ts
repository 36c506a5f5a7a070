import { constants, createZstdCompress, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeChunk, encodeChunk } from "../src/index.ts";
import { codeOf, fixedBytes } from "./fixtures.ts";

const MIB = 1 << 20;
const text = (length: number): Uint8Array =>
  Buffer.from(
    "All happy families are alike; each unhappy family is unhappy in its own way.\n".repeat(length / 77 + 1),
  ).subarray(0, length);

describe("encodeChunk and decodeChunk", () => {
  test("give back any bytes", () => {
    const runs = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(60)), { maxLength: 20 });
    fc.assert(
      fc.property(runs, (parts) => {
        const plain = Buffer.concat(
          parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes)),
        );
        const { codec, bytes } = encodeChunk(plain);
        expect(Buffer.compare(decodeChunk(bytes, codec, plain.length), plain)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test.each([1, 63, 64, 65, 1023, 4096, 4097, 65536, 262144, MIB])(
    "compress %i bytes of text where it helps",
    (length) => {
      const plain = text(length);
      const { codec, bytes } = encodeChunk(plain);
      expect(codec).toBe(length < 128 ? codec : "zstd");
      expect(bytes.length).toBeLessThanOrEqual(codec === "zstd" ? (length * 15) / 16 : length);
      expect(Buffer.compare(decodeChunk(bytes, codec, length), plain)).toBe(0);
    },
  );

  test.each([64, 300, 4096, 65536, MIB])("keep %i random bytes as they are, without a copy", (length) => {
    const plain = fixedBytes("random", length);
    expect(encodeChunk(plain)).toEqual({ codec: "none", bytes: plain });
    expect(encodeChunk(plain).bytes).toBe(plain);
  });

  test("keep what shrinks by less than a sixteenth", () => {
    const plain = Buffer.concat([fixedBytes("random", 31 * 1024), Buffer.alloc(1024)]);
    expect(encodeChunk(plain).codec).toBe("none");
  });

  test("compress hexadecimal digits of random bytes", () => {
    const plain = Buffer.from(Buffer.from(fixedBytes("random", 32768)).toString("hex"));
    const { codec, bytes } = encodeChunk(plain);
    expect(codec).toBe("zstd");
    expect(bytes.length).toBeLessThan(plain.length * 0.6);
  });

  test("refuse more than a chunk", () => {
    expect(codeOf(() => encodeChunk(new Uint8Array(MIB + 1)))).toBe("INVALID_FORMAT");
  });
});

describe("decodeChunk refuses", () => {
  const plain = text(10_000);
  const { bytes } = encodeChunk(plain);

  test("another size than stated, whichever way", () => {
    for (const size of [0, 1, 9_999, 10_001, MIB])
      expect(codeOf(() => decodeChunk(bytes, "zstd", size))).toBe("SEAL_BROKEN");
    expect(codeOf(() => decodeChunk(plain, "none", 9_999))).toBe("SEAL_BROKEN");
    expect(codeOf(() => decodeChunk(plain, "none", 10_001))).toBe("SEAL_BROKEN");
    expect(codeOf(() => decodeChunk(bytes, "zstd", MIB + 1))).toBe("INVALID_FORMAT");
  });

  test("bytes that are no zstd frame, or one cut short", () => {
    expect(codeOf(() => decodeChunk(plain, "zstd", 10_000))).toBe("SEAL_BROKEN");
    expect(codeOf(() => decodeChunk(new Uint8Array(0), "zstd", 10_000))).toBe("SEAL_BROKEN");
    for (let length = 0; length < bytes.length; length++) {
      expect(
        codeOf(() => decodeChunk(bytes.subarray(0, length), "zstd", 10_000)),
        `cut to ${length}`,
      ).toBe("SEAL_BROKEN");
    }
  });

  test("a bomb, without holding what it expands to", () => {
    const bomb = zstdCompressSync(Buffer.alloc(256 * MIB), { params: { [constants.ZSTD_c_windowLog]: 20 } });
    expect(bomb.length).toBeLessThan(MIB);
    const before = process.memoryUsage().arrayBuffers;
    for (const size of [1, 1000, MIB])
      expect(codeOf(() => decodeChunk(bomb, "zstd", size))).toBe("SEAL_BROKEN");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
  });

  test("a frame that asks for a larger window than a chunk", async () => {
    // Its size is not known at its beginning, so that it states a window instead.
    const frame = async (windowLog: number): Promise<Uint8Array> => {
      const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: windowLog } });
      stream.write(plain.subarray(0, 5000));
      stream.end(plain.subarray(5000));
      return Buffer.concat(await stream.toArray());
    };
    const narrow = await frame(20);
    expect(Buffer.compare(decodeChunk(narrow, "zstd", plain.length), plain)).toBe(0);
    const wide = await frame(21);
    expect(codeOf(() => decodeChunk(wide, "zstd", plain.length))).toBe("SEAL_BROKEN");
  });

  test("nothing that any level of zstd makes of a whole chunk", () => {
    const whole = Buffer.concat([fixedBytes("random", MIB / 2), text(MIB / 2)]);
    for (const level of [1, 3, 9, 19, 22]) {
      const encoded = zstdCompressSync(whole, { params: { [constants.ZSTD_c_compressionLevel]: level } });
      expect(Buffer.compare(decodeChunk(encoded, "zstd", MIB), whole), `level ${level}`).toBe(0);
    }
  });
});
