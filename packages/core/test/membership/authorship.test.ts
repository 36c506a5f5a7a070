import { describe, expect, test } from "vitest";
import type { Authorship, MembershipRecord } from "../../src/index.ts";
import {
  admit,
  changeRole,
  createSpace,
  cutAt,
  entryId,
  evaluate,
  incarnation,
  peer,
  record,
  remove,
  space,
} from "./log-maker.ts";

const first = record("root", [], admit("ada", "admin"));
const made = record("ada", [first], createSpace(1, "ada"));
const second = record("ada", [made], admit("ben", "admin"));
const writer = record("ada", [second], admit("wanda"));
const base = [first, made, second, writer];

/** Wanda's entry number `seq`, called `name`, written when `heads` were the log's. */
function entry(
  seq: number,
  heads: MembershipRecord[],
  parts: Partial<Authorship> & { name?: string } = {},
): Authorship {
  const { name = `e${seq}`, ...rest } = parts;
  return {
    author: peer("wanda"),
    incarnation: incarnation(1),
    seq,
    id: entryId(name),
    space: space(1),
    membershipHeads: heads.map((head) => head.id),
    ...rest,
  };
}

describe("an entry counts", () => {
  test("by an admin or writer of its space, at the heads it names", () => {
    const reader = record("ada", [writer], admit("rita", "reader"));
    const vault = record("ada", [reader], admit("vera", "vault"));
    const narrow = record("ada", [vault], admit("nora", "writer", [space(2)]));
    const state = evaluate(...base, reader, vault, narrow);
    const by = (name: string) => state.mayAuthor(entry(1, [narrow], { author: peer(name) }));
    expect(["ada", "ben", "wanda"].map(by)).toEqual(["yes", "yes", "yes"]);
    expect(["rita", "vera", "nora", "nobody"].map(by)).toEqual(["no", "no", "no", "no"]);
  });

  test("not before its author was admitted", () => {
    const state = evaluate(...base);
    expect(state.mayAuthor(entry(1, [writer]))).toBe("yes");
    expect(state.mayAuthor(entry(1, [second]))).toBe("no");
  });

  test("not in a space that is not made", () => {
    expect(evaluate(...base).mayAuthor(entry(1, [writer], { space: space(9) }))).toBe("no");
  });

  test("nobody knows yet, where heads are missing or wait for others", () => {
    const later = record("ada", [writer], admit("rita"));
    expect(evaluate(...base).mayAuthor(entry(1, [later]))).toBe("unknown");
    expect(evaluate(first, made, writer, later).mayAuthor(entry(1, [later]))).toBe("unknown");
    expect(evaluate(...base).mayAuthor(entry(1, [writer, later]))).toBe("unknown");
  });
});

describe("what a removed author wrote counts", () => {
  const removal = record("ada", [writer], remove("wanda", cutAt(5, "e5"), cutAt(2, "f2", 2)));
  const state = evaluate(...base, removal);

  test("up to the cut of its incarnation", () => {
    expect([1, 4, 5, 6].map((seq) => state.mayAuthor(entry(seq, [writer])))).toEqual([
      "yes",
      "yes",
      "yes",
      "no",
    ]);
    expect(state.mayAuthor(entry(2, [writer], { incarnation: incarnation(2), name: "f2" }))).toBe("yes");
    expect(state.mayAuthor(entry(1, [writer], { incarnation: incarnation(3) }))).toBe("no");
  });

  test("not where the last entry is another one: its author rewrote its history", () => {
    const others = Array.from({ length: 8 }, (_, index) => `another ${index}`);
    expect(others.some((name) => entryId(name) < entryId("e5"))).toBe(true);
    for (const name of others) expect(state.mayAuthor(entry(5, [writer], { name }))).toBe("no");
  });

  test("not by naming heads from before, nor by naming the removal", () => {
    expect(state.mayAuthor(entry(6, [writer]))).toBe("no");
    expect(state.mayAuthor(entry(6, [removal]))).toBe("no");
    expect(state.mayAuthor(entry(3, [removal]))).toBe("no");
  });

  test("again from when it was admitted again", () => {
    const again = record("ada", [removal], admit("wanda"));
    const later = evaluate(...base, removal, again);
    expect(later.mayAuthor(entry(1, [again], { incarnation: incarnation(7) }))).toBe("yes");
    expect(later.mayAuthor(entry(6, [writer]))).toBe("no");
  });
});

