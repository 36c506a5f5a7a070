import {
  CATCH_UP_AT_ONCE_MAX,
  type EntryRecord,
  GstoreError,
  isGstoreError,
  parseKeyName,
  parseKeyPrefix,
} from "@gstore/core";
import { inLanes } from "../in-lanes.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { covers, type Pin } from "../pins/pins.ts";
import type { DropReport, PinOptions, PinReport, PinStatus } from "../pins/pins-api.ts";
import { type WalkedVersion, walkVersions } from "./copies-walk.ts";
import { Count } from "./copy-tally.ts";
import { statFile } from "./get-file.ts";
import { spaceOf } from "./space-of.ts";
import { Tally } from "./tally.ts";

/** See `PinOperations.pin`. */
export async function pin(parts: NodeParts, prefix: string, options: PinOptions): Promise<PinReport> {
  const { pins, replication } = parts;
  const space = spaceOf(parts, options.space);
  const named = placeOf(space, prefix);
  const signal = signalOf(parts, options);
  // So that nobody relies on a name that was mistyped. Below a prefix files may come later.
  if (named.isKey) await statFile(parts, named.name, { space: space.name, signal });
  await pins.add(space, named);
  replication.catchUp.poke({ all: true });
  const all = new Count();
  const fetched = new Count();
  const missing = new Tally(parts.spaces);
  const complete = async (record: EntryRecord): Promise<void> => {
    const { entry } = record;
    all.add(entry.body.storedBytes);
    if (record.complete) return;
    try {
      await replication.catchUp.complete(entry, signal);
      fetched.add(entry.body.storedBytes);
    } catch (error) {
      if (signal.aborted || !isGstoreError(error)) throw error;
      missing.add(entry);
    }
  };
  for await (const page of versionsOf(parts, space, named, { ...options, signal })) {
    // What others have given up as old history is nowhere.
    const wanted = page.filter(({ record, isCurrent }) => isCurrent || !record.dropped);
    await inLanes(wanted, CATCH_UP_AT_ONCE_MAX, ({ record }) => complete(record));
  }
  const { files: versions, bytes } = missing.counts();
  return {
    ...{ pin: statusOf(parts, named), all: all.counted, fetched: fetched.counted },
    ...{ missing: { versions, bytes }, missingKeys: missing.keys.map(({ key }) => key) },
  };
}

/** See `PinOperations.pins`. */
export function pinStatuses(parts: NodeParts): PinStatus[] {
  const { pins } = parts;
  if (!pins.isReadable) {
    const message =
      "This node's list of pins is damaged: what was pinned is not known, and nothing is given up meanwhile. Pin it again.";
    throw new GstoreError("STORE_DAMAGED", message);
  }
  const statuses = pins.all().map((one) => statusOf(parts, one));
  const orderOf = ({ space, prefix }: PinStatus): string => `${space ?? ""}\0${prefix ?? ""}`;
  return statuses.sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
}

/** See `PinOperations.drop`. */
export async function drop(parts: NodeParts, prefix: string, options: PinOptions): Promise<DropReport> {
  const { pins, placement, network, repair } = parts;
  const space = spaceOf(parts, options.space);
  const named = placeOf(space, prefix);
  const signal = signalOf(parts, options);
  const unpinned = await pins.remove(
    (one) => one.space === space.id && one.name !== null && isWithin(one, named),
  );
  const counts = { dropped: new Count(), placed: new Count(), pinned: new Count(), needed: new Count() };
  for await (const page of versionsOf(parts, space, named, { ...options, signal })) {
    const open: WalkedVersion["record"][] = [];
    for (const { record } of page) {
      const { body } = record.entry;
      if (!record.complete) continue;
      if (pins.mayBePinned(record.entry)) counts.pinned.add(body.storedBytes);
      else if (placement.shouldHold(network.self, body)) counts.placed.add(body.storedBytes);
      else open.push(record);
    }
    const given = new Set(
      await repair.surplus.giveUpOf(
        open.map(({ entry }) => entry),
        signal,
      ),
    );
    for (const { entry } of open)
      (given.has(entry.id) ? counts.dropped : counts.needed).add(entry.body.storedBytes);
  }
  return {
    unpinned: unpinned.map((one) => statusOf(parts, one)),
    dropped: counts.dropped.counted,
    placed: counts.placed.counted,
    pinned: counts.pinned.counted,
    needed: counts.needed.counted,
  };
}

type Named = Pin & { readonly name: string };

/** What ends in a slash, or is empty, is the beginning of keys; all else is one key. */
function placeOf({ id: space }: OpenSpace, text: string): Named {
  const isKey = text !== "" && !text.endsWith("/");
  return { space, isKey, name: isKey ? parseKeyName(text) : parseKeyPrefix(text) };
}

/** Whether a pin is for what is named, or for a part of it. */
function isWithin(pin: Pin, named: Named): boolean {
  if (named.isKey) return pin.isKey && pin.name === named.name;
  return covers(named, pin.name ?? "");
}

function signalOf({ stopping }: NodeParts, { signal }: PinOptions): AbortSignal {
  return signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
}

async function* versionsOf(
  parts: NodeParts,
  space: OpenSpace,
  named: Named,
  { signal, onProgress }: PinOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WalkedVersion[]> {
  const walk = { space: space.name, prefix: named.name, signal, ...(onProgress && { onProgress }) };
  for await (const page of walkVersions(parts, walk))
    yield page.filter(({ key }) => key !== null && covers(named, key));
}

function statusOf({ spaces }: NodeParts, { space, name, isKey }: Pin): PinStatus {
  return { space: spaces.get(space)?.name ?? null, prefix: name, isKey };
}
