import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Digest, digestOf, systemClock } from "@gstore/core";
import { onTestFinished } from "vitest";
import { type CasStore, type OpenDiskStoreOptions, openDiskStore } from "../src/index.ts";

/**
 * Where scratch folders are made: in memory where that can be had. These tests open stores by the hundred, and each syncs;
 * what syncs are worth is for the soak tests, on a disk of their own.
 */
export const SCRATCH_ROOT: string = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A folder of its own, removed when the test ends. */
export function scratchFolder(root: string = SCRATCH_ROOT): string {
  const folder = mkdtempSync(join(root, "gstore-cas-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The machine's clock without what waits for a second or more: no compaction begins by itself. */
export const clockWithoutUpkeep: Clock = {
  ...systemClock,
  after: (delayMs, callback) => (delayMs < 1000 ? systemClock.after(delayMs, callback) : () => {}),
};

/** A store that is closed when the test ends, if it was not before. */
export async function openScratch(options: OpenDiskStoreOptions): Promise<CasStore> {
  const store = await openDiskStore(options);
  onTestFinished(() => store.close());
  return store;
}

/**
 * A copy of a store's folder as it is on the disk right now, as if the process had been killed. The packs come last: what
 * the copied index speaks of is then in them.
 */
export function crashCopy(dir: string): string {
  const copy = scratchFolder();
  for (const name of readdirSync(dir))
    if (name !== "packs") cpSync(join(dir, name), join(copy, name), { recursive: true });
  cpSync(join(dir, "packs"), join(copy, "packs"), { recursive: true });
  return copy;
}

/** The paths of a store's packs, in order. */
export function packPaths(dir: string): string[] {
  const packs = join(dir, "packs");
  return readdirSync(packs)
    .sort()
    .map((name) => join(packs, name));
}

/** A blob of `size` bytes that no other number has. */
export function numberedBlob(number: number, size = 100): { digest: Digest; bytes: Buffer } {
  const bytes = Buffer.alloc(size, `blob ${number} `);
  return { digest: digestOf(bytes), bytes };
}

export interface StoreContent {
  readonly blobs: Digest[];
  readonly entries: string[];
  readonly membership: string[];
}

/** Everything a store holds, in a form that compares. Blobs are read, so damaged ones would reject. */
export async function contentOf(store: CasStore): Promise<StoreContent> {
  const blobs: Digest[] = [];
  for await (const { digest } of store.blobs.list()) {
    if (digestOf(await store.blobs.get(digest)) === digest) blobs.push(digest);
  }
  const entries = (await store.entries.since(0, 10_000)).map(({ entry }) => entry.id);
  const membership = (await store.membership.all()).map(({ id }) => id);
  return { blobs, entries, membership };
}
