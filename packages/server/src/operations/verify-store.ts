import type { Digest, EntryId } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";
import { affectedVersions } from "../scrub/affected-files.ts";
import { AFFECTED_FILES_MAX } from "../scrub/limits.ts";
import type { AffectedFile, RepairReport, StoreVerifyReport, UpkeepOperations } from "../upkeep-api.ts";

/** See `GstoreNode.verify`. */
export async function verifyStore(
  parts: NodeParts,
  options: NonNullable<Parameters<UpkeepOperations["verify"]>[0]>,
): Promise<StoreVerifyReport> {
  const { disk, spaces, stopping } = parts;
  const { repair: mayRepair = false, onProgress } = options;
  const signal = options.signal === undefined ? stopping : AbortSignal.any([options.signal, stopping]);
  const found = await disk.blobs.verify({ signal, ...(onProgress ? { onProgress } : {}) });
  const repair = mayRepair ? await repairFound(parts, found) : null;
  const damaged = {
    blobs: new Set(found.damaged.map(({ digest }) => digest)),
    entries: new Set(found.damagedEntries),
  };
  const unrepaired = new Set<Digest | EntryId>(
    repair === null
      ? [...damaged.blobs, ...damaged.entries]
      : [...repair.unrepairedBlobs, ...repair.unrepairedEntries],
  );
  const files: AffectedFile[] = [];
  let moreFiles = false;
  for await (const { digests, ...file } of affectedVersions({ ...disk, spaces }, damaged, signal)) {
    moreFiles = files.length >= AFFECTED_FILES_MAX;
    if (moreFiles) break;
    const isWhole = !unrepaired.has(file.version) && !digests.some((digest) => unrepaired.has(digest));
    files.push({ ...file, repaired: isWhole });
  }
  return { ...found, files, moreFiles, repair };
}

async function repairFound(
  { scrubber }: NodeParts,
  found: Parameters<NodeParts["scrubber"]["repair"]>[0],
): Promise<RepairReport> {
  const left = await scrubber.repair(found);
  const blobs = new Set(left.blobs);
  const entries = new Set(left.entries);
  const unrepairedBlobs = found.damaged.map(({ digest }) => digest).filter((digest) => blobs.has(digest));
  const unrepairedEntries = found.damagedEntries.filter((id) => entries.has(id));
  return {
    blobs: found.damaged.length - unrepairedBlobs.length,
    entries: found.damagedEntries.length - unrepairedEntries.length,
    records: found.damagedRecords,
    ...{ unrepairedBlobs, unrepairedEntries },
  };
}
