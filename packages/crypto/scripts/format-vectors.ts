import {
  type CborValue,
  decodeBlobSecrets,
  decodeEntry,
  decodeManifestNode,
  decodeMembershipRecord,
  decodeMetadata,
  digestOf,
  type Entry,
  encodeBlobSecrets,
  encodeManifestNode,
  encodeMetadata,
  epochIdFromBytes,
  merkleTree,
  strippedEntry,
} from "@gstore/core";
import { issueCertificate, SpaceKeys, signEntries, unsignedEntry } from "../src/index.ts";
import {
  bodyOf,
  fixedBytes,
  fixedIdentity,
  fixedRandom,
  fixedSecrets,
  metadataOf,
  secretOf,
} from "../test/fixtures.ts";
import { bad, bodyBytes, type Change, change, raw, wrapping } from "./invalid-vectors.ts";

const identity = fixedIdentity("vectors");
const secrets = fixedSecrets("vectors");
const [spaceSecrets] = secrets.spaces;
if (spaceSecrets === undefined) throw new Error("the fixture has no space");
const keys = new SpaceKeys(spaceSecrets, fixedRandom("salt"));
const body = bodyOf(identity, keys);
const digests = ["one", "two", "three"].map((text) => digestOf(Buffer.from(text)));

/** What @gstore/core's tests read, by file name. */
export function formatVectors(): Record<string, unknown> {
  return {
    entry: entryVectors(),
    manifest: manifestVectors(),
    "blob-secrets": blobSecretVectors(),
    metadata: metadataVectors(),
    membership: membershipVectors(),
    merkle: merkleVectors(),
  };
}

const ENTRIES = [
  ...["one chunk", "a removal, in a batch of three", "an empty file", "a tree", "a removal that erases"],
  ...["a removal that purges", "one chunk, stripped", "a tree of a batch of three, stripped"],
];

function entryVectors() {
  const other = { ...body.dot, author: fixedIdentity("other").peerId, counter: 7 };
  const empty = { ...body, content: null, storedBytes: 0 };
  const second = {
    ...empty,
    op: "remove" as const,
    seq: 2,
    prev: digests[0] ?? null,
    dot: { ...body.dot, counter: 2 },
    context: [body.dot, other].sort((left, right) => (left.author < right.author ? -1 : 1)),
    membershipHeads: [...digests].sort(),
  };
  const content = { level: 2, digest: digests[1] ?? ("" as never), size: 300 };
  const tree = { ...body, content, storedBytes: 5_000_000_000 };
  const groups = [[body], [second, empty, tree], [{ ...second, erases: true }]];
  groups.push([{ ...second, erases: true, purges: true }]);
  const whole = groups.flatMap((group) => signEntries(group.map(unsignedEntry), identity));
  const [first, removal, , signedTree] = whole;
  if (!first || !removal || !signedTree) throw new Error("no entries");
  // What is said of an entry is what is read of it.
  const stripped = [first, signedTree].map((entry) => strippedEntry(entry) as Entry);
  const valid = [...whole, ...stripped].map(({ bytes }) => decodeEntry(bytes));
  const envelope = (parts: readonly Change[]): Uint8Array => change(first.bytes, parts);
  const inside = ({ bytes }: { bytes: Uint8Array }, parts: Change[]): Uint8Array =>
    change(bytes, [[[1], change(bodyBytes(bytes), parts)]]);
  const inBody = (...parts: Change[]): Uint8Array => inside(first, parts);
  const inRemoval = (...parts: Change[]): Uint8Array => inside(removal, parts);
  const sealed = raw(first.bytes)[2] as Uint8Array;
  const context = raw(bodyBytes(removal.bytes))[4] as CborValue[];
  return {
    valid: valid.map(({ bytes, id, signedRoot, signature, body: said }, index) => ({
      name: ENTRIES[index],
      bytes,
      value: { id, signedRoot, signature, body: said },
    })),
    invalid: [
      ...wrapping(first.bytes, "envelope"),
      bad("the body's version is 4", inBody([[0], 4]), "UNSUPPORTED_VERSION"),
      bad("the body's version is 2", inBody([[0], 2])),
      bad("the body's version is 1", inBody([[0], 1])),
      bad("the envelope has a field too few", envelope([[[2], undefined]])),
      bad("the sealed part is empty", envelope([[[2], Buffer.alloc(0)]])),
      bad("the sealed part is another", envelope([[[2], sealed.map((byte) => byte ^ 1)]])),
      bad("the sealed part is cut", envelope([[[2], sealed.subarray(0, -1)]])),
      bad("the sealed part is text", envelope([[[2], "sealed"]])),
      bad("the body's digest of the sealed part is another", inBody([[14], Buffer.alloc(32)])),
      bad("the body has a field too few", inBody([[14], undefined])),
      bad("the signature is a byte short", envelope([[[4], Buffer.alloc(63)]])),
      bad("the path's index is its count", envelope([[[3, 0], 1]])),
      bad("the path has no leaves", envelope([[[3, 1], 0]])),
      bad("the path has more leaves than a batch may have", envelope([[[3, 1], 1025]])),
      bad("the path is longer than its tree is high", envelope([[[3, 2], [fixedBytes("sibling", 32)]]])),
      bad("the path is shorter than its tree is high", envelope([[[3, 1], 2]])),
      bad("a sibling has 31 bytes", envelope([[[3], [0, 2, [Buffer.alloc(31)]]]])),
      bad("the space has 15 bytes", inBody([[1], Buffer.alloc(15)])),
      bad("the keyId is text", inBody([[2], "a".repeat(32)])),
      bad("the dot's counter is 0", inBody([[3, 2], 0])),
      bad("the dot skips a counter", inBody([[3, 2], 2])),
      bad("the context is not sorted", inRemoval([[4], [...context].reverse()])),
      bad("the context names an author twice", inRemoval([[4], [context[0], context[0]]])),
      bad("the op is 4", inBody([[5], 4])),
      bad("the policy class is negative", inBody([[6], -1])),
      bad("the content has level 9", inBody([[8, 0], 9])),
      bad("the content has no bytes", inBody([[8, 2], 0], [[9], 0])),
      bad("the content has more bytes than a blob", inBody([[8, 2], 4194305], [[9], 4194305])),
      bad("it removes and has content", inBody([[5], 1])),
      bad("it has bytes without content", inBody([[8], null])),
      bad("it is one chunk and has more bytes", inBody([[9], 43])),
      bad("a tree has fewer bytes than its root", inBody([[8, 0], 1], [[9], 41])),
      bad("seq is 0", inBody([[10], 0])),
      bad("seq is 2 without a predecessor", inBody([[10], 2])),
      bad("seq is 1 with a predecessor", inBody([[11], Buffer.alloc(32)])),
      bad("there are no membership heads", inBody([[12], []])),
      bad(
        "the membership heads are not sorted",
        inRemoval([[12], [...(raw(bodyBytes(removal.bytes))[12] as CborValue[])].reverse()]),
      ),
      bad("the logical time needs 33 bits", inBody([[13, 1], 4294967296])),
      bad("the digest of the sealed part has 31 bytes", inBody([[14], Buffer.alloc(31)])),
    ],
  };
}

