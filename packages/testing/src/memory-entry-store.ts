import {
  type AuthorSeq,
  compareTimes,
  coversDot,
  type DamagedVersion,
  type Dot,
  type Entry,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  GstoreError,
  type Incarnation,
  type KeyId,
  type MembershipRecord,
  type MembershipStore,
  type PeerId,
  type SpaceId,
  type SupersededPlace,
  type Supersession,
  strippedEntry,
  systemClock,
  type VersionPlace,
} from "@gstore/core";

interface Kept {
  entry: Entry;
  readonly arrival: number;
  complete: boolean;
  dropped: boolean;
  expired: boolean;
  superseded: Supersession | null;
}

/** Entries in memory, for tests of what stands above a store. */
export class MemoryEntryStore implements EntryStore {
  readonly arrivalEpoch = "memory";
  readonly #kept = new Map<EntryId, Kept>();
  /** Ids by seq, from 1, of each author and incarnation. */
  readonly #authors = new Map<string, EntryId[]>();
  readonly #keys = new Map<string, Kept[]>();
  readonly #erasing = new Set<EntryId>();
  #isClosed = false;
  /** The wall clock: when versions were superseded. */
  now: () => number = () => systemClock.now();

  async append(entries: readonly Entry[], { complete }: { complete: boolean }): Promise<void> {
    this.#assertOpen();
    const planned = new Map<string, EntryId[]>();
    const added = new Map<EntryId, Entry>();
    for (const entry of entries) {
      const { author, incarnation } = entry.body.dot;
      const text = `${author} ${incarnation}`;
      const ids = planned.get(text) ?? [...(this.#authors.get(text) ?? [])];
      planned.set(text, ids);
      if (this.#kept.has(entry.id) || added.has(entry.id)) continue;
      if (entry.body.seq !== ids.length + 1) {
        throw new GstoreError("ENTRY_REFUSED", "An entry leaves a gap or contradicts one that is here.", {
          version: entry.id,
        });
      }
      ids.push(entry.id);
      added.set(entry.id, entry);
    }
    for (const [author, ids] of planned) this.#authors.set(author, ids);
    for (const entry of entries) {
      const known = this.#kept.get(entry.id);
      const isComplete = complete || entry.body.content === null;
      if (known && complete && !known.expired) Object.assign(known, { complete: true, dropped: false });
      if (known) continue;
      const arrival = this.#kept.size + 1;
      const state = { complete: isComplete, dropped: false, expired: false, superseded: null };
      const kept: Kept = { entry, arrival, ...state };
      this.#kept.set(entry.id, kept);
      this.#supersede(kept);
    }
  }

  async get(id: EntryId): Promise<EntryRecord | undefined> {
    this.#assertOpen();
    const kept = this.#kept.get(id);
    return kept && { ...kept };
  }

  async heads(space: SpaceId, keyId: KeyId): Promise<EntryRecord[]> {
    this.#assertOpen();
    const all = this.#ofKey(space, keyId);
    return all.filter((one) => !all.some((other) => coversDot(other.entry.body.context, one.entry.body.dot)));
  }

  async isSeen(space: SpaceId, keyId: KeyId, dot: Dot): Promise<boolean> {
    this.#assertOpen();
    return this.#ofKey(space, keyId).some(({ entry }) => coversDot(entry.body.context, dot));
  }

  async *versions(
    space: SpaceId,
    keyId: KeyId,
    { behind }: { behind?: VersionPlace } = {},
  ): AsyncGenerator<EntryRecord> {
    this.#assertOpen();
    const placed = this.#ofKey(space, keyId).map((record) => ({
      record,
      place: { time: record.entry.body.time, arrival: record.arrival },
    }));
    placed.sort((left, right) => comparePlaces(left.place, right.place));
    for (const { record, place } of placed)
      if (behind === undefined || comparePlaces(place, behind) > 0) yield record;
  }

