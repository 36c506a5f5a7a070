import { describe, expect, test } from "vitest";
import { generateRootKey, RootKey, recoveryWords, rootKeyOf, seedOfRecoveryWords } from "../src/index.ts";
import { codeOf, fixedRandom, fixedSecrets } from "./fixtures.ts";

const root = generateRootKey(fixedRandom("words"));
const words = recoveryWords(root.exportSeed());
const list = words.split(" ");

/** The error of words that are none. */
function refusal(text: string): Error {
  try {
    seedOfRecoveryWords(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("recovery words", () => {
  // The list of test vectors that BIP-39 refers to (github.com/trezor/python-mnemonic), two of 256 bits.
  test.each([
    ["00".repeat(32), `${"abandon ".repeat(23)}art`],
    [
      "7f".repeat(32),
      "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
    ],
  ])("agree with BIP-39: %s", (seed, expected) => {
    expect(recoveryWords(Buffer.from(seed, "hex"))).toBe(expected);
    expect(Buffer.from(seedOfRecoveryWords(expected)).toString("hex")).toBe(seed);
  });

  test("are 24, and give the root key back", () => {
    expect(list).toHaveLength(24);
    const again = new RootKey(seedOfRecoveryWords(words));
    expect(again.networkId).toBe(root.networkId);
    expect(again.agreementPublicKey).toEqual(root.agreementPublicKey);
  });

  test("may be in capitals and on several lines", () => {
    const typed = `\n ${list.slice(0, 12).join("\n").toUpperCase()}\t${list.slice(12).join("  ")} `;
    expect(Buffer.from(seedOfRecoveryWords(typed))).toEqual(root.exportSeed());
  });

  test("that are too few or too many are refused with their number", () => {
    expect(refusal(list.slice(1).join(" ")).message).toContain("24 words, not 23");
    expect(refusal(`${words} art`).message).toContain("24 words, not 25");
    expect(refusal("").message).toContain("not 0");
  });

  test("of which one is none of the list are refused with its position", () => {
    for (const at of [0, 7, 23]) {
      const error = refusal(list.with(at, "gstore").join(" "));
      expect(codeOf(() => seedOfRecoveryWords(list.with(at, "gstore").join(" ")))).toBe("INVALID_ARGUMENT");
      expect(error.message).toContain(`Word ${at + 1} `);
    }
  });

  test("with two exchanged are refused, without any of them in the error", () => {
    const [first, second] = list as [string, string];
    const error = refusal([second, first, ...list.slice(2)].join(" "));
    for (const text of [error.message, String(error.stack), JSON.stringify(error)])
      for (const word of list.filter((one) => one.length > 4)) expect(text).not.toContain(` ${word} `);
    expect(error.cause).toBeUndefined();
  });
});

test("the root key of a network file of version 1 is the same key", () => {
  const secrets = fixedSecrets("words");
  const again = rootKeyOf(secrets);
  expect(again.networkId).toBe(secrets.networkId);
  expect(again.publicKey).toEqual(secrets.rootPublicKey);
});
