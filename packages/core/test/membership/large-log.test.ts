import { describe, expect, test } from "vitest";
import { evaluateMembership, type MembershipRecord } from "../../src/index.ts";
import { admit, changeRole, evaluate, NETWORK, record, remove } from "./log-maker.ts";

const RECORDS = 2000;
/** Far above what it takes (0.05 to 0.7 s), for a busy machine; far below what a square too many would. */
const TIME_MAX_MS = 5000;

const first = record("root", [], admit("ada", "admin"));
const second = record("ada", [first], admit("ben", "admin"));

function chain(make: (index: number, last: MembershipRecord) => MembershipRecord): MembershipRecord[] {
  const log = [first, second];
  for (let index = 0; log.length < RECORDS; index++) log.push(make(index, log.at(-1) as MembershipRecord));
  return log;
}

const many = (make: (index: number) => MembershipRecord): MembershipRecord[] =>
  Array.from({ length: RECORDS / 2 - 1 }, (_, index) => make(index));

const logs: Record<string, () => MembershipRecord[]> = {
  "one after the other": () => chain((index, last) => record("ada", [last], admit(`m${index}`))),
  "each admitted by the one before": () =>
    chain((index, last) =>
      record(index === 0 ? "ben" : `m${index - 1}`, [last], admit(`m${index}`, "admin")),
    ),
  "all at the same time": () => chain((index) => record("ada", [second], admit(`m${index}`, "admin"))),
  "one role changed all the time": () =>
    chain((index, last) =>
      record("root", [last], changeRole("ben", index % 2 === 0 ? "admin" : "writer"), index),
    ),
  "two that flood each other": () => [
    first,
    second,
    ...many((index) => record("ben", [second], remove("ada"), index)),
    ...many((index) => record("ada", [second], admit(`m${index}`), index)),
    record("root", [second], remove("ben")),
  ],
  "puppets that strike their makers' enemies": () => {
    const puppets = many((index) => record("ben", [second], admit(`p${index}`, "admin")));
    const strikes = puppets.map((puppet, index) => record(`p${index}`, [puppet], remove("ada"), index));
    return [first, second, ...puppets, ...strikes, record("ada", [second], remove("ben"))];
  },
  "a ring in which each removes the next": () => {
    const admins = many((index) => record("ada", [first], admit(`m${index}`, "admin")));
    const heads = admins.slice(0, 16);
    return [first, ...admins, ...many((index) => record(`m${index}`, heads, remove(`m${(index + 1) % 16}`)))];
  },
};

describe("2,000 records are evaluated in time, in either order", () => {
  test.each(Object.entries(logs))("%s", (_name, make) => {
    const log = make();
    const start = performance.now();
    const state = evaluate(...log);
    expect(performance.now() - start).toBeLessThan(TIME_MAX_MS);
    expect(state.members.size).toBeGreaterThan(0);
    expect(state.statuses.size).toBe(log.length);
    const turned = evaluateMembership(log.toReversed(), NETWORK);
    expect([...turned.members.keys()]).toEqual([...state.members.keys()]);
    expect(turned.heads).toEqual(state.heads);
  });
});