describe("cuts", () => {
  test("of two removals at the same time leave what either leaves", () => {
    const short = record("ada", [writer], remove("wanda", cutAt(5, "e5")));
    const long = record("ben", [writer], remove("wanda", cutAt(8, "e8")));
    const state = evaluate(...base, short, long);
    expect([5, 8, 9].map((seq) => state.mayAuthor(entry(seq, [writer])))).toEqual(["yes", "yes", "no"]);
  });

  test("of two removals at the same time that saw two forks leave the lower entry", () => {
    const [low, high] = [entryId("x"), entryId("y")].sort() as unknown as [string, string];
    const nameOf = (id: string) => (id === entryId("x") ? "x" : "y");
    const one = record("ada", [writer], remove("wanda", cutAt(5, nameOf(high))));
    const other = record("ben", [writer], remove("wanda", cutAt(5, nameOf(low))));
    const state = evaluate(...base, one, other);
    expect(state.mayAuthor(entry(5, [writer], { name: nameOf(low) }))).toBe("yes");
    expect(state.mayAuthor(entry(5, [writer], { name: nameOf(high) }))).toBe("no");
  });

  test("that leave more later do not bring back what an earlier one took", () => {
    const removal = record("ada", [writer], remove("wanda", cutAt(5, "e5")));
    const again = record("ada", [removal], admit("wanda"));
    const later = record("ada", [again], remove("wanda", cutAt(9, "e9")));
    const state = evaluate(...base, removal, again, later);
    expect(state.mayAuthor(entry(7, [writer]))).toBe("no");
    expect(state.mayAuthor(entry(7, [again]))).toBe("yes");
  });

  test("that a leaver granted itself can be shortened by a removal", () => {
    const leave = record("wanda", [writer], remove("wanda", cutAt(1_000_000, "e9")));
    const state = evaluate(...base, leave);
    expect(state.mayAuthor(entry(50, [writer]))).toBe("yes");
    const removal = record("ada", [leave], remove("wanda", cutAt(5, "e5")));
    const after = evaluate(...base, leave, removal);
    expect([5, 50].map((seq) => after.mayAuthor(entry(seq, [writer])))).toEqual(["yes", "no"]);
    const atOnce = evaluate(...base, leave, record("ada", [writer], remove("wanda", cutAt(5, "e5"))));
    expect([5, 50].map((seq) => atOnce.mayAuthor(entry(seq, [writer])))).toEqual(["yes", "no"]);
  });

  test("that a leaver granted itself widen no other that was made at the same time", () => {
    const leave = record("wanda", [writer], remove("wanda", cutAt(1_000_000, "e9")));
    const demotion = record("ada", [writer], changeRole("wanda", "reader", { cut: [cutAt(5, "e5")] }));
    const state = evaluate(...base, leave, demotion);
    expect(state.statuses.get(leave.id)?.status).toBe("valid");
    expect([5, 50].map((seq) => state.mayAuthor(entry(seq, [writer])))).toEqual(["yes", "no"]);
  });

  test("of a demotion hold where its target may write no more, and only there", () => {
    const demotion = record("ada", [writer], changeRole("wanda", "reader", { cut: [cutAt(5, "e5")] }));
    const state = evaluate(...base, demotion);
    expect([5, 6].map((seq) => state.mayAuthor(entry(seq, [writer])))).toEqual(["yes", "no"]);
    const promotion = record("ada", [writer], changeRole("wanda", "admin"));
    expect(evaluate(...base, promotion).mayAuthor(entry(6, [writer]))).toBe("yes");
    const moved = record("ada", [writer], changeRole("wanda", "writer", { spaces: [space(2)] }));
    expect(evaluate(...base, moved).mayAuthor(entry(6, [writer]))).toBe("no");
    const kept = record("ada", [writer], changeRole("wanda", "writer", { spaces: [space(1)] }));
    expect(evaluate(...base, kept).mayAuthor(entry(6, [writer]))).toBe("yes");
  });

  test("of a removal that does not count cut nothing", () => {
    const puppet = record("wanda", [writer], remove("ben"));
    const overruled = record("ben", [writer], remove("wanda"));
    const word = record("root", [writer], remove("ben"));
    const state = evaluate(...base, puppet, overruled, word);
    expect(state.mayAuthor(entry(6, [writer]))).toBe("yes");
  });

  test("an entry in a space whose maker was removed at the same time counts", () => {
    const own = record("ben", [writer], createSpace(2, "ben"));
    const removal = record("ada", [writer], remove("ben"));
    const state = evaluate(...base, own, removal);
    expect(state.mayAuthor(entry(1, [own], { space: space(2) }))).toBe("yes");
  });
});
