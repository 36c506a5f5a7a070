import { digestOf, GstoreError, type PeerId, peerIdOfPublicKey, type SpaceId } from "@gstore/core";
import { provePossession } from "@gstore/crypto";
import { decodeProveBlobs, encodeProveBlobsAnswer } from "@gstore/p2p";
import { ManualClock, MemoryBlobStore, SeededRandom } from "@gstore/testing";
import { expect, test } from "vitest";
import { Challenger, type ChallengerOptions } from "../../src/repair/challenger.ts";

const self = peerIdOfPublicKey(new Uint8Array(32).fill(1));
const holder = peerIdOfPublicKey(new Uint8Array(32).fill(2));
const space = "0123456789abcdef0123456789abcdef" as SpaceId;
const never = new AbortController().signal;
const blob = Buffer.from("a blob");
const busy = (): GstoreError => new GstoreError("TOO_BUSY", "busy", { retryable: true });

/** A challenger of a holder that answers as told to; proofs are right. */
async function challengerOf(answer: (proofs: Uint8Array) => Promise<Uint8Array>) {
  const clock = new ManualClock();
  const blobs = new MemoryBlobStore();
  await blobs.put(digestOf(blob), blob, { space });
  const request = async (_to: PeerId, _purpose: string, message: Uint8Array): Promise<Uint8Array> => {
    const { nonce, digests } = decodeProveBlobs(message);
    const challenge = { nonce, challenger: self, holder, space };
    return await answer(
      encodeProveBlobsAnswer(digests.map((digest) => provePossession(challenge, digest, blob))),
    );
  };
  const network = { self, request } as unknown as ChallengerOptions["network"];
  const challenger = new Challenger({ network, blobs, clock, random: new SeededRandom("challenger") });
  return {
    clock,
    challenge: () => challenger.challenge(holder, { space, digests: [digestOf(blob)] }, never),
  };
}

test("a holder is asked one question at a time, as it takes no more of one member", async () => {
  let running = 0;
  const { challenge } = await challengerOf(async (proofs) => {
    if (running > 0) throw busy();
    running++;
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return proofs;
  });
  expect(await Promise.all([challenge(), challenge(), challenge()])).toEqual(["proved", "proved", "proved"]);
});

test("a holder that is busy is asked again, and not for ever", async () => {
  let refusals = 2;
  const { challenge, clock } = await challengerOf(async (proofs) => {
    if (refusals-- > 0) throw busy();
    return proofs;
  });
  const settled = async (verdict: Promise<string>): Promise<string> => {
    let isOver = false;
    const over = verdict.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      clock.advance(2000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await over;
  };
  expect(await settled(challenge())).toBe("proved");
  refusals = Number.POSITIVE_INFINITY;
  expect(await settled(challenge())).toBe("unknown");
});
