import { type EntryRecord, LIST_PAGE_MAX, type SpaceId, throwIfAborted } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";
import type { SpaceUsage, UsageOptions, UsageReport } from "../usage-api.ts";
import { Count } from "./copy-tally.ts";

/** See `UsageOperations.usage`. */
export async function usage(
  parts: NodeParts,
  { signal: given, onProgress }: UsageOptions,
): Promise<UsageReport> {
  const { disk, clock, collection, stopping } = parts;
  const signal = given === undefined ? stopping : AbortSignal.any([given, stopping]);
  const checkedMs = clock.now();
  const entries = disk.entries.count();
  const stored = disk.blobs.usage();
  const total = 2 * entries + stored.blobs;
  const spaces = await spacesOf(parts, signal, (done) =>
    onProgress?.({ done: Math.min(done, entries), total }),
  );
  const { blobs, bytes } = await collection.collector.collect({
    dryRun: true,
    signal,
    onProgress: ({ step, done }) =>
      onProgress?.({ done: Math.min(total, entries + done + (step === "sweeping" ? entries : 0)), total }),
  });
  return {
    ...{ checkedMs, stored, garbage: { blobs, bytes }, entries },
    ...{ disk: await disk.diskUsage(), spaces, members: capacities(parts) },
  };
}

class Tallies {
  readonly live: Count = new Count();
  readonly history: Count = new Count();
}

/** Heads of so many keys are looked up at once. */
const AT_ONCE = 64;

async function spacesOf(
  { disk, spaces }: NodeParts,
  signal: AbortSignal,
  onEntries: (entries: number) => void,
): Promise<SpaceUsage[]> {
  const bySpace = new Map<SpaceId, Tallies>();
  let looked = 0;
  const add = async ({ entry }: EntryRecord): Promise<void> => {
    const { space, keyId, storedBytes } = entry.body;
    const heads = await disk.entries.heads(space, keyId);
    const tallies = bySpace.get(space) ?? new Tallies();
    bySpace.set(space, tallies);
    (heads.some((head) => head.entry.id === entry.id) ? tallies.live : tallies.history).add(storedBytes);
  };
  for (let after = 0; ; ) {
    throwIfAborted(signal);
    const page = await disk.entries.since(after, LIST_PAGE_MAX);
    const last = page.at(-1);
    if (last === undefined) break;
    const held = page.filter(({ complete, entry }) => complete && entry.body.op === "put");
    for (let at = 0; at < held.length; at += AT_ONCE)
      await Promise.all(held.slice(at, at + AT_ONCE).map((record) => add(record)));
    looked += page.length;
    onEntries(looked);
    after = last.arrival;
  }
  const found = [...bySpace].map(([id, { live, history }]) => ({
    ...{ id, name: spaces.get(id)?.name ?? null, live: live.counted, history: history.counted },
  }));
  const bytesOf = ({ live, history }: SpaceUsage): number => live.bytes + history.bytes;
  return found.sort((left, right) => bytesOf(right) - bytesOf(left));
}

function capacities({ members, network }: NodeParts): UsageReport["members"] {
  const { state } = members;
  const all = members.all().map(({ peer, name }) => ({
    ...{ peer, name, capacityBytes: state.members.get(peer)?.capacityBytes ?? null },
  }));
  const isOther = (peer: string): number => Number(peer !== network.self);
  return all.sort(
    (left, right) => isOther(left.peer) - isOther(right.peer) || (left.name < right.name ? -1 : 1),
  );
}
