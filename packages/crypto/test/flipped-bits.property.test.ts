import { createSecretKey } from "node:crypto";
import {
  decodeCertificateChain,
  digestFromBytes,
  digestToBytes,
  type EntryId,
  encodeCertificateChain,
  type Role,
  type SpaceId,
} from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyCertificate } from "../src/certificates.ts";
import {
  type EpochSecret,
  generateRootKey,
  inviteKeys,
  isHeldReceipt,
  isInviteProof,
  issueRecord,
  type NodeIdentity,
  proveInvite,
  type RecordSigner,
  signHeldReceipt,
  unwrap,
  type WrapContext,
  wrapFor,
} from "../src/index.ts";
import {
  epochIdOf,
  epochSecretOf,
  openPreviousEpoch,
  sealPreviousEpoch,
} from "../src/space-secrets-codec.ts";
import { codeOf, fixedIdentity, fixedRandom, flipped } from "./fixtures.ts";

// Chunks, manifest nodes, metadata, entries and single records have theirs beside their other tests; tickets in core.

const SEED = 20_262;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const root = generateRootKey(fixedRandom("root"));
const space = "0a".repeat(16) as SpaceId;
const ada = fixedIdentity("ada");
const ben = fixedIdentity("ben");

/** Any bit of what is so long. */
const bitsOf = ({ length }: Uint8Array): number[] => Array.from({ length: length * 8 }, (_, bit) => bit);

describe("an invitation's proof", () => {
  const proofs = fc.tuple(bytes(16), bytes(32), fc.uint8Array({ minLength: 1, maxLength: 200 }));

  test("holds for what it was made for, and with any bit turned of it, its session or its request no more", () => {
    const check = ([secret, binding, request]: readonly [Uint8Array, Uint8Array, Uint8Array]): void => {
      const { proofKey } = inviteKeys(secret, root.networkId);
      const proof = proveInvite(proofKey, binding, request);
      expect(isInviteProof(proof, proofKey, binding, request)).toBe(true);
      for (const bit of bitsOf(proof))
        expect(isInviteProof(flipped(proof, bit), proofKey, binding, request), `proof ${bit}`).toBe(false);
      for (const bit of bitsOf(binding))
        expect(isInviteProof(proof, proofKey, flipped(binding, bit), request), `session ${bit}`).toBe(false);
      for (const bit of bitsOf(request))
        expect(isInviteProof(proof, proofKey, binding, flipped(request, bit)), `request ${bit}`).toBe(false);
    };
    fc.assert(fc.property(proofs, check), { seed: SEED, numRuns: 20 });
  });

  test("is found and checked by other keys where any bit of the secret, or the network, is another", () => {
    const check = ([secret, binding, request]: readonly [Uint8Array, Uint8Array, Uint8Array]): void => {
      const { id, proofKey } = inviteKeys(secret, root.networkId);
      const proof = proveInvite(proofKey, binding, request);
      for (const bit of bitsOf(secret)) {
        const other = inviteKeys(flipped(secret, bit), root.networkId);
        expect(Buffer.compare(other.id, id), `bit ${bit}`).not.toBe(0);
        expect(isInviteProof(proof, other.proofKey, binding, request), `bit ${bit}`).toBe(false);
      }
      const elsewhere = inviteKeys(secret, generateRootKey(fixedRandom("another root")).networkId);
      expect(Buffer.compare(elsewhere.id, id)).not.toBe(0);
      expect(isInviteProof(proof, elsewhere.proofKey, binding, request)).toBe(false);
    };
    fc.assert(fc.property(proofs, check), { seed: SEED, numRuns: 20 });
  });
});

describe("a sealed previous epoch", () => {
  const epochOf = (secret: Uint8Array): EpochSecret => {
    const key = createSecretKey(secret);
    return { id: epochIdOf(space, key), secret: key };
  };
  const pairs = fc
    .tuple(bytes(32), bytes(32))
    .filter(([left, right]) => Buffer.compare(left, right) !== 0)
    .map((secrets) => secrets.map(epochOf) as [EpochSecret, EpochSecret]);

  test("opens under the one that follows, and with any bit turned does not", () => {
    const check = ([previous, next]: readonly [EpochSecret, EpochSecret]): void => {
      const sealed = sealPreviousEpoch(space, next, previous);
      const open = (changed: Uint8Array) =>
        openPreviousEpoch(space, next, { epoch: previous.id, sealed: changed });
      expect(open(sealed).secret.equals(previous.secret)).toBe(true);
      for (const bit of bitsOf(sealed)) {
        const code = codeOf(() => open(flipped(sealed, bit)));
        expect(code, `bit ${bit}`).toBe(bit < 8 ? "UNSUPPORTED_VERSION" : "SEAL_BROKEN");
      }
      for (let length = 0; length < sealed.length; length++)
        expect(codeOf(() => open(sealed.subarray(0, length)))).toBe("SEAL_BROKEN");
      expect(codeOf(() => open(Buffer.concat([sealed, Buffer.alloc(1)])))).toBe("SEAL_BROKEN");
    };
    fc.assert(fc.property(pairs, check), { seed: SEED, numRuns: 10 });
  });

  test("opens in no other space, under no other epoch and as no other epoch", () => {
    const check = ([previous, next]: readonly [EpochSecret, EpochSecret], bit: number): void => {
      const sealed = sealPreviousEpoch(space, next, previous);
      const turned = (id: string) => Buffer.from(flipped(Buffer.from(id, "hex"), bit)).toString("hex");
      const other = turned(space) as SpaceId;
      const epoch = previous.id;
      expect(codeOf(() => openPreviousEpoch(other, next, { epoch, sealed }))).toBe("SEAL_BROKEN");
      const nextOther = { ...next, id: turned(next.id) as typeof epoch };
      expect(codeOf(() => openPreviousEpoch(space, nextOther, { epoch, sealed }))).toBe("SEAL_BROKEN");
      const asOther = { epoch: turned(epoch) as typeof epoch, sealed };
      expect(codeOf(() => openPreviousEpoch(space, next, asOther))).toBe("SEAL_BROKEN");
    };
    const bit = fc.integer({ min: 0, max: 127 });
    fc.assert(fc.property(pairs, bit, check), { seed: SEED, numRuns: 50 });
  });

  test("is bound to what it holds: a secret with any bit turned is no epoch of that id", () => {
    const { id, secret } = epochOf(new Uint8Array(32).fill(9));
    const plain = new Uint8Array(secret.export());
    expect(epochSecretOf(space, id, plain).secret.equals(secret)).toBe(true);
    for (const bit of bitsOf(plain))
      expect(codeOf(() => epochSecretOf(space, id, flipped(plain, bit)))).toBe("SEAL_BROKEN");
  });
});

