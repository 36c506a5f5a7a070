import { describe, expect, test } from "vitest";
import type { MembershipOperation, MembershipRecord } from "../../src/index.ts";
import {
  admit,
  attributes,
  changeRole,
  createSpace,
  evaluate,
  peer,
  policy,
  record,
  remove,
  space,
} from "./log-maker.ts";

const first = record("root", [], admit("ada", "admin"));
const second = record("ada", [first], admit("ben", "admin"));
const writer = record("ada", [second], admit("wanda"));
const vault = record("ada", [writer], admit("vera", "vault"));
const made = record("ada", [vault], createSpace(1, "ada", "ben", "wanda"));
const base = [first, second, writer, vault, made];

const statedOf = (name: string, ...records: MembershipRecord[]) => {
  const { capacityBytes, zone } = evaluate(...base, ...records).members.get(peer(name)) ?? {};
  return [capacityBytes, zone];
};
const policiesOf = (...records: MembershipRecord[]) => [
  ...(evaluate(...base, ...records)
    .spaces.get(space(1))
    ?.policies.values() ?? []),
];
const statusOf = (one: MembershipRecord, ...records: MembershipRecord[]) =>
  evaluate(...base, ...records, one).statuses.get(one.id)?.status;

describe("attributes", () => {
  test("are nothing where nobody stated any", () => {
    expect(statedOf("wanda")).toEqual([null, null]);
  });

  test("of a member are what it stated last, whatever its role", () => {
    const one = record("vera", [made], attributes("vera", 100, "home"));
    const two = record("vera", [one], attributes("vera", 200));
    expect(statedOf("vera", one)).toEqual([100, "home"]);
    expect(statedOf("vera", one, two)).toEqual([200, null]);
  });

  test("of several at the same time are the lowest record's", () => {
    const some = [1, 2, 3].map((bytes) => record("wanda", [made], attributes("wanda", bytes), bytes));
    const [lowest] = some.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    const { operation } = (lowest as MembershipRecord).body;
    expect(statedOf("wanda", ...some)).toEqual([
      (operation as { capacityBytes: number }).capacityBytes,
      null,
    ]);
    expect(statedOf("wanda", ...some.toReversed())).toEqual(statedOf("wanda", ...some));
  });

  test("say that a member is being drained, until it is said anew or the member comes back", () => {
    const isDraining = (...records: MembershipRecord[]) =>
      evaluate(...base, ...records).members.get(peer("vera"))?.isDraining;
    const drained = record("vera", [made], {
      ...attributes("vera", 100),
      isDraining: true,
    } as MembershipOperation);
    expect([isDraining(), isDraining(drained)]).toEqual([false, true]);
    expect(isDraining(drained, record("ada", [drained], attributes("vera", 100)))).toBe(false);
    const left = record("vera", [drained], remove("vera"));
    const back = record("ada", [left], admit("vera", "vault"));
    expect(isDraining(drained, left)).toBeUndefined();
    expect(isDraining(drained, left, back)).toBe(false);
    expect(statedOf("vera", drained, left, back)).toEqual([100, null]);
  });

  test("may be stated by an admin of all the member's spaces, and by no other member", () => {
    expect(statedOf("vera", record("ben", [made], attributes("vera", 5, "cellar")))).toEqual([5, "cellar"]);
    expect(statusOf(record("wanda", [made], attributes("vera", 5)))).toBe("impossible");
    const narrow = record("ada", [made], admit("nora", "admin", [space(1)]));
    expect(statusOf(record("nora", [narrow], attributes("vera", 5)), narrow)).toBe("unauthorised");
  });

  test("of who was removed count no more where it did not know of that, and hold again when it is back", () => {
    const stated = record("wanda", [made], attributes("wanda", 7));
    const removed = record("ada", [stated], remove("wanda"));
    const late = record("wanda", [stated], attributes("wanda", 9));
    const again = record("ada", [removed], admit("wanda"));
    expect(statusOf(late, stated, removed)).toBe("overruled");
    expect(statedOf("wanda", stated, removed, late, again)).toEqual([7, null]);
  });

  test("stand though the member's role changes at the same time", () => {
    const change = record("ada", [made], changeRole("wanda", "reader"));
    expect(statusOf(record("wanda", [made], attributes("wanda", 7)), change)).toBe("valid");
  });
});

describe("a policy", () => {
  test("is set by admins of its space, and by nobody else", () => {
    const one = record("ben", [made], policy(1, 0, { copies: 2 }));
    expect(policiesOf(one).map(({ policyClass, rules }) => [policyClass, rules.copies])).toEqual([[0, 2]]);
    expect(policiesOf(record("wanda", [made], policy(1, 0)))).toEqual([]);
    const narrow = record("ada", [made], admit("nora", "admin", [space(2)]));
    expect(policiesOf(narrow, record("nora", [narrow], policy(1, 0)))).toEqual([]);
    expect(policiesOf(record("ben", [vault], policy(1, 0)))).toEqual([]);
  });

  test("holds for its class as it was set last, until it is dropped", () => {
    const one = record("ada", [made], policy(1, 65, { copies: 2 }));
    const two = record("ben", [one], policy(1, 65, { copies: 4 }));
    const other = record("ben", [made], policy(1, 66, { copies: 5, zones: 2 }));
    const dropped = record("ada", [two], policy(1, 65, null));
    const copies = (...records: MembershipRecord[]) =>
      policiesOf(...records).map(({ policyClass, rules }) => [policyClass, rules.copies]);
    expect(copies(one, two)).toEqual([[65, 4]]);
    expect(copies(one, two, other).sort()).toEqual([
      [65, 4],
      [66, 5],
    ]);
    expect(copies(one, two, other, dropped)).toEqual([[66, 5]]);
  });

  test("set twice at the same time is the lowest record's", () => {
    const some = [2, 3, 4].map((copies) => record("ada", [made], policy(1, 0, { copies }), copies));
    const [lowest] = some.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    expect(policiesOf(...some).map((one) => one.record)).toEqual([lowest?.id]);
    expect(policiesOf(...some.toReversed())).toEqual(policiesOf(...some));
  });
});
