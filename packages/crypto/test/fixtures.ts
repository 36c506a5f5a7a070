import { createHash } from "node:crypto";
import {
  type BlobSecret,
  digestOf,
  epochIdFromBytes,
  incarnationFromBytes,
  placementIdFromBytes,
  type Random,
  type VersionMetadata,
  type WholeEntryBody,
} from "@gstore/core";
import {
  createNetworkSecrets,
  generateIdentity,
  type NetworkSecrets,
  type NodeIdentity,
} from "../src/index.ts";
import type { SpaceKeys } from "../src/space-keys.ts";

/** Bytes that a label stands for, in every run: SHA-256 of the label and a counter, one block after the other. */
export function fixedRandom(label: string): Random {
  let block = 0;
  const next = (): Buffer => createHash("sha256").update(`${label} ${block++}`).digest();
  const bytes = (length: number): Uint8Array => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, next);
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  };
  return { bytes, below: (bound) => Number(next().readBigUInt64BE() % BigInt(bound)) };
}

export function fixedBytes(label: string, length: number): Uint8Array {
  return fixedRandom(label).bytes(length);
}

export function fixedIdentity(label: string): NodeIdentity {
  return generateIdentity(fixedRandom(`identity ${label}`));
}

export function fixedSecrets(label: string): NetworkSecrets {
  return createNetworkSecrets(fixedRandom(`network ${label}`));
}

/** A body that the formats accept; `parts` replaces fields. */
export function bodyOf(
  author: NodeIdentity,
  keys: SpaceKeys,
  parts: Partial<WholeEntryBody> = {},
): WholeEntryBody {
  const keyId = keys.keyIdOf("notes/today.txt");
  return {
    space: keys.space,
    keyId,
    dot: {
      author: author.peerId,
      incarnation: incarnationFromBytes(fixedBytes("incarnation", 8)),
      counter: 1,
    },
    context: [],
    op: "put",
    policyClass: 0,
    placement: placementIdFromBytes(fixedBytes("placement", 16)),
    content: { level: 0, digest: digestOf(Buffer.from("a blob")), size: 42 },
    storedBytes: 42,
    seq: 1,
    prev: null,
    membershipHeads: [digestOf(Buffer.from("a membership record"))],
    time: { wallMs: 1_700_000_000_000, logical: 3 },
    sealed: keys.sealMetadata({ space: keys.space, keyId }, metadataOf()),
    ...parts,
  };
}

export function metadataOf(parts: Partial<VersionMetadata> = {}): VersionMetadata {
  return {
    name: "notes/today.txt",
    size: 25,
    contentType: "text/plain",
    modifiedMs: 1_699_999_999_000,
    mode: 0o644,
    user: [["colour", "grün"]],
    contentDigest: digestOf(Buffer.from("a file")),
    rootSecret: secretOf(25),
    ...parts,
  };
}

export function secretOf(plainSize: number, parts: Partial<BlobSecret> = {}): BlobSecret {
  const epoch = epochIdFromBytes(fixedBytes("epoch", 16));
  return { plainSize, material: fixedBytes("material", 32), codec: "none", epoch, ...parts };
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** The code of the GstoreError that `action` throws, "nothing" if it throws none, the error itself if it is another. */
export function codeOf(action: () => unknown): unknown {
  try {
    action();
    return "nothing";
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}
