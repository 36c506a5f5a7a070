import {
  type EntryRecord,
  type EntryStore,
  LIST_PAGE_MAX,
  type NamedRecord,
  type NameIndex,
  type PeerId,
  type SpaceId,
} from "@gstore/core";
import type { FileInfo } from "./api.ts";
import { decodeSummary, encodeSummary } from "./key-summary.ts";
import type { Members } from "./membership/members.ts";
import type { Spaces } from "./membership/spaces.ts";
import { decodeCursor, encodeCursor, joinLookAgain, type LookAgain } from "./names-cursor.ts";
import { type KeyOfSpace, ShownVersions } from "./shown-versions.ts";
import { WorkLoop } from "./work-loop.ts";

export interface KeyNamesOptions {
  readonly entries: EntryStore;
  readonly index: NameIndex;
  readonly spaces: Spaces;
  readonly members: Members;
  /** A key has another winning version, or none, than before. */
  readonly changed: (change: KeyChange) => void;
  /** So many entries were read since the call that reads them. */
  readonly progress?: (entries: number) => void;
  /** Fires when the node stops: looking again is gone on with after the next start. */
  readonly stopping?: AbortSignal;
}

export interface KeyChange {
  readonly name: string;
  readonly record: EntryRecord;
}

/**
 * The names of the keys and what a listing shows of each: follows the entries as they arrive, by the order of their
 * arrival, and takes up where it was after a restart. What it holds can be made anew from the entries at any time. A page
 * of entries is in memory at once, however many there are.
 */
export class KeyNames {
  readonly #options: KeyNamesOptions;
  readonly #versions: ShownVersions;
  #arrival: number;
  #heads: string;
  #again: LookAgain | null;
  #isUnreadable: boolean;
  /** What the index holds is of other arrivals. */
  #isStale: boolean;
  readonly #following = new WorkLoop(() => this.#follow());
  readonly #lookingAgain = new WorkLoop(() => this.#lookAgain());
  /** Pages are looked at and applied one after the other: a later look is never overwritten by an earlier one. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: KeyNamesOptions) {
    const { entries, index, spaces, members } = options;
    this.#options = options;
    const unreadable = (): void => {
      this.#isUnreadable = true;
    };
    this.#versions = new ShownVersions({ entries, spaces, members, unreadable });
    const cursor = decodeCursor(index.cursor(), entries.arrivalEpoch);
    this.#isStale = cursor === undefined && index.cursor() !== null;
    this.#arrival = cursor?.arrival ?? 0;
    this.#isUnreadable = cursor?.isUnreadable ?? false;
    this.#again = cursor?.again ?? null;
    this.#heads = headsOf(members);
    // The log went on and the node ended before it was noted whose entries that concerns.
    if (cursor !== undefined && cursor.heads !== this.#heads) this.#again = { fromArrival: 0 };
  }

  /** Takes in all entries that arrived before this call. Calls made together share the work. */
  refresh(): Promise<void> {
    return this.#following.run();
  }