test("a wrapped secret of any length opens for its recipient, and with any bit turned for nobody", () => {
  const check = (secret: Uint8Array, isForLife: boolean): void => {
    const { networkId: network } = root;
    const holds = isForLife ? "life" : epochIdOf(space, createSecretKey(new Uint8Array(32)));
    const context: WrapContext = { network, space, holds, recipient: ada.peerId };
    const wrap = wrapFor(ada.agreementPublicKey, context, secret);
    expect(Buffer.compare(unwrap(ada, context, wrap), secret)).toBe(0);
    for (const bit of bitsOf(wrap)) {
      const code = codeOf(() => unwrap(ada, context, flipped(wrap, bit)));
      expect(["SEAL_BROKEN", ...(bit < 8 ? ["UNSUPPORTED_VERSION"] : [])], `bit ${bit}`).toContain(code);
    }
  };
  const secrets = fc.uint8Array({ minLength: 1, maxLength: 140 });
  fc.assert(fc.property(secrets, fc.boolean(), check), { seed: SEED, numRuns: 4 });
});

describe("an encoded chain of certificates", () => {
  function chainOf(length: number): Uint8Array {
    const people = [ada, ...Array.from({ length: length - 1 }, (_, index) => fixedIdentity(`a${index}`))];
    const records = people.map((subject, index) =>
      admission(people[index + 1] ?? root, subject, index === 0 ? "writer" : "admin"),
    );
    return encodeCertificateChain(records);
  }

  function admission(
    signer: RecordSigner,
    { peerId: member, agreementPublicKey: agreementKey }: NodeIdentity,
    role: Role,
  ) {
    const operation = { op: "admit", member, agreementKey, role, name: "node", spaces: null } as const;
    return issueRecord({ signer, networkId: root.networkId, parents: [], operation, timeMs: 1 });
  }

  const verdict = (chain: Uint8Array): unknown =>
    codeOf(() =>
      verifyCertificate(decodeCertificateChain(chain), { networkId: root.networkId, subject: ada.peerId }),
    );

  test.each([1, 3])("of %i admits, and with any bit turned does not", (length) => {
    const chain = chainOf(length);
    expect(verdict(chain)).toBe("nothing");
    const refusals = ["CERTIFICATE_INVALID", "WRONG_NETWORK", "INVALID_FORMAT", "INVALID_ARGUMENT"];
    for (const bit of bitsOf(chain))
      expect([...refusals, "UNSUPPORTED_VERSION"], `bit ${bit}`).toContain(verdict(flipped(chain, bit)));
  });

  test("cut anywhere or longer does not", () => {
    const chain = chainOf(2);
    for (let length = 0; length < chain.length; length++)
      expect(verdict(chain.subarray(0, length)), `${length} bytes`).toBe("INVALID_FORMAT");
    expect(verdict(Buffer.concat([chain, Buffer.alloc(1)]))).toBe("INVALID_FORMAT");
  });
});

test("a holder's receipt with any bit turned, or for a question with any bit turned, is none", () => {
  const check = (nonce: Uint8Array, digests: readonly Uint8Array[]): void => {
    const question = { networkId: root.networkId, nonce };
    const receipt = signHeldReceipt(
      ben,
      question,
      digests.map((one) => digestFromBytes(one)),
    );
    expect(isHeldReceipt(receipt, question)).toBe(true);
    for (const bit of bitsOf(receipt.signature))
      expect(isHeldReceipt({ ...receipt, signature: flipped(receipt.signature, bit) }, question)).toBe(false);
    for (const bit of bitsOf(nonce))
      expect(isHeldReceipt(receipt, { ...question, nonce: flipped(nonce, bit) })).toBe(false);
    const [first, ...rest] = receipt.versions as [EntryId, ...EntryId[]];
    for (const bit of bitsOf(digestToBytes(first))) {
      const versions = [digestFromBytes(flipped(digestToBytes(first), bit)), ...rest];
      expect(isHeldReceipt({ ...receipt, versions }, question)).toBe(false);
    }
  };
  const lists = fc.array(bytes(32), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(bytes(16), lists, check), { seed: SEED, numRuns: 3 });
});
