import {
  type BlobStore,
  type Digest,
  GstoreError,
  MANIFEST_CACHE_BYTES_MAX,
  type PeerId,
  TRANSFER_WINDOW_BYTES,
} from "@gstore/core";
import { HookedBlobStore } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWindow } from "../src/byte-window.ts";
import { ManifestNodes } from "../src/manifest-nodes.ts";
import type { OpenSpace } from "../src/membership/spaces.ts";
import { type ReadDependencies, readFile } from "../src/read-file.ts";
import type { BlobFetcher } from "../src/replication/blob-fetcher.ts";
import { type BuiltTree, buildTree, numberedChunks, seededKeys } from "./support/chunks.ts";
import { codeOf, turns, until } from "./support/waiting.ts";

const keys = seededKeys();
const space = { id: keys.space, name: "main", keys } as OpenSpace;
const noFetcher = { fetch: () => Promise.reject(new GstoreError("NO_HOLDER_REACHABLE", "none")) };

function dependenciesOn(blobs: BlobStore, fetcher: Pick<BlobFetcher, "fetch"> = noFetcher): ReadDependencies {
  return {
    blobs,
    fetcher: fetcher as BlobFetcher,
    readAhead: new ByteWindow(TRANSFER_WINDOW_BYTES),
    nodes: new ManifestNodes(MANIFEST_CACHE_BYTES_MAX),
  };
}