function manifestVectors() {
  const children = digests.map((digest, index) => ({ digest, size: 1000 + index }));
  const bytes = encodeManifestNode({ level: 1, children, sealed: fixedBytes("sealed", 40) });
  const node = (...parts: Change[]): Uint8Array => change(bytes, parts);
  return {
    valid: [{ name: "three chunks", bytes, value: decodeManifestNode(bytes) }],
    invalid: [
      ...wrapping(bytes, "node"),
      bad("the level is 0", node([[1], 0])),
      bad("the level is 9", node([[1], 9])),
      bad("it has no children", node([[2], []])),
      bad("a child has no bytes", node([[2, 0, 1], 0])),
      bad("a child is larger than a blob", node([[2, 0, 1], 4194305])),
      bad("a child's digest has 31 bytes", node([[2, 0, 0], Buffer.alloc(31)])),
      bad("nothing is sealed", node([[3], null])),
    ],
  };
}

function blobSecretVectors() {
  const second = epochIdFromBytes(fixedBytes("second epoch", 16));
  const value = [secretOf(262144), secretOf(1, { codec: "zstd", epoch: second }), secretOf(70000)];
  const bytes = encodeBlobSecrets(value);
  const [epochs] = raw(bytes) as [CborValue[]];
  const part = (...parts: Change[]): Uint8Array => change(bytes, parts);
  return {
    valid: [{ name: "three children of two epochs", bytes, value: decodeBlobSecrets(bytes, 3) }],
    invalid: [
      ...wrapping(bytes, "part").filter(({ code }) => code !== "UNSUPPORTED_VERSION"),
      bad("a secret is missing", part([[1, 2], undefined])),
      bad("a plain size is 0", part([[1, 0, 0], 0])),
      bad("a material has 31 bytes", part([[1, 0, 1], Buffer.alloc(31)])),
      bad("the codec is 2", part([[1, 0, 2], 2]), "UNSUPPORTED_VERSION"),
      bad("an epoch is not listed", part([[1, 1, 3], 2])),
      bad("an epoch is listed twice", part([[0], [epochs[0], epochs[0]]])),
      bad("an epoch is not used", part([[0], [...epochs, Buffer.alloc(16)]])),
      bad("epochs do not stand in the order of their first use", part([[1, 0, 3], 1], [[1, 1, 3], 0])),
      bad("an epoch has 15 bytes", part([[0, 0], Buffer.alloc(15)])),
    ],
  };
}

