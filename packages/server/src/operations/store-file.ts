import {
  type Entry,
  GstoreError,
  type PeerId,
  PUT_WAIT_TIMEOUT_MS,
  PUTS_AT_ONCE_MAX,
  parseKeyName,
  placementIdFromBytes,
  SMALL_FILE_BYTES_MAX,
  SMALL_PUTS_AT_ONCE_MAX,
} from "@gstore/core";
import type { NamedNode, PutResult, Source, StoreOptions, StoreResult } from "../api.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { type PutOutcome, putFile } from "../put-file.ts";
import { putSmallFile, readWhole } from "../put-small-file.ts";
import { pushTargets } from "../replication/push-targets.ts";
import { bytesAtHand, bytesOfSource } from "../sources.ts";
import { winningVersion } from "../winning-version.ts";
import { assertMayWrite, spaceOf } from "./space-of.ts";
import { refuseBadOptions } from "./store-options.ts";

/** Stores a file and waits for its copies as asked. See `GstoreNode.store`. */
export async function storeFile(
  parts: NodeParts,
  key: string,
  source: Source,
  given: StoreOptions,
): Promise<PutResult> {
  const name = parseKeyName(key);
  refuseBadOptions(given);
  const space = spaceOf(parts, given.space);
  assertMayWrite(parts, space);
  const atHand = bytesAtHand(source);
  const signal =
    given.signal === undefined ? parts.stopping : AbortSignal.any([given.signal, parts.stopping]);
  const put: Put = { space, name, options: { ...given, signal }, signal };
  const size = atHand?.length ?? given.size;
  let done: Done;
  if (size !== undefined && size <= SMALL_FILE_BYTES_MAX) {
    const bytes = atHand ?? bytesOfSource(source);
    done = await inSlots(parts, 1, signal, () => putSmall(parts, put, bytes, size));
  } else {
    const bytes = bytesOfSource(source);
    done = await inSlots(parts, SLOTS_OF_LARGE_PUT, signal, () => putLarge(parts, put, bytes));
  }
  const [result] = await Promise.all([
    waitForCopies(parts, name, done.outcome, { ...given, signal }),
    parts.names.refresh(),
  ]);
  return { ...result, isNew: done.isNew };
}

interface Done {
  readonly outcome: PutOutcome;
  readonly isNew: boolean;
}

export const SLOTS_OF_LARGE_PUT: number = SMALL_PUTS_AT_ONCE_MAX / PUTS_AT_ONCE_MAX;

export interface Put {
  readonly space: OpenSpace;
  readonly name: string;
  readonly options: StoreOptions;
  readonly signal: AbortSignal;
}

/** Does a write when it is its turn, and not while the node leaves its network. */
export async function inSlots<T>(
  { putSlots, writes, disk }: NodeParts,
  count: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const release = await putSlots.take(signal, count);
  let leave = () => {};
  try {
    leave = writes.enter();
    // What is found here or stored stays until the entry that names it is.
    const hold = disk.blobs.hold();
    return await work().finally(() => hold.release());
  } finally {
    leave();
    release();
  }
}

async function putSmall(
  parts: NodeParts,
  { space, name, options, signal }: Put,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  size: number,
): Promise<Done> {
  const bytes = source instanceof Uint8Array ? source : await readWhole(source, { key: name, size, signal });
  const placed = await placeVersion(parts, { space, name, options, signal });
  const { placement, policyClass, targets } = placed;
  const outcome = await putSmallFile(
    { author: parts.author, window: parts.putWindow },
    {
      ...{ space, key: name, bytes, policyClass, placement, options },
      written: (entry, blobs) => parts.replication.announce(entry, targets, blobs),
    },
  );
  return { outcome, isNew: isFirst(placed) };
}