  async *withIdPrefix(prefix: string): AsyncGenerator<EntryRecord> {
    this.#assertOpen();
    for (const id of [...this.#kept.keys()].sort())
      if (id.startsWith(prefix)) yield { ...(this.#kept.get(id) as Kept) };
  }

  async vector(): Promise<AuthorSeq[]> {
    this.#assertOpen();
    return [...this.#authors]
      .filter(([, ids]) => ids.length > 0)
      .map(([text, ids]) => {
        const [author, incarnation] = text.split(" ") as [PeerId, Incarnation];
        return { author, incarnation, seq: ids.length };
      });
  }

  async ofAuthor(author: PeerId, incarnation: Incarnation, fromSeq: number, limit: number): Promise<Entry[]> {
    this.#assertOpen();
    const from = Math.max(1, fromSeq) - 1;
    const ids = (this.#authors.get(`${author} ${incarnation}`) ?? []).slice(from, from + limit);
    return ids.map((id) => (this.#kept.get(id) as Kept).entry);
  }

  async since(arrival: number, limit: number): Promise<EntryRecord[]> {
    this.#assertOpen();
    return [...this.#kept.values()]
      .filter((kept) => kept.arrival > arrival)
      .slice(0, limit)
      .map((kept) => ({ ...kept }));
  }

  async markComplete(ids: readonly EntryId[]): Promise<void> {
    this.#assertOpen();
    for (const id of ids) {
      const kept = this.#kept.get(id);
      if (kept && !kept.expired) Object.assign(kept, { complete: true, dropped: false });
    }
  }

  async markDropped(ids: readonly EntryId[]): Promise<void> {
    this.#assertOpen();
    for (const id of ids) {
      const kept = this.#kept.get(id);
      if (kept && kept.entry.body.content !== null) Object.assign(kept, { complete: false, dropped: true });
    }
  }

  async completeOf(ids: readonly EntryId[]): Promise<EntryId[]> {
    this.#assertOpen();
    return ids.filter((id) => this.#kept.get(id)?.complete);
  }

  async markExpired(ids: readonly EntryId[]): Promise<void> {
    this.#assertOpen();
    for (const id of ids) {
      const kept = this.#kept.get(id);
      if (kept) Object.assign(kept, { complete: false, dropped: true, expired: true });
    }
  }

  async superseded(
    untilMs: number,
    { behind, limit }: { behind: SupersededPlace | null; limit: number },
  ): Promise<EntryRecord[]> {
    this.#assertOpen();
    const since = ({ superseded }: Kept): number => superseded?.sinceMs ?? 0;
    return [...this.#kept.values()]
      .filter((kept) => kept.superseded !== null && !kept.expired && since(kept) <= untilMs)
      .sort((left, right) => since(left) - since(right) || left.arrival - right.arrival)
      .filter(
        (kept) =>
          behind === null ||
          since(kept) > behind.sinceMs ||
          (since(kept) === behind.sinceMs && kept.arrival > behind.arrival),
      )
      .slice(0, limit)
      .map((kept) => ({ ...kept }));
  }

  async erasing(afterArrival: number, limit: number): Promise<EntryRecord[]> {
    const all = await this.since(afterArrival, Number.POSITIVE_INFINITY);
    return all.filter(({ entry }) => this.#erasing.has(entry.id)).slice(0, limit);
  }

  async markErased(ids: readonly EntryId[]): Promise<void> {
    this.#assertOpen();
    for (const id of ids) this.#erasing.delete(id);
  }

  async strip(ids: readonly EntryId[]): Promise<void> {
    this.#assertOpen();
    for (const id of ids) {
      const kept = this.#kept.get(id);
      if (kept) kept.entry = strippedEntry(kept.entry) ?? kept.entry;
    }
  }

  async destroyStripped(): Promise<boolean> {
    this.#assertOpen();
    return true;
  }

  async damagedVersions(): Promise<DamagedVersion[]> {
    this.#assertOpen();
    return [];
  }

  async destroyDamaged(): Promise<void> {
    this.#assertOpen();
  }

  async unstrip(entries: readonly Entry[]): Promise<void> {
    this.#assertOpen();
    for (const entry of entries) {
      const kept = this.#kept.get(entry.id);
      if (kept?.entry.body.sealed !== null) continue;
      kept.entry = entry;
      this.#erasing.add(entry.id);
    }
  }

  async incomplete(afterArrival: number, limit: number): Promise<EntryRecord[]> {
    const all = await this.since(afterArrival, Number.POSITIVE_INFINITY);
    return all.filter((kept) => !kept.complete && !kept.expired).slice(0, limit);
  }

  lastArrival(): number {
    return this.#kept.size;
  }

  count(): number {
    return this.#kept.size;
  }

  damaged(): number {
    return 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** As a store does that remembers of each version what it was first superseded by. */
  #supersede(fresh: Kept): void {
    const { space, keyId, context, dot, time } = fresh.entry.body;
    const sinceMs = Math.max(1, this.now());
    const key = `${space} ${keyId}`;
    const others = this.#keys.get(key) ?? [];
    for (const kept of others) {
      if (kept.superseded !== null || !coversDot(context, kept.entry.body.dot)) continue;
      kept.superseded = { sinceMs, writtenMs: time.wallMs, by: fresh.arrival };
    }
    if (others.some(({ entry }) => coversDot(entry.body.context, dot)))
      fresh.superseded = { sinceMs, writtenMs: 0, by: 0 };
    const { erases, sealed } = fresh.entry.body;
    if (erases || sealed === null || fresh.superseded !== null) this.#erasing.add(fresh.entry.id);
    others.push(fresh);
    this.#keys.set(key, others);
  }

  #ofKey(space: SpaceId, keyId: KeyId): EntryRecord[] {
    return (this.#keys.get(`${space} ${keyId}`) ?? []).map((kept) => ({ ...kept }));
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new GstoreError("STORE_CLOSED", "The store was closed.");
  }
}

function comparePlaces(left: VersionPlace, right: VersionPlace): number {
  return compareTimes(right.time, left.time) || right.arrival - left.arrival;
}

/** Membership records in memory. */
export class MemoryMembershipStore implements MembershipStore {
  readonly #records = new Map<string, MembershipRecord>();

  async append(records: readonly MembershipRecord[]): Promise<void> {
    for (const record of records) if (!this.#records.has(record.id)) this.#records.set(record.id, record);
  }

  async all(): Promise<MembershipRecord[]> {
    return [...this.#records.values()];
  }
}
