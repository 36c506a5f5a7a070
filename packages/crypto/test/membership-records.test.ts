import { decodeMembershipRecord, digestOf, type MembershipOperation } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { generateRootKey, issueRecord, verifyRecordSignature } from "../src/index.ts";
import { codeOf, fixedIdentity, fixedRandom, flipped } from "./fixtures.ts";

const root = generateRootKey(fixedRandom("root"));
const { networkId } = root;
const other = generateRootKey(fixedRandom("another"));
const ada = fixedIdentity("ada");
const operation: MembershipOperation = { op: "remove", member: ada.peerId, cut: [] };
const parents = ["b", "a", "b"].map((text) => digestOf(Buffer.from(text)));

describe("a record", () => {
  test.each([
    ["the root", root],
    ["a node", ada],
  ])("by %s carries its signature, whatever its rights", (_name, signer) => {
    const record = issueRecord({ signer, networkId, parents, operation, timeMs: 5 });
    expect(record.body).toEqual({
      network: networkId,
      parents: [...new Set(parents)].sort(),
      issuer: signer.publicKey,
      timeMs: 5,
      operation,
    });
    verifyRecordSignature(record, networkId);
  });

  test("of another network is refused as that", () => {
    const record = issueRecord({ signer: root, networkId: other.networkId, parents, operation, timeMs: 5 });
    expect(codeOf(() => verifyRecordSignature(record, networkId))).toBe("WRONG_NETWORK");
  });

  test("under another's name is refused", () => {
    const forger = { publicKey: root.publicKey, sign: (bytes: Uint8Array) => ada.sign(bytes) };
    const record = issueRecord({ signer: forger, networkId, parents, operation, timeMs: 5 });
    expect(codeOf(() => verifyRecordSignature(record, networkId))).toBe("CERTIFICATE_INVALID");
  });

  test("with any bit turned is refused", () => {
    const { bytes } = issueRecord({ signer: ada, networkId, parents, operation, timeMs: 5 });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const code = codeOf(() =>
        verifyRecordSignature(decodeMembershipRecord(flipped(bytes, bit)), networkId),
      );
      expect(code, `bit ${bit}`).not.toBe("nothing");
      expect(typeof code, `bit ${bit}`).toBe("string");
    }
  });

  test("that others would refuse is not issued", () => {
    const tooMany = Array.from({ length: 17 }, (_, index) => digestOf(Buffer.of(index)));
    const issue = (parts: object) => () =>
      issueRecord({ signer: root, networkId, parents: [], operation, timeMs: 5, ...parts });
    expect(codeOf(issue({ parents: tooMany }))).toBe("INVALID_FORMAT");
    const wraps = Array.from({ length: 90 }, (_, index) => ({
      member: fixedIdentity(`m${index}`).peerId,
      wrap: new Uint8Array(256),
    }));
    const space = "0a".repeat(16);
    const large = { op: "createSpace", space, recoveryWrap: new Uint8Array(1), wraps };
    expect(codeOf(issue({ operation: large }))).toBe("TOO_LARGE");
  });
});
