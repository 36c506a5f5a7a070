import { generateKeyPairSync, sign, verify } from "node:crypto";
import {
  decodeEntry,
  digestOf,
  type EntryBody,
  incarnationFromBytes,
  type PlacementId,
  placementIdFromBytes,
  type WholeEntryBody,
} from "@gstore/core";
import { EntryVerifier, type SpaceKeys, signEntries, unsignedEntry } from "@gstore/crypto";
import type { BenchContext } from "../benchmark.ts";
import { microsecondsEach } from "../timing.ts";
import { makeSpace } from "./inputs.ts";

export async function run({ report }: BenchContext): Promise<void> {
  const { keys, author } = makeSpace();
  const pair = generateKeyPairSync("ed25519");
  const message = Buffer.alloc(64, 1);
  const signature = sign(null, message, pair.privateKey);
  const perSecond = (call: () => unknown, items = 1): number => (1e6 * items) / microsecondsEach(call);
  const signing = {
    name: "node:crypto Ed25519 sign",
    value: perSecond(() => sign(null, message, pair.privateKey)),
  };
  const verifying = {
    name: "node:crypto Ed25519 verify",
    value: perSecond(() => verify(null, message, pair.publicKey, signature)),
  };
  const body = bodyOf(author.peerId, keys);
  for (const count of [1, 16, 128, 1024]) {
    const bodies = Array.from({ length: count }, (_, index): WholeEntryBody => {
      return { ...body, placement: index.toString(16).padStart(32, "0") as PlacementId };
    });
    const received = signEntries(bodies.map(unsignedEntry), author).map((entry) => entry.bytes);
    const name = `batch of ${count}`;
    const signed = perSecond(() => signEntries(bodies.map(unsignedEntry), author), count);
    report.figure({ name: `${name}: encode and sign`, value: signed, unit: "/s", limit: signing });
    const take = (): void => {
      const verifier = new EntryVerifier();
      for (const bytes of received) verifier.verify(decodeEntry(bytes));
    };
    report.figure({
      name: `${name}: decode and verify`,
      value: perSecond(take, count),
      unit: "/s",
      limit: verifying,
    });
  }
}

function bodyOf(author: EntryBody["dot"]["author"], keys: SpaceKeys): WholeEntryBody {
  const keyId = keys.keyIdOf("notes/today.txt");
  const digest = digestOf(Buffer.from("a blob"));
  return {
    space: keys.space,
    keyId,
    dot: { author, incarnation: incarnationFromBytes(Buffer.alloc(8, 1)), counter: 1 },
    context: [],
    op: "put",
    policyClass: 0,
    placement: placementIdFromBytes(Buffer.alloc(16, 2)),
    content: { level: 0, digest, size: 42 },
    storedBytes: 42,
    seq: 1,
    prev: null,
    membershipHeads: [digest],
    time: { wallMs: 1_700_000_000_000, logical: 0 },
    sealed: keys.sealMetadata(
      { space: keys.space, keyId },
      {
        name: "notes/today.txt",
        size: 26,
        contentType: null,
        modifiedMs: 1_700_000_000_000,
        mode: 0o644,
        user: [],
        contentDigest: digest,
        rootSecret: null,
      },
    ),
  };
}
