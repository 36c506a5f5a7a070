import { type CasStore, type DiskFiles, openStoreOn } from "@gstore/cas/internals";
import type { Clock, Random } from "@gstore/core";
import type { Life } from "../world/life.ts";
import type { DiskImage } from "./disk-image.ts";
import { MemoryDatabase } from "./memory-database.ts";

/** Small segments, so that a run of a minute fills several. */
const SEGMENT_BYTES = 1024 * 1024;
const STORE_FOLDER = "/node/store";

/** Opens the real store on a simulated disk: its packs as they are written and synced, its index in memory. */
export async function openSimulatedStore(options: {
  readonly life: Life;
  readonly image: DiskImage;
  readonly files: DiskFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly entryLost: () => Promise<void>;
}): Promise<CasStore> {
  const { life, image, files, clock, random, entryLost } = options;
  return await openStoreOn(
    {
      files,
      lock: async () => ({ release: () => {} }),
      openDatabase: (given) => MemoryDatabase.open(life, image, given),
    },
    { dir: STORE_FOLDER, holder: "simulator", clock, random, entryLost, segmentBytesMax: SEGMENT_BYTES },
  );
}
