import { type EntryId, GstoreError, parseKeyName, throwIfAborted } from "@gstore/core";
import type { MemberPurge, PurgeOptions, PurgeReport } from "../history-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { findHistory, type KeyPlace, keyPlace, shownVersions } from "./find-version.ts";
import { writeTombstone } from "./remove-file.ts";
import { assertMayWrite, spaceOf } from "./space-of.ts";

const TIMEOUT_MS = 30_000;
const TIMEOUT_MS_MAX = 24 * 3600 * 1000;

/** See `HistoryOperations.purge`. */
export async function purgeKey(
  parts: NodeParts,
  key: string,
  options: PurgeOptions = {},
): Promise<PurgeReport> {
  const { timeoutMs = TIMEOUT_MS, signal } = options;
  const name = parseKeyName(key);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > TIMEOUT_MS_MAX) {
    const message = `Members are waited for 0 to ${TIMEOUT_MS_MAX} ms.`;
    throw new GstoreError("INVALID_ARGUMENT", message, { limit: TIMEOUT_MS_MAX, actual: timeoutMs });
  }
  const space = spaceOf(parts, options.space);
  assertMayWrite(parts, space);
  throwIfAborted(signal);
  const place = keyPlace(space, name);
  await findHistory(parts, place, signal);
  const version = (await purgeBefore(parts, place)) ?? (await writePurge(parts, place));
  const state = await parts.collection.purges.carryOut(version);
  const signed = await collectReceipts(parts, version, { timeoutMs, signal });
  throwIfAborted(signal);
  const { members, network } = parts;
  const connected = new Set(network.peers().map(({ peer }) => peer));
  const stateOf = (peer: MemberPurge["peer"]): MemberPurge["state"] => {
    const isDone = peer === network.self ? state?.isCarriedOut === true : signed.has(peer);
    if (isDone) return "destroyed";
    return peer === network.self || connected.has(peer) ? "pending" : "away";
  };
  return {
    ...{ key: name, version, versions: state?.stripped ?? 0, oldVersions: state?.old ?? 0 },
    members: members.all().map(({ peer }) => ({ peer, name: members.nameOf(peer), state: stateOf(peer) })),
  };
}

/** The purge that is all there is of the key: nobody has written to it since. */
async function purgeBefore(parts: NodeParts, { space, keyId }: KeyPlace): Promise<EntryId | null> {
  const [head, ...others] = await parts.disk.entries.heads(space.id, keyId);
  const isPurge =
    head?.entry.body.purges === true && others.length === 0 && shownVersions(parts).counts(head);
  return isPurge ? head.entry.id : null;
}

async function writePurge(parts: NodeParts, { space, name }: KeyPlace): Promise<EntryId> {
  const leave = parts.writes.enter();
  try {
    return await writeTombstone(parts, space, name, { erases: true, purges: true });
  } finally {
    leave();
  }
}

async function collectReceipts(
  { clock, purgeReceipts, stopping }: NodeParts,
  version: EntryId,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): ReturnType<NodeParts["purgeReceipts"]["collect"]> {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  try {
    const given = signal === undefined ? [] : [signal];
    return await purgeReceipts.collect(version, AbortSignal.any([late.signal, stopping, ...given]));
  } finally {
    cancel();
  }
}
