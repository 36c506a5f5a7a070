import { createChunker } from "@gstore/chunker";
import { SEAL_IDLE_TIMEOUT_MS, SEAL_INLINE_BYTES_MAX } from "@gstore/core";
import { createNetworkSecrets, SpaceKeys, type SpaceSecrets } from "@gstore/crypto";
import { ManualClock, SeededRandom } from "@gstore/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { OpenSpace } from "../../src/membership/spaces.ts";
import { materialTable } from "../../src/sealing/material-table.ts";
import { WorkerSealer } from "../../src/sealing/worker-sealer.ts";
import { randomBytes } from "../support/test-network.ts";

const KIB = 1024;
const clock = new ManualClock();
const [secrets] = createNetworkSecrets(new SeededRandom("space")).spaces as [SpaceSecrets];
const space = openSpace(secrets);

let sealer = new WorkerSealer({ threads: 2, clock });
afterEach(async () => {
  await sealer.close();
  sealer = new WorkerSealer({ threads: 2, clock });
});

function openSpace(given: SpaceSecrets): OpenSpace {
  const keys = new SpaceKeys(given);
  const chunker = createChunker(keys.chunkerSeed());
  const { id, name, currentEpoch: state } = given;
  return { id, name, keys, chunker, secrets: given, isCurrent: true, state };
}

async function seal(plain: Uint8Array, known?: SharedArrayBuffer) {
  const release = await sealer.room(undefined);
  try {
    return await sealer.seal(space, plain, known);
  } finally {
    release();
  }
}

/** Has both threads loaded. */
async function warm(): Promise<void> {
  const plain = randomBytes(100 * KIB, "warm");
  const releases = await Promise.all([1, 2, 3, 4].map(() => sealer.room(undefined)));
  await vi.waitFor(
    async () => {
      await Promise.all([1, 2, 3, 4].map(() => sealer.seal(space, plain)));
      expect(sealer.ready).toBe(2);
    },
    { timeout: 30_000 },
  );
  for (const release of releases) release();
}

function inline(bytes: Uint8Array, keys = space.keys) {
  return keys.sealChunk({ bytes, codec: "none", plainSize: bytes.length });
}

describe("sealing on threads", () => {
  test.each(["while threads load", "on threads"])(
    "gives the blobs that sealing alone gives, %s",
    async (when) => {
      if (when === "on threads") await warm();
      const sizes = [1, SEAL_INLINE_BYTES_MAX, SEAL_INLINE_BYTES_MAX + 1, 300 * KIB, 200 * KIB, 1024 * KIB];
      for (const [round, size] of [...sizes, ...sizes.toReversed(), ...sizes].entries()) {
        const plain = randomBytes(size, `chunk ${round}`);
        const outcome = await seal(plain);
        const expected = inline(plain);
        expect(outcome).toEqual({ sealed: expected });
        if ("sealed" in outcome) sealer.recycle(outcome.sealed.blob);
      }
    },
  );

  test("compresses what is worth it", async () => {
    const outcome = await seal(Buffer.alloc(200 * KIB, "a line of text\n"));
    expect(outcome).toMatchObject({ sealed: { secret: { codec: "zstd", plainSize: 200 * KIB } } });
  });

  test("has taken the chunk once it was called", async () => {
    const plain = randomBytes(100 * KIB);
    const expected = inline(plain);
    await warm();
    const release = await sealer.room(undefined);
    const sealing = sealer.seal(space, plain);
    plain.fill(0);
    expect(await sealing).toEqual({ sealed: expected });
    release();
  });

  test("names the place of a chunk that is known, and seals it not", async () => {
    const chunks = ["one", "two", "three"].map((seed) => randomBytes(100 * KIB, seed));
    const materials = chunks.map((chunk) => inline(chunk).secret.material).sort(Buffer.compare);
    const table = materialTable(materials);
    await warm();
    for (const chunk of chunks) {
      const place = materials.findIndex(
        (material) => Buffer.compare(material, inline(chunk).secret.material) === 0,
      );
      expect(await seal(chunk, table)).toEqual({ known: place });
    }
    expect(await seal(randomBytes(100 * KIB, "four"), table)).toHaveProperty("sealed");
  });

  test("uses the keys as they are when it is called", async () => {
    const plain = randomBytes(100 * KIB);
    await warm();
    await seal(plain);
    const [other] = createNetworkSecrets(new SeededRandom("later")).spaces as [SpaceSecrets];
    const later = openSpace({ ...other, id: secrets.id });
    const release = await sealer.room(undefined);
    expect(await sealer.seal(later, plain)).toEqual({ sealed: inline(plain, later.keys) });
    release();
  });

  test("lets no more than its share of chunks in at once", async () => {
    const entered: (() => void)[] = [];
    const all = Array.from({ length: 20 }, async () => entered.push(await sealer.room(undefined)));
    await Promise.resolve();
    await Promise.all(all.slice(0, 8));
    expect(entered).toHaveLength(8);
    while (entered.length > 0) {
      entered.shift()?.();
      await Promise.resolve();
      await Promise.resolve();
    }
    await Promise.all(all);
  });

  test("gives up what it has when it is closed, and begins again when it is asked", async () => {
    const plain = randomBytes(100 * KIB);
    await warm();
    const release = await sealer.room(undefined);
    const sealing = sealer.seal(space, plain);
    await Promise.all([expect(sealing).rejects.toMatchObject({ code: "ABORTED" }), sealer.close()]);
    release();
    expect(await seal(plain)).toEqual({ sealed: inline(plain) });
  });

  test("starts threads only when chunks come faster than they are dealt with", async () => {
    const plain = randomBytes(100 * KIB);
    await seal(plain);
    await seal(plain);
    expect(sealer.running).toBe(0);
    const releases = await Promise.all([1, 2].map(() => sealer.room(undefined)));
    expect(await sealer.seal(space, plain)).toEqual({ sealed: inline(plain) });
    expect(sealer.running).toBe(1);
    for (const release of releases) release();
  });

  test("ends its threads when nothing has come for a while", async () => {
    const plain = randomBytes(100 * KIB);
    await warm();
    expect(sealer.running).toBe(2);
    clock.advance(SEAL_IDLE_TIMEOUT_MS);
    expect(sealer.running).toBe(0);
    expect(await seal(plain)).toEqual({ sealed: inline(plain) });
  });
});
