import type { EpochId, SpaceId } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { generateRootKey, unwrap, type WrapContext, wrapFor } from "../src/index.ts";
import { codeOf, fixedBytes, fixedIdentity, fixedRandom, flipped } from "./fixtures.ts";

const ada = fixedIdentity("ada");
const ben = fixedIdentity("ben");
const root = generateRootKey(fixedRandom("root"));
const other = generateRootKey(fixedRandom("other root"));
const secret = fixedBytes("secret", 32);
const context: WrapContext = {
  network: root.networkId,
  space: "0a".repeat(16) as SpaceId,
  holds: "0e".repeat(16) as EpochId,
  recipient: ada.peerId,
};
const wrap = wrapFor(ada.agreementPublicKey, context, secret, fixedRandom("ephemeral"));

describe("a wrap", () => {
  test("opens for its recipient, who gets the secret", () => {
    expect(wrap).toHaveLength(81);
    expect(Buffer.from(unwrap(ada, context, wrap))).toEqual(Buffer.from(secret));
  });

  test("differs each time", () => {
    expect(wrapFor(ada.agreementPublicKey, context, secret)).not.toEqual(wrap);
  });

  test("does not open for another, nor for any other use of the same key", () => {
    const contexts: WrapContext[] = [
      { ...context, network: other.networkId },
      { ...context, space: "0b".repeat(16) as SpaceId },
      { ...context, holds: "0f".repeat(16) as EpochId },
      { ...context, holds: "life" },
      { ...context, recipient: ben.peerId },
      { ...context, recipient: "recovery" },
    ];
    for (const wrong of contexts) expect(codeOf(() => unwrap(ada, wrong, wrap))).toBe("SEAL_BROKEN");
    expect(codeOf(() => unwrap(ben, context, wrap))).toBe("SEAL_BROKEN");
  });

  test("with any bit turned, cut or longer is refused", () => {
    for (let bit = 0; bit < wrap.length * 8; bit++) {
      const code = codeOf(() => unwrap(ada, context, flipped(wrap, bit)));
      expect(bit < 8 ? ["SEAL_BROKEN", "UNSUPPORTED_VERSION"] : ["SEAL_BROKEN"], `bit ${bit}`).toContain(
        code,
      );
    }
    for (let length = 0; length < wrap.length; length++)
      expect(codeOf(() => unwrap(ada, context, wrap.subarray(0, length)))).toBe("SEAL_BROKEN");
    expect(codeOf(() => unwrap(ada, context, Buffer.concat([wrap, wrap])))).toBe("SEAL_BROKEN");
    expect(codeOf(() => unwrap(ada, context, Buffer.alloc(1000, 1)))).toBe("SEAL_BROKEN");
  });

  test("is not made to a key that agrees on one secret with everybody", () => {
    expect(codeOf(() => wrapFor(new Uint8Array(32), context, secret))).toBe("INVALID_ARGUMENT");
  });

  test("opens for the recovery key of the root", () => {
    const own: WrapContext = { ...context, recipient: "recovery" };
    const forRoot = wrapFor(root.agreementPublicKey, own, secret);
    expect(Buffer.from(unwrap(root, own, forRoot))).toEqual(Buffer.from(secret));
    expect(codeOf(() => unwrap(other, own, forRoot))).toBe("SEAL_BROKEN");
  });
});