function requestFor(
  { tree }: BuiltTree,
  start = 0,
  end = Number.MAX_SAFE_INTEGER,
  signal = new AbortController().signal,
) {
  if (tree === null) throw new Error("this test reads a tree");
  return {
    space,
    root: tree.root,
    likely: new Set<PeerId>(),
    secret: tree.secret,
    start,
    end: Math.min(end, tree.secret.plainSize),
    signal,
  };
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Puts a tree's blobs behind hooks. */
async function hooked(built: BuiltTree): Promise<HookedBlobStore> {
  const blobs = new HookedBlobStore();
  for await (const { digest } of built.blobs.list())
    await blobs.memory.put(digest, await built.blobs.get(digest));
  return blobs;
}

describe("a file read back from its tree", () => {
  test.each([1, 2, 33, 5000])("is the same, whole, of %d chunks", async (count) => {
    const chunks = numberedChunks(count);
    const built = await buildTree(keys, chunks);
    const dependencies = dependenciesOn(built.blobs);
    expect((await collect(readFile(dependencies, requestFor(built)))).equals(Buffer.concat(chunks))).toBe(
      true,
    );
    expect(dependencies.readAhead.inFlight).toBe(0);
  });

  test("is the same in any range of any sizes of chunks", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (lengths, from, to) => {
        const chunks = lengths.map((length, index) => Buffer.alloc(length, `${index} `));
        const whole = Buffer.concat(chunks);
        const built = await buildTree(keys, chunks);
        const [start, end] = [from % whole.length, to % (whole.length + 1)].sort((a, b) => a - b) as [
          number,
          number,
        ];
        const dependencies = dependenciesOn(built.blobs);
        const read = await collect(readFile(dependencies, requestFor(built, start, end)));
        expect(read.equals(whole.subarray(start, end))).toBe(true);
        expect(dependencies.readAhead.inFlight).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("reads no subtree that the range does not touch", async () => {
    const built = await buildTree(keys, numberedChunks(5000));
    const blobs = await hooked(built);
    const { length } = await collect(readFile(dependenciesOn(blobs), requestFor(built, 30_000, 30_001)));
    expect(length).toBe(1);
    // The root, one node, one chunk.
    expect(blobs.gets).toBe(3);
  });

  test("reads a second range with its chunk alone, and under another secret nothing", async () => {
    const built = await buildTree(keys, numberedChunks(5000));
    const blobs = await hooked(built);
    const dependencies = dependenciesOn(blobs);
    const first = await collect(readFile(dependencies, requestFor(built, 30_000, 30_001)));
    const before = blobs.gets;
    const second = await collect(readFile(dependencies, requestFor(built, 30_000, 30_001)));
    expect(second).toEqual(first);
    expect(blobs.gets).toBe(before + 1);
    const request = requestFor(built, 30_000, 30_001);
    const secret = { ...request.secret, material: new Uint8Array(32) };
    expect(await codeOf(collect(readFile(dependencies, { ...request, secret })))).toBe("SEAL_BROKEN");
  });

  test("takes from other members what is missing here", async () => {
    const chunks = numberedChunks(100);
    const built = await buildTree(keys, chunks);
    const blobs = await hooked(built);
    const gone: Digest[] = [];
    for await (const { digest } of built.blobs.list()) if (gone.length < 50) gone.push(digest);
    await blobs.delete(gone);
    const fetched: Digest[] = [];
    const fetcher = {
      fetch: (digest: Digest) => {
        fetched.push(digest);
        return built.blobs.get(digest);
      },
    };
    const read = await collect(readFile(dependenciesOn(blobs, fetcher), requestFor(built)));
    expect(read.equals(Buffer.concat(chunks))).toBe(true);
    expect(fetched.sort()).toEqual(gone.sort());
  });

  test("replaces a blob that is damaged here by what another member gave", async () => {
    const chunks = numberedChunks(3);
    const built = await buildTree(keys, chunks);
    const blobs = await hooked(built);
    const sealed = keys.sealChunk({
      bytes: chunks[1] as Uint8Array,
      codec: "none",
      plainSize: chunks[1]?.length ?? 0,
    });
    blobs.memory.damage(sealed.digest);
    const fetcher = { fetch: (digest: Digest) => built.blobs.get(digest) };
    const read = await collect(readFile(dependenciesOn(blobs, fetcher), requestFor(built)));
    expect(read.equals(Buffer.concat(chunks))).toBe(true);
    expect(await blobs.memory.get(sealed.digest)).toEqual(sealed.blob);
  });

  test("never gives bytes that another member made up", async () => {
    const built = await buildTree(keys, numberedChunks(40));
    const blobs = await hooked(built);
    const other = keys.sealChunk({ bytes: Buffer.from("something"), codec: "none", plainSize: 9 });
    const [victim] = built.nodes;
    await blobs.delete([victim as Digest]);
    // The fetcher verifies digests; here it does not, and the seal still holds.
    const fetcher = { fetch: async () => other.blob };
    const code = await codeOf(collect(readFile(dependenciesOn(blobs, fetcher), requestFor(built))));
    expect(["SEAL_BROKEN", "INVALID_FORMAT"]).toContain(code);
  });
});

describe("reading ahead", () => {
  test("stays within the node's window, and gives all of it back at the end", async () => {
    const chunks = numberedChunks(200);
    const built = await buildTree(keys, chunks);
    const dependencies = { ...dependenciesOn(built.blobs), readAhead: new ByteWindow(50) };
    const stream = readFile(dependencies, requestFor(built));
    let most = 0;
    for await (const _ of stream) most = Math.max(most, dependencies.readAhead.inFlight);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(50);
    expect(dependencies.readAhead.inFlight).toBe(0);
  });

  test("goes on chunk by chunk while others hold all of the window", async () => {
    const chunks = numberedChunks(20);
    const built = await buildTree(keys, chunks);
    const readAhead = new ByteWindow(50);
    expect(readAhead.tryAcquire(50)).toBe(true);
    const stream = readFile({ ...dependenciesOn(built.blobs), readAhead }, requestFor(built));
    expect((await collect(stream)).equals(Buffer.concat(chunks))).toBe(true);
    expect(readAhead.inFlight).toBe(50);
  });

  test("has up to sixteen chunks in work, not more", async () => {
    const built = await buildTree(keys, numberedChunks(31));
    const blobs = await hooked(built);
    let running = 0;
    let most = 0;
    blobs.beforeGet = async () => {
      most = Math.max(most, ++running);
      await turns(2);
      running--;
    };
    await collect(readFile(dependenciesOn(blobs), requestFor(built)));
    expect(most).toBe(16);
  });

  test("is given up with all it holds when its consumer stops, whatever is still in work", async () => {
    const built = await buildTree(keys, numberedChunks(100));
    const dependencies = dependenciesOn(built.blobs);
    for await (const _ of readFile(dependencies, requestFor(built))) break;
    expect(dependencies.readAhead.inFlight).toBe(0);
  });

  test("gives its window back when a chunk can't be read", async () => {
    const chunks = numberedChunks(100);
    const built = await buildTree(keys, chunks);
    const blobs = await hooked(built);
    let reads = 0;
    blobs.beforeGet = () => {
      if (++reads === 60) throw new GstoreError("STORE_IO", "no");
    };
    const dependencies = dependenciesOn(blobs);
    expect(await codeOf(collect(readFile(dependencies, requestFor(built))))).toBe("NO_HOLDER_REACHABLE");
    expect(dependencies.readAhead.inFlight).toBe(0);
  });

  test("ends with ABORTED soon after its signal fires, and holds nothing then", async () => {
    const built = await buildTree(keys, numberedChunks(100));
    const dependencies = dependenciesOn(built.blobs);
    const stop = new AbortController();
    const stream = readFile(dependencies, requestFor(built, 0, undefined, stop.signal));
    await stream.next();
    stop.abort();
    expect(await codeOf(collect(stream))).toBe("ABORTED");
    await until("the window is free", () => dependencies.readAhead.inFlight === 0);
  });
});
