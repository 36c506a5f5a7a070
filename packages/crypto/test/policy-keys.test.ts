import { createSecretKey } from "node:crypto";
import { epochIdFromBytes, spaceIdFromBytes } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { PolicyKeys, type SpaceSecrets } from "../src/index.ts";

const key = (byte: number) => createSecretKey(Buffer.alloc(32, byte));
const epochOf = (byte: number) => ({ id: epochIdFromBytes(Buffer.alloc(16, byte)), secret: key(byte) });
const secrets: SpaceSecrets = {
  id: spaceIdFromBytes(Buffer.alloc(16, 1)),
  name: "main",
  nameKey: key(2),
  chunkSeed: key(3),
  epochs: [epochOf(4), epochOf(5)],
  currentEpoch: epochOf(5).id,
};
const keys = new PolicyKeys(secrets);
const codeOf = (action: () => unknown) => {
  try {
    return action();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe("the prefix of a policy", () => {
  test("has one class for all who hold the space's keys, and another at each attempt", () => {
    const again = new PolicyKeys({ ...secrets, epochs: [epochOf(4)], currentEpoch: epochOf(4).id });
    expect(again.classOf("photos/", 0)).toBe(keys.classOf("photos/", 0));
    expect(keys.classOf("photos/", 0)).toBe(24_907);
    const classes = Array.from({ length: 200 }, (_, attempt) => keys.classOf("photos/", attempt));
    expect(new Set(classes).size).toBeGreaterThan(190);
    expect(classes.every((one) => one >= 65 && one <= 65_535)).toBe(true);
    expect(new PolicyKeys({ ...secrets, nameKey: key(9) }).classOf("photos/", 0)).not.toBe(classes[0]);
  });

  test("is read from its seal, in whatever epoch that was made, and tells nothing in clear", () => {
    const sealed = keys.sealPrefix(65, "grün/ñandú");
    expect(keys.openPrefix(65, sealed)).toBe("grün/ñandú");
    expect(Buffer.from(sealed).includes("grün")).toBe(false);
    expect(Buffer.from(sealed).equals(Buffer.from(keys.sealPrefix(65, "grün/ñandú")))).toBe(false);
    const earlier = new PolicyKeys({ ...secrets, currentEpoch: epochOf(4).id });
    expect(keys.openPrefix(70, earlier.sealPrefix(70, "a"))).toBe("a");
  });

  test("opens for no other class, space or epoch, nor with any bit turned", () => {
    const sealed = keys.sealPrefix(65, "photos/");
    expect(codeOf(() => keys.openPrefix(66, sealed))).toBe("SEAL_BROKEN");
    const other = new PolicyKeys({ ...secrets, id: spaceIdFromBytes(Buffer.alloc(16, 8)) });
    expect(codeOf(() => other.openPrefix(65, sealed))).toBe("SEAL_BROKEN");
    const without = new PolicyKeys({ ...secrets, epochs: [epochOf(4)], currentEpoch: epochOf(4).id });
    expect(codeOf(() => without.openPrefix(65, sealed))).toBe("KEY_MISSING");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(["SEAL_BROKEN", "UNSUPPORTED_VERSION", "KEY_MISSING"]).toContain(
        codeOf(() => keys.openPrefix(65, changed)),
      );
    }
    for (let length = 0; length < sealed.length; length++)
      expect(codeOf(() => keys.openPrefix(65, sealed.subarray(0, length)))).toBe("SEAL_BROKEN");
  });
});
