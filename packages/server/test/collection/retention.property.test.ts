import { coversDot, type Entry, type EntryId, mergeVectors } from "@gstore/core";
import { EntryMaker, ManualClock, MemoryEntryStore } from "@gstore/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { History } from "../../src/collection/history.ts";
import { Pace } from "../../src/collection/pace.ts";
import { Retention } from "../../src/collection/retention.ts";
import { SteadyClock } from "../../src/collection/steady-clock.ts";
import type { Members } from "../../src/membership/members.ts";
import type { Spaces } from "../../src/membership/spaces.ts";
import { ShownVersions } from "../../src/shown-versions.ts";

const HISTORY_MS = 1000;

interface Written {
  readonly author: number;
  /** Which of those written before it has seen, as bits; of its own author's all. */
  readonly sees: number;
  readonly isRemoval: boolean;
  /** How far its author's clock is off (ms). */
  readonly clockOffMs: number;
  /** After the one before it arrived (ms). */
  readonly laterMs: number;
  /** Its author may not have written it. */
  readonly isVoid: boolean;
  /** Another node counts on this one's copy. */
  readonly isLeased: boolean;
}

const written: fc.Arbitrary<Written> = fc.record({
  author: fc.integer({ min: 0, max: 2 }),
  sees: fc.nat(),
  isRemoval: fc.boolean(),
  clockOffMs: fc.integer({ min: -3000, max: 3000 }),
  laterMs: fc.integer({ min: 0, max: 700 }),
  isVoid: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
  isLeased: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
});

/** The versions of one key, as they were written. */
function entriesOf(history: readonly Written[]): Entry[] {
  const makers = [1, 2, 3].map((author) => new EntryMaker(author));
  const entries: Entry[] = [];
  for (const [index, { author, sees, isRemoval, clockOffMs }] of history.entries()) {
    const seen = entries.filter(
      (entry, at) =>
        ((sees >> (at % 31)) & 1) === 1 || entry.body.dot.author === (makers[author] as EntryMaker).author,
    );
    const context = seen.reduce<Entry["body"]["context"]>(
      (vector, { body }) => mergeVectors(mergeVectors(vector, body.context), [body.dot]),
      [],
    );
    const maker = makers[author] as EntryMaker;
    const op = isRemoval ? "remove" : "put";
    entries.push(maker.next({ context, op, timeMs: 1_700_000_000_000 + index * 500 + clockOffMs }));
  }
  return entries;
}

/** An order of arrival in which each author's entries come in the order of their writing. */
function arrivalOrder(entries: readonly Entry[], picks: readonly number[]): Entry[] {
  const queues = [...Map.groupBy(entries, ({ body }) => body.dot.author).values()].map((list) => [...list]);
  const order: Entry[] = [];
  for (let at = 0; order.length < entries.length; at++) {
    const left = queues.filter((queue) => queue.length > 0);
    order.push(left[(picks[at] ?? 0) % left.length]?.shift() as Entry);
  }
  return order;
}

test("a version is given up if and only if one that counts superseded it here long enough ago, and nobody counts on it", async () => {
  const given = fc.tuple(
    fc.array(written, { minLength: 1, maxLength: 12 }),
    fc.array(fc.nat({ max: 5 }), { minLength: 12, maxLength: 12 }),
    fc.integer({ min: 0, max: 3000 }),
  );
  await fc.assert(
    fc.asyncProperty(given, async ([history, picks, waitMs]) => {
      const entries = entriesOf(history);
      const about = new Map(entries.map((entry, index) => [entry.id, history[index] as Written]));
      const clock = new ManualClock();
      const store = new MemoryEntryStore();
      store.now = () => clock.now();
      const arrivedMs = new Map<EntryId, number>();
      const order = arrivalOrder(entries, picks);
      for (const entry of order) {
        clock.advance((about.get(entry.id) as Written).laterMs);
        arrivedMs.set(entry.id, clock.now());
        await store.append([entry], { complete: true });
      }
      clock.advance(waitMs);
      const counts = (entry: Entry): boolean => !(about.get(entry.id) as Written).isVoid;
      const isLeased = (version: EntryId): boolean => (about.get(version) as Written).isLeased;
      const shown = new ShownVersions({
        entries: store,
        spaces: null as unknown as Spaces,
        members: {
          mayAuthor: ({ id }: Pick<Entry, "id">) => ((about.get(id) as Written).isVoid ? "no" : "yes"),
        } as unknown as Members,
        unreadable: () => {},
      });
      const placement = { historyMs: () => HISTORY_MS, shortestHistoryMs: () => HISTORY_MS };
      const over = new History({ entries: store, shown, placement, clock, historyMs: undefined });
      const steady = new SteadyClock(clock, 1000);
      const retention = new Retention({ entries: store, history: over, clock, steady, leases: { isLeased } });
      const count = await retention.expire(new Pace(clock, 1), new AbortController().signal);

      const records = await store.since(0, 100);
      const gone = records.filter(({ expired }) => expired).map(({ entry }) => entry);
      expect(gone).toHaveLength(count);
      const covers = (by: Entry, entry: Entry): boolean => coversDot(by.body.context, entry.body.dot);
      for (const entry of entries) {
        const sinceMs = (by: Entry): number =>
          Math.max(arrivedMs.get(by.id) ?? 0, arrivedMs.get(entry.id) ?? 0);
        const isLong = (by: Entry): boolean => sinceMs(by) + HISTORY_MS <= clock.now();
        const superseding = entries.filter((by) => covers(by, entry));
        const mayGo = superseding.some((by) => counts(by) && isLong(by)) && !isLeased(entry.id);
        if (!mayGo) expect(gone).not.toContain(entry);
        // Where something void came first it may stay: from when on another one supersedes it is not noted.
        if (mayGo && superseding.every(counts)) expect(gone).toContain(entry);
      }
      // All that contends is there: an edit that nobody had seen, above all.
      const counting = entries.filter(counts);
      const heads = counting.filter((entry) => !counting.some((by) => covers(by, entry)));
      for (const head of heads) expect(gone).not.toContain(head);
      // Whoever is to fetch, repair or count a version passes over all that is given up, and over no head.
      for (const record of await store.since(0, 100)) {
        if (record.expired) expect(await over.isPast(record)).toBe(true);
        if (heads.includes(record.entry)) expect(await over.isPast(record)).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});
