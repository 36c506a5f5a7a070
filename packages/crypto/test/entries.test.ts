import {
  decodeCbor,
  decodeEntry,
  digestOf,
  type Entry,
  encodeEntry,
  encodeEntryBody,
  entrySigningBytes,
  type MerklePath,
  merkleTree,
  type PlacementId,
  type WholeEntryBody,
} from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryVerifier, SpaceKeys, type SpaceSecrets, signEntries, unsignedEntry } from "../src/index.ts";
import { bodyOf, codeOf, fixedIdentity, fixedRandom, fixedSecrets, flipped } from "./fixtures.ts";

const author = fixedIdentity("author");
const other = fixedIdentity("other");
const keys = new SpaceKeys(fixedSecrets("entries").spaces[0] as SpaceSecrets, fixedRandom("entries"));
const REFUSALS = ["SIGNATURE_INVALID", "INVALID_FORMAT", "UNSUPPORTED_VERSION"];

/** So many different bodies, as a chain. */
function bodiesOf(count: number): WholeEntryBody[] {
  const body = bodyOf(author, keys);
  return Array.from({ length: count }, (_, index) => ({
    ...body,
    placement: index.toString(16).padStart(32, "0") as PlacementId,
    seq: index + 1,
    prev: index === 0 ? null : digestOf(Buffer.from(`entry ${index}`)),
  }));
}

describe("signEntries", () => {
  test.each([1, 2, 3, 7, 64, 100, 1024])("signs %i entries that anybody can verify one by one", (count) => {
    const bodies = bodiesOf(count);
    const entries = signEntries(bodies.map(unsignedEntry), author);
    const said = entries.map(({ body: { sealedDigest: _, ...rest } }) => rest);
    expect(JSON.stringify(said)).toBe(JSON.stringify(bodies));
    expect(new Set(entries.map((entry) => entry.signedRoot)).size).toBe(1);
    const sampled = [entries[0], entries[count >> 1], entries[count - 1]] as Entry[];
    for (const entry of sampled) new EntryVerifier().verify(decodeEntry(entry.bytes));
  });

  test("gives an id that does not depend on the batch", () => {
    const bodies = bodiesOf(9);
    const [alone] = signEntries(bodies.slice(0, 1).map(unsignedEntry), author);
    const [first] = signEntries(bodies.map(unsignedEntry), author);
    expect(first?.id).toBe(alone?.id);
    expect(first?.bytes).not.toEqual(alone?.bytes);
  });

  test("refuses none, too many, and another author's", () => {
    expect(codeOf(() => signEntries([], author))).toBe("INVALID_ARGUMENT");
    expect(codeOf(() => signEntries(bodiesOf(1025).map(unsignedEntry), author))).toBe("INVALID_ARGUMENT");
    expect(codeOf(() => signEntries(bodiesOf(2).map(unsignedEntry), other))).toBe("INVALID_ARGUMENT");
  });

  test("refuses what others would refuse", () => {
    expect(codeOf(() => signEntries([bodyOf(author, keys, { seq: 2 })].map(unsignedEntry), author))).toBe(
      "INVALID_FORMAT",
    );
    expect(
      codeOf(() =>
        signEntries([bodyOf(author, keys, { sealed: new Uint8Array(65536) })].map(unsignedEntry), author),
      ),
    ).toBe("TOO_LARGE");
  });
});

describe("EntryVerifier", () => {
  test("refuses an entry with any bit turned, having seen the right one", () => {
    for (const entry of [
      ...signEntries(bodiesOf(1).map(unsignedEntry), author),
      signEntries(bodiesOf(3).map(unsignedEntry), author)[2] as Entry,
    ]) {
      const verifier = new EntryVerifier();
      verifier.verify(entry);
      for (let bit = 0; bit < entry.bytes.length * 8; bit++) {
        const code = codeOf(() => verifier.verify(decodeEntry(flipped(entry.bytes, bit))));
        expect(REFUSALS, `bit ${bit}`).toContain(code);
      }
    }
  });

  test("refuses any bit turned in an entry of any batch", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (count, which, where) => {
        const entry = signEntries(bodiesOf(count).map(unsignedEntry), author)[which % count] as Entry;
        const changed = flipped(entry.bytes, where % (entry.bytes.length * 8));
        expect(REFUSALS).toContain(codeOf(() => new EntryVerifier().verify(decodeEntry(changed))));
      }),
      { numRuns: 150 },
    );
  });

  test("refuses a signature by another node, whether or not the batch is known", () => {
    const verifier = new EntryVerifier();
    const [entry] = signEntries(bodiesOf(1).map(unsignedEntry), author) as [Entry];
    verifier.verify(entry);
    const bodyBytes = encodeEntryBody(entry.body);
    const { paths } = merkleTree([entry.id]);
    const [foreign] = signEntries([bodyOf(other, keys)].map(unsignedEntry), other) as [Entry];
    const forged = decodeEntry(
      encodeEntry({ body: bodyBytes, sealed: entry.body.sealed }, paths[0] as MerklePath, foreign.signature),
    );
    expect(codeOf(() => verifier.verify(forged))).toBe("SIGNATURE_INVALID");
    expect(codeOf(() => new EntryVerifier().verify(forged))).toBe("SIGNATURE_INVALID");
  });

  test("refuses an entry that another node smuggled into a batch of its own", () => {
    const own = bodyOf(other, keys);
    const theirs = bodyOf(author, keys);
    const encoded = [own, theirs].map(encodeEntryBody);
    const { root, paths } = merkleTree(encoded.map(digestOf));
    const signature = other.sign(entrySigningBytes(root));
    const [honest, forged] = encoded.map((bytes, index) =>
      decodeEntry(
        encodeEntry(
          { body: bytes, sealed: (index === 0 ? own : theirs).sealed },
          paths[index] as MerklePath,
          signature,
        ),
      ),
    ) as [Entry, Entry];
    const verifier = new EntryVerifier();
    verifier.verify(honest);
    expect(codeOf(() => verifier.verify(forged))).toBe("SIGNATURE_INVALID");
  });

  test("refuses an entry put into another entry's place in its batch", () => {
    const [first, second] = signEntries(bodiesOf(2).map(unsignedEntry), author) as [Entry, Entry];
    const [, , , path, signature] = decodeCbor(second.bytes, { bytesMax: 65536, what: "An entry" }) as [
      number,
      Uint8Array,
      Uint8Array,
      [number, number, Uint8Array[]],
      Uint8Array,
    ];
    const siblings = path[2].map((hash) => `1e20${Buffer.from(hash).toString("hex")}` as never);
    const moved = encodeEntry(
      { body: encodeEntryBody(first.body), sealed: first.body.sealed },
      { index: path[0], count: path[1], siblings },
      signature,
    );
    expect(codeOf(() => new EntryVerifier().verify(decodeEntry(moved)))).toBe("SIGNATURE_INVALID");
  });

  test("goes on past the number of batches and authors it remembers", () => {
    const verifier = new EntryVerifier();
    const [entry] = signEntries(bodiesOf(1).map(unsignedEntry), author) as [Entry];
    verifier.verify(entry);
    for (let index = 0; index < 1100; index++) {
      const node = fixedIdentity(`author ${index}`);
      verifier.verify(signEntries([bodyOf(node, keys)].map(unsignedEntry), node)[0] as Entry);
    }
    verifier.verify(entry);
    const broken = { ...entry, signature: flipped(entry.signature, 1) };
    expect(codeOf(() => verifier.verify(broken))).toBe("SIGNATURE_INVALID");
  });
});
