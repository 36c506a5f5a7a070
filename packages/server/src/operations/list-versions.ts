import {
  coversDot,
  type EntryRecord,
  GstoreError,
  isGstoreError,
  parseKeyName,
  throwIfAborted,
  VERSIONS_PAGE_MAX,
  type VersionPlace,
  type VersionVector,
} from "@gstore/core";
import type { VersionInfo, VersionState, VersionsOptions, VersionsPage } from "../history-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { isComplete } from "../replication/local-completeness.ts";
import type { ShownVersions } from "../shown-versions.ts";
import { findHistory, findVersion, type KeyPlace, keyPlace, shownVersions } from "./find-version.ts";
import { spaceOf } from "./space-of.ts";

/** See `HistoryOperations.versions`. */
export async function listVersions(
  parts: NodeParts,
  key: string,
  options: VersionsOptions,
): Promise<VersionsPage> {
  const { limit = VERSIONS_PAGE_MAX, signal } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > VERSIONS_PAGE_MAX) {
    throw new GstoreError("INVALID_ARGUMENT", `A page has 1 to ${VERSIONS_PAGE_MAX} versions.`, {
      limit: VERSIONS_PAGE_MAX,
    });
  }
  const place = keyPlace(spaceOf(parts, options.space), parseKeyName(key));
  await findHistory(parts, place, signal);
  const behind = options.after === undefined ? undefined : await placeOf(parts, place, options.after);
  const judge = await VersionJudge.of(parts, place);
  const items: VersionInfo[] = [];
  const versions = parts.disk.entries.versions(place.space.id, place.keyId, behind && { behind });
  for await (const record of versions) {
    throwIfAborted(signal);
    const isPurged = await judge.isPurged(record);
    if (record.expired && !isPurged) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.version ?? null };
    items.push(await judge.describe(record));
  }
  return { items, next: null };
}

async function placeOf(parts: NodeParts, place: KeyPlace, version: string): Promise<VersionPlace> {
  const { entry, arrival } = await findVersion(parts, place, { version });
  return { time: entry.body.time, arrival };
}

/** Says what each version of one key is, by the heads that there are now. */
export class VersionJudge {
  readonly #parts: NodeParts;
  readonly #place: KeyPlace;
  readonly #shown: ShownVersions;
  #purged: VersionVector | null = null;
  /** Those that count and can be opened, the winning one first. */
  readonly heads: readonly EntryRecord[];

  private constructor(
    parts: NodeParts,
    place: KeyPlace,
    shown: ShownVersions,
    heads: readonly EntryRecord[],
  ) {
    this.#parts = parts;
    this.#place = place;
    this.#shown = shown;
    this.heads = heads;
  }

  static async of(parts: NodeParts, place: KeyPlace): Promise<VersionJudge> {
    const shown = shownVersions(parts);
    const heads = await shown.heads({ space: place.space.id, keyId: place.keyId });
    const winner = shown.winner(heads)?.record;
    const others = shown.contenders(heads, winner);
    return new VersionJudge(parts, place, shown, winner === undefined ? [] : [winner, ...others]);
  }

  /** Whether readers see one of several files, or a file that somebody has removed. */
  get isConflict(): boolean {
    return this.heads.length > 1 && this.heads[0]?.entry.body.op === "put";
  }

  /** Whether its metadata is gone for good. */
  async isPurged({ entry }: EntryRecord): Promise<boolean> {
    if (entry.body.sealed !== null) return false;
    this.#purged ??= await this.#parts.collection.purges.coverOf(entry.body);
    return coversDot(this.#purged, entry.body.dot);
  }

  async describe(record: EntryRecord): Promise<VersionInfo> {
    const { disk, members } = this.#parts;
    const { id, body } = record.entry;
    const metadata = this.#shown.open(record);
    const file = body.op === "put" ? metadata : null;
    return {
      ...{ key: this.#place.name, version: id, op: body.op },
      state: (await this.isPurged(record)) ? "purged" : this.#stateOf(record, metadata !== null),
      storedMs: body.time.wallMs,
      author: { peer: body.dot.author, name: members.nameOf(body.dot.author) },
      size: file?.size ?? null,
      digest: file?.contentDigest ?? null,
      isHere: record.complete || (await isWhole(disk.blobs, body)),
    };
  }

  #stateOf(record: EntryRecord, isReadable: boolean): VersionState {
    const { id } = record.entry;
    if (!this.#shown.counts(record)) return "quarantined";
    if (!isReadable) return "unreadable";
    if (this.heads[0]?.entry.id === id) return "current";
    return this.heads.some((head) => head.entry.id === id) ? "conflict" : "superseded";
  }
}

/** As {@link isComplete}; of a manifest in a newer form that can't be told, and it is not called here. */
async function isWhole(...of: Parameters<typeof isComplete>): Promise<boolean> {
  try {
    return await isComplete(...of);
  } catch (error) {
    if (isGstoreError(error, "UNSUPPORTED_VERSION")) return false;
    throw error;
  }
}
