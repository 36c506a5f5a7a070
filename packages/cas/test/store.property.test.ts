import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "@gstore/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CasStore, openDiskStore } from "../src/index.ts";
import { FaultyFiles, systemError } from "./faulty-files.ts";
import { clockWithoutUpkeep, contentOf, crashCopy, numberedBlob, scratchFolder } from "./scratch.ts";

type Step =
  | { readonly kind: "put" | "delete"; readonly numbers: readonly number[] }
  | { readonly kind: "both"; readonly number: number }
  | { readonly kind: "compact" | "reopen" | "crash" | "rebuild" | "commit" }
  | { readonly kind: "fault"; readonly at: "write" | "datasync" | "truncate" };

const SEGMENT_BYTES = 40_000;
const numbers = fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), numbers }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("delete" as const), numbers }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("both" as const), number: fc.nat(30) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("compact" as const, "crash" as const, "rebuild" as const, "reopen" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      at: fc.constantFrom("write" as const, "datasync" as const, "truncate" as const),
    }),
  },
);

/** A store, and what it must hold. Blobs of failed changes may be there or not. */
class Run {
  dir: string = scratchFolder();
  readonly files: FaultyFiles = new FaultyFiles();
  readonly present = new Set<Digest>();
  readonly unknown = new Set<Digest>();
  #store: Promise<CasStore> | undefined;

  store(): Promise<CasStore> {
    this.#store ??= openDiskStore({
      dir: this.dir,
      files: this.files,
      segmentBytesMax: SEGMENT_BYTES,
      clock: clockWithoutUpkeep,
    });
    return this.#store;
  }

  async put(number: number): Promise<void> {
    const { digest, bytes } = numberedBlob(number, 500 + number * 20);
    await this.#change(digest, async (store) => void (await store.blobs.put(digest, bytes)), true);
  }

  async delete(all: readonly number[]): Promise<void> {
    const digests = all.map((number) => numberedBlob(number, 500 + number * 20).digest);
    const store = await this.store();
    const done = store.blobs.delete(digests);
    await Promise.all(digests.map((digest) => this.#change(digest, () => done, false)));
  }

  async both(number: number): Promise<void> {
    const { digest, bytes } = numberedBlob(number, 500 + number * 20);
    const store = await this.store();
    const deleted = store.blobs.delete([digest]);
    await this.#change(
      digest,
      async () => void (await Promise.all([deleted, store.blobs.put(digest, bytes)])),
      true,
    );
  }

  async restart(how: "reopen" | "crash" | "rebuild"): Promise<void> {
    const store = await this.store();
    const copy = how === "crash" ? crashCopy(this.dir) : this.dir;
    await store.close();
    this.#store = undefined;
    this.dir = copy;
    if (how === "rebuild") rmSync(join(this.dir, "index"), { recursive: true });
  }

  async check(): Promise<void> {
    const { blobs } = await contentOf(await this.store());
    const known = blobs.filter((digest) => !this.unknown.has(digest));
    expect(known).toEqual([...this.present].filter((digest) => !this.unknown.has(digest)).sort());
  }

  async #change(digest: Digest, change: (store: CasStore) => Promise<void>, becomes: boolean): Promise<void> {
    try {
      await change(await this.store());
      this.unknown.delete(digest);
      if (becomes) this.present.add(digest);
      else this.present.delete(digest);
    } catch (error) {
      if ((error as { code?: string }).code !== "STORE_IO") throw error;
      this.unknown.add(digest);
    }
  }
}

async function take(run: Run, one: Step): Promise<void> {
  if (one.kind === "put") await Promise.all(one.numbers.map((number) => run.put(number)));
  else if (one.kind === "delete") await run.delete(one.numbers);
  else if (one.kind === "both") await run.both(one.number);
  else if (one.kind === "compact") {
    await (await run.store()).compact().catch((error) => expect(error).toMatchObject({ code: "STORE_IO" }));
  } else if (one.kind === "fault") {
    let left = 1;
    run.files.before = ({ name }) => {
      const isHit = name === one.at || (one.at === "truncate" && name === "datasync");
      if (!isHit || left === 0) return;
      if (name === one.at) left -= 1;
      throw systemError("EIO");
    };
  } else if (one.kind !== "commit") {
    run.files.before = () => {};
    await run.restart(one.kind);
  }
}

test("after any history the store holds exactly what was acknowledged", { timeout: 180_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const run = new Run();
      for (const one of steps) {
        await take(run, one);
        await run.check();
      }
      run.files.before = () => {};
      await run.restart("rebuild");
      await run.check();
      expect((await (await run.store()).blobs.verify()).damaged).toEqual([]);
      await (await run.store()).close();
    }),
    {
      numRuns: 40,
      examples: [
        // A put fails and can't be cut off; what it left must not come back once the blob was deleted.
        [
          [
            { kind: "fault", at: "truncate" },
            { kind: "put", numbers: [8] },
            { kind: "delete", numbers: [8] },
            { kind: "rebuild" },
            { kind: "put", numbers: [0] },
          ],
        ],
      ],
    },
  );
});
