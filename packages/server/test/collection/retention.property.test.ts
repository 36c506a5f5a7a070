import { coversDot, type Entry, type EntryId } from "@gstore/core";
import { ManualClock, MemoryEntryStore } from "@gstore/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { History } from "../../src/collection/history.ts";
import { Pace } from "../../src/collection/pace.ts";
import { Retention } from "../../src/collection/retention.ts";
import { SteadyClock } from "../../src/collection/steady-clock.ts";
import { arrivalOrder, entriesOf, shownBy, type Written, written } from "../support/key-histories.ts";

const HISTORY_MS = 1000;

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
      const shown = shownBy(store, (version) => !(about.get(version) as Written).isVoid);
      const placement = { historyMs: () => HISTORY_MS, shortestHistoryMs: () => HISTORY_MS / 2 };
      const over = new History({ entries: store, shown, placement, clock, historyMs: undefined });
      const steady = new SteadyClock(clock, 1000);
      let isAsked = false;
      const askAll = async (): Promise<void> => {
        isAsked = true;
      };
      const clocks = { askAll, isBorneOut: () => isAsked };
      const retention = new Retention({
        ...{ entries: store, history: over, clock, steady, clocks, leases: { isLeased } },
      });
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
