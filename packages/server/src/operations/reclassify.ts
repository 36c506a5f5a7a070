import {
  type Entry,
  isGstoreError,
  LIST_PAGE_MAX,
  SIGNATURE_BATCH_ENTRIES_MAX,
  throwIfAborted,
} from "@gstore/core";
import { PolicyKeys } from "@gstore/crypto";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { FIXED_COPIES_CLASS_MAX } from "../placement/placement.ts";
import type { PolicyOptions, PolicyReport } from "../policy-api.ts";
import { pushTargets } from "../replication/push-targets.ts";
import { inSlots } from "./store-file.ts";

/** Versions written anew at once; many are then under one signature and one sync. */
const AT_ONCE = Math.min(64, SIGNATURE_BATCH_ENTRIES_MAX);

type Outcome = "reclassified" | "as it is" | "left";

/**
 * Writes the current versions of the keys below a prefix anew, where their class is not that of the policy that holds for
 * them: same blobs, same placement, so that only entries travel. What was put with a number of copies keeps that. A key in
 * conflict is left as it is: to write it would settle the conflict.
 */
export async function reclassify(
  parts: NodeParts,
  space: OpenSpace,
  prefix: string,
  { signal: given, onProgress = () => {} }: Pick<PolicyOptions, "signal" | "onProgress">,
): Promise<Pick<PolicyReport, "keys" | "reclassified" | "left">> {
  const { names, stopping } = parts;
  const signal = given === undefined ? stopping : AbortSignal.any([given, stopping]);
  const counts = { keys: 0, reclassified: 0, left: 0 };
  for (let after = ""; ; ) {
    const page = names.list(space.id, { prefix, after, limit: LIST_PAGE_MAX });
    const last = page.at(-1);
    if (last === undefined) break;
    for (let at = 0; at < page.length; at += AT_ONCE) {
      throwIfAborted(signal);
      const some = page.slice(at, at + AT_ONCE);
      const outcomes = await Promise.all(some.map(({ name }) => reclassifyKey(parts, space, name, signal)));
      for (const outcome of outcomes) {
        counts.keys++;
        if (outcome !== "as it is") counts[outcome]++;
      }
      onProgress({ keys: counts.keys, reclassified: counts.reclassified });
    }
    after = last.name;
  }
  await names.refresh();
  return counts;
}

async function reclassifyKey(
  parts: NodeParts,
  space: OpenSpace,
  name: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { disk, policies } = parts;
  const heads = await disk.entries.heads(space.id, space.keys.keyIdOf(name));
  const policyClass = policies.classOf(space, name);
  const isOther = ({ body }: Entry): boolean =>
    body.op === "put" && !isFixed(body.policyClass) && body.policyClass !== policyClass;
  if (!heads.some(({ entry }) => isOther(entry))) return "as it is";
  const [head] = heads;
  if (head === undefined || heads.length > 1) return "left";
  try {
    await writeWithClass(parts, { space, name, entry: head.entry, policyClass, signal });
    return "reclassified";
  } catch (error) {
    // What a put superseded meanwhile has the class of the policy by itself.
    if (isGstoreError(error, "VERSION_NOT_FOUND")) return "as it is";
    if (isGstoreError(error, "NO_HOLDER_REACHABLE", "SEAL_BROKEN", "KEY_MISSING", "BLOB_DAMAGED"))
      return "left";
    throw error;
  }
}

/** A put with a number of copies of its own. */
export function isFixed(policyClass: number): boolean {
  return policyClass >= 1 && policyClass <= FIXED_COPIES_CLASS_MAX;
}

interface Rewrite {
  readonly space: OpenSpace;
  readonly name: string;
  readonly entry: Entry;
  readonly policyClass: number;
  readonly signal: AbortSignal;
}

async function writeWithClass(parts: NodeParts, rewrite: Rewrite): Promise<void> {
  const { space, entry, policyClass, signal } = rewrite;
  const { author, replication } = parts;
  const { keyId, placement, content, storedBytes } = entry.body;
  const metadata = space.keys.openMetadata(entry);
  await inSlots(parts, 1, signal, async () => {
    await replication.catchUp.complete(entry, signal);
    const targets = pushTargets(parts, { space: space.id, placement, policyClass });
    await author.write({
      ...{ space: space.id, keyId, op: "put", policyClass, placement, content, storedBytes, blob: null },
      sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
      onlyAfter: entry.id,
      written: (written) => replication.announce(written, targets, []),
    });
  });
}

/** Goes on with what was begun before the node stopped. Never rejects. */
export async function resumeReclassifying(parts: NodeParts): Promise<void> {
  const { pendingPrefixes, spaces, logger, stopping } = parts;
  for (const pending of pendingPrefixes.all()) {
    const space = spaces.get(pending.space);
    // Its keys may come later: then at the next start.
    if (space === undefined) continue;
    try {
      const prefix = new PolicyKeys(space.secrets).openPrefix(pending.policyClass, pending.sealedPrefix);
      const { keys, reclassified, left } = await reclassify(parts, space, prefix, {});
      logger.info({ keys, reclassified, left }, "keys below a policy's prefix were given its class");
      await pendingPrefixes.remove(pending);
    } catch (error) {
      if (!stopping.aborted)
        logger.warn({ error: String(error) }, "keys could not be given a policy's class");
    }
  }
}
