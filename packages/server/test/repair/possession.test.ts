import { type Digest, digestOf, type Entry, PROOF_BYTES_PER_SECOND, type SpaceId } from "@gstore/core";
import { provePossession } from "@gstore/crypto";
import { decodeProveBlobsAnswer, encodeProveBlobs } from "@gstore/p2p";
import { HookedBlobStore, HookedEntryStore, MemoryDiskStore } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { joinBy } from "../support/joining.ts";
import { randomBytes, TestNetwork, type TestNode } from "../support/test-network.ts";
import { turns, until } from "../support/waiting.ts";

const nonce = new Uint8Array(32).fill(9);
let network: TestNetwork;
let blobs: HookedBlobStore;
let holder: TestNode;
let asker: TestNode;

beforeEach(async () => {
  network = new TestNetwork("possession");
  blobs = new HookedBlobStore();
  holder = await network.node("holder", {
    disk: new MemoryDiskStore({ blobs, entries: new HookedEntryStore() }),
  });
  asker = await network.node("asker");
  await network.connect(holder, asker);
});
afterEach(() => network.stop());

async function stored(key: string, content: Buffer, space = "main"): Promise<Entry> {
  const { version } = await holder.node.store(key, content, { space, wait: "local" });
  const record = await holder.disk.entries.get(version);
  if (record === undefined) throw new Error("it was stored");
  return record.entry;
}

const rootOf = ({ body }: Entry): Digest => {
  if (body.content === null) throw new Error("it has content");
  return body.content.digest;
};

async function ask(by: TestNode, space: SpaceId, digests: readonly Digest[]): Promise<(Uint8Array | null)[]> {
  const message = encodeProveBlobs({ space, nonce, digests });
  return decodeProveBlobsAnswer(await by.network.request(holder.id, "blobs", message), digests.length);
}

describe("a holder that is asked for proofs", () => {
  test("proves what is here to who asked, and says of the rest that it is not", async () => {
    const entry = await stored("file", randomBytes(1000));
    const { space } = entry.body;
    const digest = rootOf(entry);
    const blob = await blobs.get(digest);
    const challenge = { nonce, challenger: asker.id, holder: holder.id, space };
    expect(await ask(asker, space, [digest, digestOf(nonce)])).toEqual([
      new Uint8Array(provePossession(challenge, digest, blob)),
      null,
    ]);
  });

  test("refuses who may not hold the space, and proves no blob of another one", async () => {
    await holder.node.createSpace("photos");
    const self = await joinBy(network, holder, "narrow", { spaces: ["photos"] });
    const narrow = await network.node("narrow", { self });
    await network.connect(holder, narrow);
    const paper = await stored("paper", randomBytes(1000, "paper"));
    const photo = await stored("photo", randomBytes(1000, "photo"), "photos");
    await expect(ask(narrow, paper.body.space, [rootOf(paper)])).rejects.toMatchObject({
      code: "REQUEST_REFUSED",
    });
    const proofs = await ask(narrow, photo.body.space, [rootOf(paper), rootOf(photo)]);
    expect(proofs.map((proof) => proof?.length ?? null)).toEqual([null, 32]);
  });

  test("finds damage by it, says that the blob is not here, and fetches it anew", async () => {
    const entry = await stored("file", randomBytes(1000));
    await until("the other node has it too", async () => {
      return (await asker.disk.entries.get(entry.id))?.complete === true;
    });
    blobs.memory.damage(rootOf(entry));
    expect(await ask(asker, entry.body.space, [rootOf(entry)])).toEqual([null]);
    await until("the blob is whole again", async () => {
      return (await ask(asker, entry.body.space, [rootOf(entry)])).every((proof) => proof !== null);
    });
    expect(holder.complaints.join()).toContain("proved damaged");
  });

  test("works on one question of a member at a time", async () => {
    const entry = await stored("file", randomBytes(1000));
    let goOn = () => {};
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    blobs.beforeGet = () => waits;
    const first = ask(asker, entry.body.space, [rootOf(entry)]);
    await turns(20);
    await expect(ask(asker, entry.body.space, [rootOf(entry)])).rejects.toMatchObject({ code: "TOO_BUSY" });
    goOn();
    expect((await first).length).toBe(1);
  });

  test("reads for a member no more than so many bytes a second", async () => {
    const entry = await stored("file", randomBytes(60_000));
    const digests = Array.from({ length: 16 }, () => rootOf(entry));
    let proved = 0;
    const askOn = async (): Promise<void> => {
      for (;;) proved += (await ask(asker, entry.body.space, digests)).length;
    };
    await expect(askOn()).rejects.toMatchObject({ code: "TOO_BUSY" });
    expect(proved * 60_000).toBeGreaterThan(PROOF_BYTES_PER_SECOND);
    expect(proved * 60_000).toBeLessThan(3 * PROOF_BYTES_PER_SECOND);
    network.clock.advance(1000);
    expect((await ask(asker, entry.body.space, digests)).length).toBe(16);
  });
});
