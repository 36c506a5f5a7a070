import { type EntryRecord, GstoreError, parseKeyName } from "@gstore/core";
import type { StoreResult } from "../api.ts";
import type { ResolveResult, RestoreOptions } from "../history-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { pushTargets } from "../replication/push-targets.ts";
import {
  type FileVersion,
  findFileVersion,
  findHistory,
  findVersion,
  type KeyPlace,
  keyPlace,
} from "./find-version.ts";
import { VersionJudge } from "./list-versions.ts";
import { isFixed } from "./reclassify.ts";
import { writeTombstone } from "./remove-file.ts";
import { assertMayWrite, spaceOf } from "./space-of.ts";
import { inSlots, waitForCopies } from "./store-file.ts";
import { refuseBadOptions } from "./store-options.ts";

/** See `HistoryOperations.restore`. */
export async function restoreVersion(
  parts: NodeParts,
  key: string,
  version: string,
  options: RestoreOptions,
): Promise<StoreResult> {
  const place = placeToWrite(parts, key, options);
  const { signal, to } = options;
  const found = await findFileVersion(parts, place, { version, signal });
  if (to === undefined) return await writeAgain(parts, place, found, options);
  const target = placeToWrite(parts, to, options);
  const metadata = { ...found.metadata, name: target.name };
  return await writeAgain(parts, target, { record: found.record, metadata }, options);
}

/** See `HistoryOperations.resolve`. */
export async function resolveConflict(
  parts: NodeParts,
  key: string,
  version: string,
  options: RestoreOptions,
): Promise<ResolveResult> {
  const place = placeToWrite(parts, key, options);
  const { space, name } = place;
  await findHistory(parts, place, options.signal);
  const kept = await findVersion(parts, place, { version, signal: options.signal });
  await assertContends(parts, place, kept);
  const { entry } = kept;
  if (entry.body.op === "put") {
    const file = { record: kept, metadata: space.keys.openMetadata(entry) };
    return { op: "put", ...(await writeAgain(parts, place, file, options)) };
  }
  const leave = parts.writes.enter();
  try {
    return { op: "remove", key: name, version: await writeTombstone(parts, space, name) };
  } finally {
    leave();
  }
}

function placeToWrite(parts: NodeParts, key: string, options: RestoreOptions): KeyPlace {
  const name = parseKeyName(key);
  refuseBadOptions(options);
  const space = spaceOf(parts, options.space);
  assertMayWrite(parts, space);
  return keyPlace(space, name);
}

async function assertContends(parts: NodeParts, place: KeyPlace, kept: EntryRecord): Promise<void> {
  const judge = await VersionJudge.of(parts, place);
  const { name: key } = place;
  if (!judge.isConflict)
    throw new GstoreError("NO_CONFLICT", `${JSON.stringify(key)} is in no conflict.`, { key });
  const ids = judge.heads.map(({ entry }) => entry.id);
  if (ids.includes(kept.entry.id)) return;
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `The version ${kept.entry.id} is none of those that contend for ${JSON.stringify(key)}: ${ids.slice(0, SHOWN_MAX).join(", ")}. Restore it to make it the current one all the same.`,
    { key, version: kept.entry.id },
  );
}

const SHOWN_MAX = 5;

/** A new version of what an older one holds. Its blobs are here before it is written (I3), and where it was held before. */
async function writeAgain(
  parts: NodeParts,
  { space, name, keyId }: KeyPlace,
  { record, metadata }: FileVersion,
  options: RestoreOptions,
): Promise<StoreResult> {
  const { author, names, policies, replication, stopping } = parts;
  const signal = options.signal === undefined ? stopping : AbortSignal.any([options.signal, stopping]);
  const { placement, content, storedBytes } = record.entry.body;
  const was = record.entry.body.policyClass;
  const policyClass = isFixed(was) ? was : policies.classOf(space, name);
  const { size, contentDigest: digest } = metadata;
  if (digest === null) throw new GstoreError("SEAL_BROKEN", "A file's version has no digest.");
  const entry = await inSlots(parts, 1, signal, async () => {
    await replication.catchUp.complete(record.entry, signal);
    const targets = pushTargets(parts, { space: space.id, placement, policyClass });
    return await author.write({
      ...{ space: space.id, keyId, op: "put", policyClass, placement, content, storedBytes, blob: null },
      sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
      written: (written) => replication.announce(written, targets, []),
    });
  });
  const [result] = await Promise.all([
    waitForCopies(parts, name, { entry, digest, size, newBytes: 0 }, { ...options, signal }),
    names.refresh(),
  ]);
  return result;
}
