import {
  type EntryRecord,
  type EntryStore,
  GstoreError,
  LIST_PAGE_MAX,
  parseKeyPrefix,
  throwIfAborted,
  VERSIONS_LOOKED_AT_MAX,
  VERSIONS_PAGE_MAX,
} from "@gstore/core";
import type { RecentOptions, RecentPage, RecentVersion, VersionInfo } from "../history-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { keyPlace, shownVersions } from "./find-version.ts";
import { VersionJudge } from "./list-versions.ts";
import { spaceOf } from "./space-of.ts";

const ARRIVAL = /^[1-9][0-9]{0,14}$/;

/** See `HistoryOperations.recent`. */
export async function listRecent(
  parts: NodeParts,
  prefix: string,
  options: RecentOptions,
): Promise<RecentPage> {
  const { limit = VERSIONS_PAGE_MAX, removed: isRemoved = false, before, signal } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > VERSIONS_PAGE_MAX) {
    throw new GstoreError("INVALID_ARGUMENT", `A page has 1 to ${VERSIONS_PAGE_MAX} versions.`, {
      limit: VERSIONS_PAGE_MAX,
    });
  }
  if (before !== undefined && !ARRIVAL.test(before))
    throw new GstoreError("INVALID_ARGUMENT", "Give as `before` what a page had as `next`.");
  const space = spaceOf(parts, options.space);
  const checked = parseKeyPrefix(prefix);
  const { entries } = parts.disk;
  const shown = shownVersions(parts);
  const items: RecentVersion[] = [];
  const last = entries.lastArrival();
  const from = before === undefined ? last : Math.min(last, Number(before) - 1);
  let lookedAt = 0;
  for await (const page of newestFirst(entries, from)) {
    for (const record of page.records) {
      throwIfAborted(signal);
      const { space: of, op } = record.entry.body;
      if (of !== space.id || (isRemoved && op !== "remove")) continue;
      const name = shown.open(record)?.name;
      if (name === undefined || !name.startsWith(checked)) continue;
      const judge = await VersionJudge.of(parts, keyPlace(space, name));
      const version = await judge.describe(record);
      const isGone = op === "remove" && version.state === "current";
      if (isRemoved && !isGone) continue;
      items.push({ ...version, lastFile: isGone ? await lastFileOf(parts, judge, record) : null });
      if (items.length === limit) return { items, next: String(record.arrival) };
    }
    lookedAt += page.records.length;
    if (lookedAt >= VERSIONS_LOOKED_AT_MAX) return { items, next: String(page.downTo + 1) };
  }
  return { items, next: null };
}

async function lastFileOf(
  { disk }: NodeParts,
  judge: VersionJudge,
  { entry: { body } }: EntryRecord,
): Promise<VersionInfo | null> {
  let lookedAt = 0;
  for await (const record of disk.entries.versions(body.space, body.keyId)) {
    if (++lookedAt > VERSIONS_PAGE_MAX) break;
    if (record.expired || record.entry.body.op !== "put") continue;
    const version = await judge.describe(record);
    if (version.state === "superseded") return version;
  }
  return null;
}

interface ArrivalPage {
  /** Latest first. */
  readonly records: readonly EntryRecord[];
  /** What arrived by then is still to come. */
  readonly downTo: number;
}

/** What arrived up to then, backwards. Between entries there may be any number of other arrivals: the step follows how many there are. */
async function* newestFirst(entries: EntryStore, upTo: number): AsyncGenerator<ArrivalPage> {
  let span = LIST_PAGE_MAX;
  for (let end = upTo; end > 0; ) {
    const downTo = Math.max(0, end - span);
    const found = await entries.since(downTo, LIST_PAGE_MAX);
    // There may be more up to `end`. In the smallest step there can't be.
    if (found.length === LIST_PAGE_MAX && span > LIST_PAGE_MAX) {
      span = Math.max(LIST_PAGE_MAX, Math.floor(span / 4));
      continue;
    }
    const boundary = end;
    yield { records: found.filter(({ arrival }) => arrival <= boundary).reverse(), downTo };
    end = downTo;
    if (found.length < LIST_PAGE_MAX / 4) span *= 4;
  }
}