  /** Looks again at what could not be read: keys came. */
  async keysCame(): Promise<void> {
    if (!this.#isUnreadable) return;
    this.#isUnreadable = false;
    this.#again = { fromArrival: 0 };
    await this.#goOnLooking();
  }

  /** Takes note of the membership log as it is now, and looks again at the keys that these authors wrote to: their rights changed. */
  async recheck(authors: readonly PeerId[]): Promise<void> {
    this.#heads = headsOf(this.#options.members);
    if (authors.length > 0) this.#again = joinLookAgain(this.#again, { authors });
    await this.#goOnLooking();
  }

  /** Looks again at some keys: what could not be read of them can be now. */
  async look(keys: readonly KeyOfSpace[]): Promise<void> {
    await this.#inTurn(() => this.#show(keys, () => this.#cursor()));
  }

  /** Goes on with looking again where an earlier run of the node left it. */
  async resume(): Promise<void> {
    if (this.#again !== null) await this.#lookingAgain.run();
  }

  /** Resolves when nothing is being looked at. */
  async idle(): Promise<void> {
    await Promise.all([this.#following.idle(), this.#lookingAgain.idle()]);
  }

  get(space: SpaceId, name: string): NamedRecord | undefined {
    return this.#options.index.get(space, name);
  }

  list(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[] {
    return this.#options.index.list(space, options);
  }

  count(space: SpaceId): number {
    return this.#options.index.count(space);
  }

  /** As `list`, of keys in conflict alone. */
  conflicts(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[] {
    return this.#options.index.conflicts(space, options);
  }

  conflictCount(space: SpaceId): number {
    return this.#options.index.conflictCount(space);
  }

  /** What a record says of its file. */
  fileInfo(record: NamedRecord): FileInfo {
    const { author, ...info } = decodeSummary(record.summary);
    return {
      key: record.name,
      version: record.entryId,
      ...info,
      author: { peer: author, name: this.#options.members.nameOf(author) },
    };
  }

  async #follow(): Promise<void> {
    const { entries, index, progress } = this.#options;
    if (this.#isStale) await this.#inTurn(() => index.clear());
    this.#isStale = false;
    for (let count = 0; ; ) {
      const records = await entries.since(this.#arrival, LIST_PAGE_MAX);
      const last = records.at(-1);
      if (last === undefined) return;
      await this.#inTurn(async () => {
        await this.#show(keysOf(records), () => this.#cursor(last.arrival));
        // Not before: what could not be applied is read again.
        this.#arrival = last.arrival;
      });
      count += records.length;
      progress?.(count);
    }
  }

  /** Notes what is to be looked at again before anything is, so that a crash does not lose it. */
  async #goOnLooking(): Promise<void> {
    // All of it is about to be made anew.
    if (this.#isStale) return;
    await this.#inTurn(() => this.#options.index.apply([], this.#cursor()));
    await this.resume();
  }

  async #lookAgain(): Promise<void> {
    for (let again = this.#again; again !== null && !this.#isStopping; again = this.#again) {
      const left = "authors" in again ? await this.#lookAtAuthors(again) : await this.#lookAtPage(again);
      // Something else may have been asked for meanwhile.
      if (this.#again === again) this.#again = left;
      if (this.#again === null) await this.#inTurn(() => this.#options.index.apply([], this.#cursor()));
    }
  }

  /** What is left then. */
  async #lookAtPage({ fromArrival }: { fromArrival: number }): Promise<LookAgain | null> {
    const records = await this.#options.entries.since(fromArrival, LIST_PAGE_MAX);
    const last = records.at(-1);
    if (last === undefined) return null;
    await this.#inTurn(() => this.#show(keysOf(records), () => this.#cursor()));
    return { fromArrival: last.arrival };
  }

  /** What is left then: all of it where it was broken off. */
  async #lookAtAuthors(again: LookAgain & { authors: readonly PeerId[] }): Promise<LookAgain | null> {
    const { entries } = this.#options;
    const lasts = (await entries.vector()).filter(({ author }) => again.authors.includes(author));
    for (const { author, incarnation, seq: lastSeq } of lasts) {
      for (let seq = 1; seq <= lastSeq; ) {
        const page = await entries.ofAuthor(author, incarnation, seq, LIST_PAGE_MAX);
        const records = page.map((entry) => ({ entry }));
        await this.#inTurn(() => this.#show(keysOf(records), () => this.#cursor()));
        // One that can't be read ends a page.
        seq += Math.max(1, page.length);
        if (this.#again !== again || this.#isStopping) return again;
      }
    }
    return null;
  }

  get #isStopping(): boolean {
    return this.#options.stopping?.aborted === true;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #cursor(arrival: number = this.#arrival): string {
    const epoch = this.#options.entries.arrivalEpoch;
    const [heads, again, isUnreadable] = [this.#heads, this.#again, this.#isUnreadable];
    return encodeCursor({ epoch, arrival, heads, again, isUnreadable });
  }

  async #show(keys: readonly KeyOfSpace[], cursor: () => string): Promise<void> {
    const { index, changed } = this.#options;
    const shown = await Promise.all(keys.map((key) => this.#versions.of(key)));
    const found = shown.filter((one) => one !== null);
    const changes = found.map(({ key, name, record, metadata, isConflict }) => {
      if (record === null || metadata === null) return { space: key.space, name, record: null };
      const summary = encodeSummary(record, metadata);
      const { id: entryId } = record.entry;
      return { space: key.space, name, record: { keyId: key.keyId, entryId, isConflict, summary } };
    });
    const shownBefore = await index.apply(changes, cursor());
    found.forEach(({ name, record, latest }, at) => {
      if (shownBefore[at] !== (record?.entry.id ?? null)) changed({ name, record: latest });
    });
  }
}

/** Each key once. */
function keysOf(records: readonly Pick<EntryRecord, "entry">[]): KeyOfSpace[] {
  const keys = new Map<string, KeyOfSpace>();
  for (const { entry } of records) {
    const { space, keyId } = entry.body;
    keys.set(space + keyId, { space, keyId });
  }
  return [...keys.values()];
}

function headsOf(members: Members): string {
  return members.heads().join(" ");
}
