import {
  type AuthorSeq,
  coversDot,
  type DamagedVersion,
  type Dot,
  digestOf,
  digestToBytes,
  type Entry,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  type Incarnation,
  type KeyId,
  type PeerId,
  type SpaceId,
  type SupersededPlace,
  strippedEntry,
  type VersionPlace,
} from "@gstore/core";
import { ENTRY_READS_AT_ONCE_MAX } from "./constants.ts";
import { EntryReader } from "./entry-reader.ts";
import { PendingEntries } from "./pending-entries.ts";
import type { StoreContext } from "./store-context.ts";
import { isDisplaced } from "./tables/entry-table.ts";

const VERSIONS_PAGE = 64;

/** The entries of a {@link DiskStore}. A damaged entry is passed over in listings and replaced when it is appended again. */
export class DiskEntryStore implements EntryStore {
  readonly arrivalEpoch: string;
  readonly #context: StoreContext;
  readonly #pending: PendingEntries;
  readonly #reader: EntryReader;

  constructor(context: StoreContext, arrivalEpoch: string) {
    this.#context = context;
    this.arrivalEpoch = arrivalEpoch;
    this.#reader = new EntryReader(context);
    this.#pending = new PendingEntries(context.tables.entries);
  }

  async append(entries: readonly Entry[], { complete }: { complete: boolean }): Promise<void> {
    const { log } = this.#context.opened();
    while (!log.hasRoom) await log.room(undefined);
    const { tables } = this.#context.opened();
    const plan = this.#pending.plan(entries);
    const damaged = plan.known.filter((entry) => this.#isDamaged(entry.id));
    const writes = [
      ...plan.added.map((entry) => this.#write(entry, complete)),
      // Like all that takes the place of a record: what moves records meanwhile could move the old one behind it.
      ...damaged.map((entry) => this.#context.exclusively(() => this.#write(entry, complete))),
    ];
    this.#pending.begin(plan.added, writes);
    await Promise.all([...writes, ...plan.waits]);
    if (!complete) return;
    for (const { id } of [...plan.known, ...plan.joined]) {
      const arrival = tables.entries.arrivalOf(id);
      if (arrival !== undefined) tables.entries.markComplete(arrival);
    }
  }

  async get(id: EntryId): Promise<EntryRecord | undefined> {
    const { tables } = this.#context.opened();
    const arrival = tables.entries.arrivalOf(id);
    return arrival === undefined ? undefined : this.#reader.read(arrival);
  }

  async heads(space: SpaceId, keyId: KeyId): Promise<EntryRecord[]> {
    return this.#reader.readAll(this.#context.opened().tables.entries.heads(space, keyId));
  }

  async isSeen(space: SpaceId, keyId: KeyId, dot: Dot): Promise<boolean> {
    return coversDot(this.#context.opened().tables.entries.seen(space, keyId), dot);
  }

  async *versions(
    space: SpaceId,
    keyId: KeyId,
    options: { behind?: VersionPlace } = {},
  ): AsyncGenerator<EntryRecord> {
    for (let behind = options.behind; ; ) {
      const { entries } = this.#context.opened().tables;
      const page = entries.versions(space, keyId, { behind, limit: VERSIONS_PAGE });
      yield* await this.#reader.readAll(page.map(({ arrival }) => arrival));
      behind = page.at(-1);
      if (page.length < VERSIONS_PAGE) return;
    }
  }

  async *withIdPrefix(prefix: string): AsyncGenerator<EntryRecord> {
    for (let after: EntryId | null = null; ; ) {
      const { entries } = this.#context.opened().tables;
      const page: ReturnType<typeof entries.withIdPrefix> = entries.withIdPrefix(prefix, {
        after,
        limit: VERSIONS_PAGE,
      });
      yield* await this.#reader.readAll(page.map(({ arrival }) => arrival));
      const last = page.at(-1);
      if (page.length < VERSIONS_PAGE || last === undefined) return;
      after = last.id;
    }
  }

  async vector(): Promise<AuthorSeq[]> {
    return this.#context.opened().tables.entries.vector();
  }

  async ofAuthor(author: PeerId, incarnation: Incarnation, fromSeq: number, limit: number): Promise<Entry[]> {
    const { entries } = this.#context.opened().tables;
    const arrivals: number[] = [];
    for (let seq = Math.max(1, fromSeq); arrivals.length < limit; seq++) {
      const arrival = entries.arrivalAt(author, incarnation, seq);
      if (arrival === undefined) break;
      arrivals.push(arrival);
    }
    const records = await this.#reader.readAll(arrivals);
    // A damaged one ends the run: the receiver takes no gaps.
    const run = records.findIndex((record, index) => record.arrival !== arrivals[index]);
    return (run < 0 ? records : records.slice(0, run)).map((record) => record.entry);
  }

  async since(arrival: number, limit: number): Promise<EntryRecord[]> {
    return this.#reader.page("entry", arrival, limit);
  }

  async markComplete(ids: readonly EntryId[]): Promise<void> {
    const { entries } = this.#context.opened().tables;
    for (const id of ids) {
      const arrival = entries.arrivalOf(id);
      if (arrival !== undefined) entries.markComplete(arrival);
    }
    await this.#context.tables.index.room();
  }

  async markDropped(ids: readonly EntryId[]): Promise<void> {
    for (const id of ids) {
      const record = await this.get(id);
      if (record && record.entry.body.content !== null) {
        this.#context.opened().tables.entries.markDropped(record.arrival);
      }
    }
    await this.#context.tables.index.room();
  }

  async completeOf(ids: readonly EntryId[]): Promise<EntryId[]> {
    const { tables, damage } = this.#context.opened();
    return ids.filter((id) => {
      const arrival = tables.entries.arrivalOf(id);
      if (arrival === undefined || damage.entries.has(id)) return false;
      return tables.entries.state(arrival)?.isComplete === true;
    });
  }

  async markExpired(ids: readonly EntryId[]): Promise<void> {
    const { entries } = this.#context.opened().tables;
    for (const id of ids) {
      const arrival = entries.arrivalOf(id);
      if (arrival !== undefined) entries.markExpired(arrival);
    }
    await this.#context.tables.index.room();
  }

  async superseded(
    untilMs: number,
    options: { behind: SupersededPlace | null; limit: number },
  ): Promise<EntryRecord[]> {
    const found: EntryRecord[] = [];
    for (let behind = options.behind; found.length < options.limit; ) {
      const limit = options.limit - found.length;
      const places = this.#context.opened().tables.entries.superseded(untilMs, { behind, limit });
      found.push(...(await this.#reader.readAll(places.map(({ arrival }) => arrival))));
      behind = places.at(-1) ?? null;
      if (places.length < limit) break;
    }
    return found;
  }

  async erasing(afterArrival: number, limit: number): Promise<EntryRecord[]> {
    return this.#reader.page("erasing", afterArrival, limit);
  }

  async markErased(ids: readonly EntryId[]): Promise<void> {
    const { entries } = this.#context.opened().tables;
    for (const id of ids) {
      const arrival = entries.arrivalOf(id);
      if (arrival !== undefined) entries.markErased(arrival);
    }
    await this.#context.tables.index.room();
  }

  async strip(ids: readonly EntryId[]): Promise<void> {
    const { exclusively, tables } = this.#context.opened();
    await exclusively(async () => {
      for (let from = 0; from < ids.length; from += ENTRY_READS_AT_ONCE_MAX) {
        const records = await Promise.all(
          ids.slice(from, from + ENTRY_READS_AT_ONCE_MAX).map((id) => this.get(id)),
        );
        const whole = records.flatMap((record) =>
          record && record.entry.body.sealed !== null ? [record.entry] : [],
        );
        const stripped = whole.flatMap((entry) => strippedEntry(entry) ?? []);
        await Promise.all(stripped.map((entry) => this.#write(entry, false, { isStrip: true })));
      }
    });
    await tables.index.room();
  }

  async damagedVersions(space: SpaceId, keyId: KeyId): Promise<DamagedVersion[]> {
    const damaged: DamagedVersion[] = [];
    for (let behind: VersionPlace | undefined; ; ) {
      const { entries } = this.#context.opened().tables;
      const page: VersionPlace[] = entries.versions(space, keyId, { behind, limit: VERSIONS_PAGE });
      const arrivals = page.map(({ arrival }) => arrival);
      damaged.push(...(await this.#reader.damagedOf(arrivals, entries.heads(space, keyId))));
      behind = page.at(-1);
      if (page.length < VERSIONS_PAGE) return damaged;
    }
  }

  async destroyDamaged(ids: readonly EntryId[]): Promise<void> {
    const { exclusively, tables } = this.#context.opened();
    await exclusively(async () => {
      for (const id of ids) {
        const arrival = tables.entries.arrivalOf(id);
        if (arrival === undefined || !this.#isDamaged(id)) continue;
        tables.entries.displace(arrival);
        this.#reader.cache.remove(arrival);
      }
      await tables.index.commit();
    });
  }

  async destroyStripped(): Promise<boolean> {
    const { segments } = this.#context.opened().tables;
    for (const segment of segments.numbers()) if (segments.hasLost(segment)) segments.markEmptying(segment);
    return await this.#context.opened().emptySegments();
  }

  async unstrip(entries: readonly Entry[]): Promise<void> {
    await this.#context.opened().exclusively(async () => {
      for (const entry of entries) {
        const known = await this.get(entry.id);
        if (known?.entry.body.sealed === null) await this.#write(entry, false);
      }
    });
  }

  async incomplete(afterArrival: number, limit: number): Promise<EntryRecord[]> {
    return this.#reader.page("incomplete", afterArrival, limit);
  }

  /** Arrivals are numbers of the log, which blobs have too. */
  lastArrival(): number {
    return this.#context.opened().log.nextSequence - 1;
  }

  count(): number {
    return this.#context.tables.entries.count;
  }

  damaged(): number {
    return this.#context.damage.entries.size;
  }

  #isDamaged(id: EntryId): boolean {
    const { tables, damage } = this.#context;
    if (damage.entries.has(id)) return true;
    const row = tables.entries.row(tables.entries.arrivalOf(id) ?? 0);
    return row !== undefined && isDisplaced(row);
  }

  #write(entry: Entry, complete: boolean, { isStrip = false } = {}): Promise<void> {
    const { log, tables } = this.#context;
    const sequence = tables.entries.arrivalOf(entry.id);
    return new Promise((resolve, reject) => {
      log.append([
        {
          kind: "entry",
          digest: digestToBytes(digestOf(entry.bytes)),
          body: entry.bytes,
          ...(sequence === undefined ? {} : { sequence }),
          written: (place, arrival) => {
            const size = entry.bytes.length;
            tables.entries.apply(entry, { ...place, size, isComplete: complete }, arrival);
            // One that came in the place of a damaged or a stripped one may have to be stripped.
            if (sequence !== undefined && !isStrip) tables.entries.markErasing(arrival);
            this.#reader.cache.remove(arrival);
            this.#reader.cache.add(arrival, entry);
            this.#context.damage.entries.delete(entry.id);
            resolve();
          },
          failed: reject,
        },
      ]);
    });
  }
}