function metadataVectors() {
  const bare = metadataOf({
    contentType: null,
    modifiedMs: null,
    mode: null,
    user: [],
    contentDigest: null,
    rootSecret: null,
    size: 0,
  });
  const values = [metadataOf(), bare, metadataOf({ modifiedMs: -1, name: "línea\n2" })];
  const bytes = encodeMetadata(metadataOf());
  const part = (...parts: Change[]): Uint8Array => change(bytes, parts);
  return {
    valid: values.map((value, index) => ({
      name: ["all fields", "no more than a name", "a file from before 1970"][index],
      bytes: encodeMetadata(value),
      value: decodeMetadata(encodeMetadata(value)),
    })),
    invalid: [
      ...wrapping(bytes, "metadata"),
      bad("the name leads out of its folder", part([[1], "../../x"])),
      bad("the name is empty", part([[1], ""])),
      bad("the name has a NUL", part([[1], "a\0"])),
      bad("the name is too long", part([[1], "a".repeat(1025)])),
      bad("the size is negative", part([[2], -1])),
      bad("the content type is too long", part([[3], "a".repeat(256)])),
      bad("the modification time is past the year 275760", part([[4], 8_640_000_000_000_001])),
      bad("the mode has bits that no file has", part([[5], 0o10000])),
      bad("a user pair has three parts", part([[6], [["a", "b", "c"]]])),
      bad("there are 65 user pairs", part([[6], Array.from({ length: 65 }, () => ["a", "b"])])),
      bad("the content's digest has 33 bytes", part([[7], Buffer.alloc(33)])),
      bad("the root's codec is 2", part([[8, 2], 2]), "UNSUPPORTED_VERSION"),
    ],
  };
}

function membershipVectors() {
  const request = { secrets, identity, name: "laptop", timeMs: 1_700_000_000_000 } as const;
  const valid = [
    issueCertificate({ ...request, role: "admin", spaces: null, parents: [] }),
    issueCertificate({ ...request, role: "vault", spaces: [keys.space], parents: digests }),
  ];
  const [first, second] = valid.map((record) => record.bytes) as [Uint8Array, Uint8Array];
  const inBody = (...parts: Change[]): Uint8Array => change(first, [[[1], change(bodyBytes(first), parts)]]);
  const parents = raw(bodyBytes(second))[2] as CborValue[];
  return {
    valid: valid.map((record, index) => ({
      name: ["the first admin", "a vault of one space"][index],
      bytes: record.bytes,
      value: { id: record.id, body: decodeMembershipRecord(record.bytes).body, signature: record.signature },
    })),
    invalid: [
      ...wrapping(first, "record"),
      bad("the body's version is 2", inBody([[0], 2]), "UNSUPPORTED_VERSION"),
      bad("the operation is unknown", inBody([[5, 0], 99]), "UNSUPPORTED_VERSION"),
      bad("there is no operation", inBody([[5], []])),
      bad("the parents are not sorted", inBody([[2], [...parents].reverse()])),
      bad("a parent stands twice", inBody([[2], [parents[0], parents[0]]])),
      bad("the issuer has 31 bytes", inBody([[3], Buffer.alloc(31)])),
      bad("the agreement key has 33 bytes", inBody([[5, 2], Buffer.alloc(33)])),
      bad("the role is 4", inBody([[5, 3], 4])),
      bad("the name has a slash", inBody([[5, 4], "a/b"]), "INVALID_ARGUMENT"),
      bad("the name is too long", inBody([[5, 4], "a".repeat(65)])),
      bad("a space has 15 bytes", inBody([[5, 5], [Buffer.alloc(15)]])),
      bad("the signature is a byte too long", change(first, [[[2], Buffer.alloc(65)]])),
    ],
  };
}

function merkleVectors() {
  const ids = Array.from({ length: 1024 }, (_, index) => digestOf(Buffer.from(`leaf ${index}`)));
  return [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000, 1023, 1024].map((count) => {
    const { root, paths } = merkleTree(ids.slice(0, count));
    return { leaves: 'digestOf("leaf 0"), digestOf("leaf 1"), ...', count, root, last: paths[count - 1] };
  });
}
