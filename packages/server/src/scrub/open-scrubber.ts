import type { KeyInSpace } from "../api.ts";
import type { NodeParts } from "../node-parts.ts";
import type { SyncedFile } from "../synced-file.ts";
import { affectedVersions } from "./affected-files.ts";
import { DamageRepair } from "./damage-repair.ts";
import { SCRUB_PERIOD_MIN_MS, SCRUB_PERIOD_MS, UNREPAIRED_FILES_SHOWN_MAX } from "./limits.ts";
import { readScrubState } from "./scrub-state.ts";
import { Scrubber, type ScrubberOptions } from "./scrubber.ts";

export interface ScrubSettings {
  /** Every blob is hashed again within this long (ms). Default: 30 days. */
  readonly periodMs?: number;
}

/** A scrubber of a node's disk, not started. Without a file it begins anew with each start of the node. */
export async function openScrubber(
  parts: Pick<
    NodeParts,
    "disk" | "members" | "network" | "replication" | "collection" | "clock" | "logger" | "spaces"
  >,
  { settings = {}, file = NO_FILE }: { settings?: ScrubSettings | undefined; file?: SyncedFile | undefined },
): Promise<Scrubber> {
  const { disk, members, network, replication, clock, logger, spaces } = parts;
  const { purgeGuard } = parts.collection;
  const repair = new DamageRepair({
    ...{ disk, members, network, fetcher: replication.fetcher, purgeGuard, logger },
  });
  const filesOf: ScrubberOptions["filesOf"] = async (damaged, signal) => {
    const files: KeyInSpace[] = [];
    for await (const { space, key } of affectedVersions({ ...disk, spaces }, damaged, signal)) {
      if (!files.some((file) => file.space === space && file.key === key)) files.push({ space, key });
      if (files.length >= UNREPAIRED_FILES_SHOWN_MAX) break;
    }
    return files;
  };
  const periodMs = Math.max(SCRUB_PERIOD_MIN_MS, settings.periodMs ?? SCRUB_PERIOD_MS);
  const state = await readScrubState(file);
  return new Scrubber({ disk, repair, file, state, clock, logger, periodMs, filesOf });
}

const NO_FILE: SyncedFile = { path: "scrub.json", read: async () => null, replace: async () => {} };
