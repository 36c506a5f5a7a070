import { coversDot, type Entry } from "@gstore/core";
import { MemoryEntryStore } from "@gstore/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Erasure } from "../../src/collection/erasure.ts";
import { arrivalOrder, entriesOf, shownBy, type Written, written } from "../support/key-histories.ts";

const never = new AbortController().signal;

test("erased is exactly what a removal that counts has seen, in whatever order all comes and whenever it is looked for", async () => {
  const given = fc.tuple(
    fc.array(written, { minLength: 1, maxLength: 12 }),
    fc.array(fc.nat({ max: 5 }), { minLength: 12, maxLength: 12 }),
    fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(given, async ([history, picks, looks]) => {
      const entries = entriesOf(history);
      const about = new Map(entries.map((entry, index) => [entry.id, history[index] as Written]));
      const store = new MemoryEntryStore();
      // Who was not allowed to write at first is in the end.
      let isPardoned = false;
      const counts = ({ id }: Pick<Entry, "id">): boolean => isPardoned || !(about.get(id) as Written).isVoid;
      const erasure = new Erasure({ entries: store, shown: shownBy(store, (id) => counts({ id })) });
      const covers = (by: Entry, entry: Entry): boolean => coversDot(by.body.context, entry.body.dot);
      const check = async (): Promise<void> => {
        const records = await store.since(0, 100);
        const here = records.map(({ entry }) => entry);
        const expected = here.filter((entry) =>
          here.some((by) => by.body.erases && counts(by) && covers(by, entry)),
        );
        expect(records.filter(({ expired }) => expired).map(({ entry }) => entry)).toEqual(expected);
        const purged = here.filter((entry) =>
          here.some((by) => by.body.purges && counts(by) && covers(by, entry)),
        );
        expect(here.filter(({ body }) => body.sealed === null)).toEqual(purged);
      };
      for (const [at, entry] of arrivalOrder(entries, picks).entries()) {
        await store.append([entry], { complete: true });
        if (!looks[at]) continue;
        await erasure.run(never);
        await check();
      }
      await erasure.run(never);
      await check();
      isPardoned = true;
      await erasure.run(never);
      await check();
      expect(await erasure.run(never)).toBe(0);
      expect(await store.erasing(0, 100)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