async function putLarge(parts: NodeParts, put: Put, source: AsyncIterable<Uint8Array>): Promise<Done> {
  const { replication, disk, author, sealer, putWindow } = parts;
  const { space, name, options } = put;
  const placed = await placeVersion(parts, put);
  const { placement, policyClass, previous, targets } = placed;
  const push = replication.beginPush(space.id, targets, options.wait !== "local");
  const outcome = await putFile(
    { blobs: disk.blobs, author, window: putWindow, sealer },
    {
      ...{ space, key: name, source, policyClass, placement, previous, options, push },
      written: (entry: Entry) => replication.announce(entry, targets, push.inlineBlobs),
    },
  );
  return { outcome, isNew: isFirst(placed) };
}

function isFirst({ previous }: Placed): boolean {
  return previous?.body.op !== "put";
}

export interface Placed {
  /** The version that readers see now: the new one shares its placement, and with it its holders. */
  readonly previous: Entry | null;
  readonly placement: Entry["body"]["placement"];
  readonly policyClass: number;
  readonly targets: readonly PeerId[];
}

export async function placeVersion(parts: NodeParts, { space, name, options }: Put): Promise<Placed> {
  const policyClass = options.copies ?? parts.policies.classOf(space, name);
  const previous = await previousVersion(parts, space, name);
  const placement = previous?.body.placement ?? placementIdFromBytes(parts.random.bytes(16));
  const targets = pushTargets(parts, { space: space.id, placement, policyClass });
  return { previous, placement, policyClass, targets };
}

async function previousVersion({ disk }: NodeParts, space: OpenSpace, name: string): Promise<Entry | null> {
  const heads = await disk.entries.heads(space.id, space.keys.keyIdOf(name));
  return winningVersion(heads)?.entry ?? null;
}

/** Waits for a version's copies as asked, and tells where it now is. Rejects with `COPIES_NOT_REACHED`. */
export async function waitForCopies(
  parts: NodeParts,
  key: string,
  { entry, digest, size, newBytes }: PutOutcome,
  options: StoreOptions,
): Promise<StoreResult> {
  const { members, network, replication, placement, clock } = parts;
  // Who may not hold the space's versions, or no more, says so in vain.
  const holders = (): PeerId[] => [
    network.self,
    ...replication.held.holders(entry.id).filter((peer) => members.mayHold(peer, entry.body.space)),
  ];
  // A number that the caller names is not cut to the members there are.
  const wantedNow = () =>
    options.copies === undefined ? placement.wanted(entry.body) : placement.policyOf(entry.body);
  const reachableNow = (): number =>
    1 + network.peers().filter(({ peer }) => members.mayHold(peer, entry.body.space)).length;
  const target = (): number => {
    if (options.wait === "local") return 1;
    const { copies, min } = wantedNow();
    if (options.wait === "all") return copies;
    return options.wait === "min" ? min : Math.min(min, reachableNow());
  };
  const timeoutMs = options.waitTimeoutMs ?? PUT_WAIT_TIMEOUT_MS;
  const begun = clock.monotonic();
  const { signal } = options;
  const waited = replication.waitForHolders(entry.id, () => holders().length >= target(), {
    timeoutMs,
    signal,
  });
  await waited.catch((error: unknown) => {
    // It is stored: the signal ends the waiting, and what there is by then is told.
    if (!signal?.aborted) throw error;
  });
  const reached = holders();
  const wanted = wantedNow().copies;
  if (options.wait !== undefined && reached.length < target()) {
    const seconds = Math.round((clock.monotonic() - begun) / 1000);
    throw new GstoreError(
      "COPIES_NOT_REACHED",
      `Stored here, but after ${seconds} s only ${reached.length} of ${target()} copies are synced: ${reached.map((peer) => members.nameOf(peer)).join(", ")}. The copy here stays, and the others follow when their nodes are up.`,
      { key, version: entry.id, copies: reached.length, wanted: target(), retryable: false },
    );
  }
  const named = reached.map((peer): NamedNode => ({ peer, name: members.nameOf(peer) }));
  return {
    key,
    digest,
    version: entry.id,
    size,
    copies: reached.length,
    wanted,
    holders: named,
    storedBytes: newBytes,
  };
}
