import { type Entry, type EntryId, type EntryStore, mergeVectors } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import fc from "fast-check";
import type { Members } from "../../src/membership/members.ts";
import type { Spaces } from "../../src/membership/spaces.ts";
import { ShownVersions } from "../../src/shown-versions.ts";

/** How one version of a key came about. */
export interface Written {
  readonly author: number;
  /** Which of those written before it has seen, as bits; of its own author's all. */
  readonly sees: number;
  readonly isRemoval: boolean;
  /** As a removal. */
  readonly erases: boolean;
  /** As one that erases. */
  readonly purges: boolean;
  /** How far its author's clock is off (ms). */
  readonly clockOffMs: number;
  /** After the one before it arrived (ms). */
  readonly laterMs: number;
  /** Its author may not have written it. */
  readonly isVoid: boolean;
  /** Another node counts on this one's copy. */
  readonly isLeased: boolean;
}

export const written: fc.Arbitrary<Written> = fc.record({
  author: fc.integer({ min: 0, max: 2 }),
  sees: fc.nat(),
  isRemoval: fc.boolean(),
  erases: fc.boolean(),
  purges: fc.boolean(),
  clockOffMs: fc.integer({ min: -3000, max: 3000 }),
  laterMs: fc.integer({ min: 0, max: 700 }),
  isVoid: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
  isLeased: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
});

/** The versions of one key, as they were written. */
export function entriesOf(history: readonly Written[]): Entry[] {
  const makers = [1, 2, 3].map((author) => new EntryMaker(author));
  const entries: Entry[] = [];
  for (const [index, { author, sees, isRemoval, erases, purges, clockOffMs }] of history.entries()) {
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
    const isErasure = isRemoval && erases;
    entries.push(
      maker.next({
        context,
        op,
        erases: isErasure,
        purges: isErasure && purges,
        timeMs: 1_700_000_000_000 + index * 500 + clockOffMs,
      }),
    );
  }
  return entries;
}

/** An order of arrival in which each author's entries come in the order of their writing. */
export function arrivalOrder(entries: readonly Entry[], picks: readonly number[]): Entry[] {
  const queues = [...Map.groupBy(entries, ({ body }) => body.dot.author).values()].map((list) => [...list]);
  const order: Entry[] = [];
  for (let at = 0; order.length < entries.length; at++) {
    const left = queues.filter((queue) => queue.length > 0);
    order.push(left[(picks[at] ?? 0) % left.length]?.shift() as Entry);
  }
  return order;
}

/** Judges by who was allowed to write alone: nothing is opened. */
export function shownBy(entries: EntryStore, counts: (version: EntryId) => boolean): ShownVersions {
  const mayAuthor = ({ id }: Pick<Entry, "id">): string => (counts(id) ? "yes" : "no");
  return new ShownVersions({
    entries,
    spaces: null as unknown as Spaces,
    members: { mayAuthor } as unknown as Members,
    unreadable: () => {},
  });
}
