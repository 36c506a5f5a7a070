import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "@gstore/core";
import { blobStoreCompliance, entryStoreCompliance } from "@gstore/testing";
import { type CasStore, openDiskStore } from "../src/index.ts";
import { SCRATCH_ROOT } from "./scratch.ts";

async function open(): Promise<{ disk: CasStore; dir: string; close: () => Promise<void> }> {
  const dir = mkdtempSync(join(SCRATCH_ROOT, "gstore-cas-"));
  const disk = await openDiskStore({ dir });
  const close = async (): Promise<void> => {
    await disk.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { disk, dir, close };
}

/** Flips the first byte of a blob's body: it follows its digest in the header by 40 bytes. */
async function damage(dir: string, digest: Digest): Promise<void> {
  const packs = join(dir, "packs");
  for (const name of readdirSync(packs)) {
    const bytes = readFileSync(join(packs, name));
    const at = bytes.lastIndexOf(Buffer.from(digest.slice(4), "hex"));
    if (at < 0) continue;
    bytes[at + 40] = (bytes[at + 40] as number) ^ 1;
    writeFileSync(join(packs, name), bytes);
    return;
  }
  throw new Error("no pack holds the blob");
}

blobStoreCompliance("DiskBlobStore", async () => {
  const { disk, dir, close } = await open();
  return { store: disk.blobs, close, damage: (digest) => damage(dir, digest) };
});

entryStoreCompliance("DiskEntryStore", async () => {
  const { disk, close } = await open();
  return { store: disk.entries, close };
});
