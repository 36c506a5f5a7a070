import { describe, expect, test } from "vitest";
import type { MembershipRecord } from "../../src/index.ts";
import { admit, changeRole, evaluate, namesIn, peer, record, remove } from "./log-maker.ts";

/** A salt for which the record's hash is lower (or higher) than the other's. */
function hashed(
  isLower: boolean,
  than: MembershipRecord,
  make: (salt: number) => MembershipRecord,
): MembershipRecord {
  for (let salt = 0; ; salt++) {
    const made = make(salt);
    if (made.id < than.id === isLower) return made;
  }
}

const statusOf = (state: ReturnType<typeof evaluate>, of: MembershipRecord) =>
  state.statuses.get(of.id)?.status;

const first = record("root", [], admit("ada", "admin"));
const second = record("ada", [first], admit("ben", "admin"));
const third = record("ben", [second], admit("cleo", "admin"));
const base = [first, second, third];

describe("a chain of admins", () => {
  test("admits down to its end", () => {
    const writer = record("cleo", [third], admit("dan"));
    const state = evaluate(...base, writer);
    expect(namesIn(state)).toEqual(["ada", "ben", "cleo", "dan"]);
    expect(state.heads).toEqual([writer.id]);
    expect(state.certificateOf(peer("dan"))).toEqual([writer, third, second, first]);
  });

  test("gives no right to who is no admin", () => {
    const writer = record("cleo", [third], admit("dan"));
    const guest = record("dan", [writer], admit("eve"));
    const state = evaluate(...base, writer, guest);
    expect(namesIn(state)).not.toContain("eve");
    expect(statusOf(state, guest)).toBe("impossible");
    expect(state.heads).toEqual([writer.id]);
  });

  test("waits for a record that is missing", () => {
    const state = evaluate(first, third);
    expect(namesIn(state)).toEqual(["ada"]);
    expect(statusOf(state, third)).toBe("waiting");
    expect(state.missing).toEqual([second.id]);
  });
});

describe("a removal", () => {
  test("beats what its target does at the same time, and who it admitted is not in", () => {
    const removal = record("ada", [third], remove("cleo"));
    const admission = record("cleo", [third], admit("puppet", "admin"));
    const further = record("puppet", [admission], admit("puppet2"));
    const against = record("puppet", [admission], remove("ben"));
    const state = evaluate(...base, removal, admission, further, against);
    expect(namesIn(state)).toEqual(["ada", "ben"]);
    expect(state.statuses.get(admission.id)).toEqual({ status: "overruled", by: removal.id });
    expect(statusOf(state, further)).toBe("unauthorised");
    expect(statusOf(state, against)).toBe("unauthorised");
    expect(state.heads).toEqual([removal.id]);
  });

  test("leaves what its target did before", () => {
    const admission = record("cleo", [third], admit("dan"));
    const removal = record("ada", [admission], remove("cleo"));
    expect(namesIn(evaluate(...base, admission, removal))).toEqual(["ada", "ben", "dan"]);
  });

  test("does not care how old its target's records pretend to be", () => {
    const removal = record("ada", [third], remove("cleo"));
    const later = record("root", [removal], admit("dan"));
    const backdated = record("cleo", [third], admit("puppet", "admin"), 5);
    const ending = record("cleo", [later], admit("puppet", "admin"), 6);
    const state = evaluate(...base, removal, later, backdated, ending);
    expect(namesIn(state)).toEqual(["ada", "ben", "dan"]);
    expect(statusOf(state, ending)).toBe("unauthorised");
  });

  test("by a junior takes away from a senior as well", () => {
    const removal = record("cleo", [third], remove("ada"));
    const admission = record("ada", [third], admit("puppet"));
    expect(namesIn(evaluate(...base, removal, admission))).toEqual(["ben", "cleo"]);
  });

  test("does not last: who is admitted again is in again, but what it did meanwhile does not count", () => {
    const removal = record("ada", [third], remove("cleo"));
    const meanwhile = record("cleo", [third], admit("puppet"));
    const again = record("ada", [removal], admit("cleo", "writer"));
    const state = evaluate(...base, removal, meanwhile, again);
    expect(namesIn(state)).toEqual(["ada", "ben", "cleo"]);
    expect(state.members.get(peer("cleo"))?.role).toBe("writer");
    expect(state.removed.size).toBe(0);
  });

  test("of who is no member is nothing", () => {
    const state = evaluate(first, record("ada", [first], remove("nobody")));
    expect(namesIn(state)).toEqual(["ada"]);
    expect(state.heads).toEqual([first.id]);
  });
});

describe("two admins that remove each other", () => {
  test("leave the earlier admitted one in", () => {
    const down = record("ben", [third], remove("cleo"));
    const up = record("cleo", [third], remove("ben"));
    const state = evaluate(...base, down, up);
    expect(namesIn(state)).toEqual(["ada", "ben"]);
    expect(state.statuses.get(up.id)).toEqual({ status: "overruled", by: down.id });
  });

  test("leave the one with the lower admission in, where they were admitted at the same time", () => {
    const left = record("ada", [first], admit("left", "admin"));
    for (const isLower of [true, false]) {
      const right = hashed(isLower, left, (salt) => record("ada", [first], admit("right", "admin"), salt));
      const state = evaluate(
        first,
        left,
        right,
        record("left", [left, right], remove("right")),
        record("right", [left, right], remove("left")),
      );
      expect(namesIn(state)).toEqual(["ada", isLower ? "right" : "left"].sort());
    }
  });

  test("bow to the root's word", () => {
    const down = record("ada", [third], remove("ben"));
    const up = record("ben", [third], remove("ada"));
    const word = record("root", [third], remove("ada"));
    const state = evaluate(...base, down, up, word);
    expect(namesIn(state)).toEqual(["ben", "cleo"]);
    expect(statusOf(state, down)).toBe("overruled");
    expect(statusOf(state, up)).toBe("valid");
  });

  test("are outlived by a third that was admitted after both", () => {
    const rest = [
      record("ada", [third], remove("ben")),
      record("ben", [third], remove("cleo")),
      record("cleo", [third], remove("ada")),
    ];
    // Round in a circle: the most senior's stands, and what attacks it does not.
    const state = evaluate(...base, ...rest);
    expect(namesIn(state)).toEqual(["ada", "cleo"]);
    expect(rest.map((one) => statusOf(state, one))).toEqual(["valid", "overruled", "overruled"]);
  });

  test("are no circle where a senior has beaten one of them already", () => {
    const dan = record("cleo", [third], admit("dan", "admin"));
    // Ada attacks Cleo, who attacks Ben, who attacks Ada; but Ben, Cleo's senior, beats her attack.
    const beaten = [
      record("ada", [dan], remove("cleo")),
      record("cleo", [dan], remove("ben")),
      record("ben", [dan], remove("ada")),
      record("ben", [dan], remove("cleo")),
    ];
    expect(namesIn(evaluate(...base, dan, ...beaten))).toEqual(["ben", "dan"]);
  });

  test("do not win through a puppet with a low hash", () => {
    const removal = record("ada", [third], remove("cleo"));
    const puppet = hashed(true, second, (salt) => record("cleo", [third], admit("puppet", "admin"), salt));
    const strike = record("puppet", [puppet], remove("ada"));
    expect(namesIn(evaluate(...base, removal, puppet, strike))).toEqual(["ada", "ben"]);
  });

  test("through friends that each made at the same time: the senior's friend wins", () => {
    const friendA = record("ada", [third], admit("friend-of-ada", "admin"));
    const friendB = record("ben", [third], admit("friend-of-ben", "admin"));
    const strikeA = record("friend-of-ada", [friendA], remove("ben"));
    const strikeB = record("friend-of-ben", [friendB], remove("ada"));
    const state = evaluate(...base, friendA, friendB, strikeA, strikeB);
    expect(namesIn(state)).toEqual(["ada", "cleo", "friend-of-ada"]);
    expect(statusOf(state, strikeB)).toBe("unauthorised");
  });
});

describe("a demotion", () => {
  test("takes what an admin does at the same time, as a removal does, and leaves it in", () => {
    const demotion = record("ada", [third], changeRole("cleo", "writer"));
    const admission = record("cleo", [third], admit("puppet", "admin"));
    const state = evaluate(...base, demotion, admission);
    expect(namesIn(state)).toEqual(["ada", "ben", "cleo"]);
    expect(state.members.get(peer("cleo"))?.role).toBe("writer");
  });

  test("does not keep its target from leaving", () => {
    const demotion = record("ada", [third], changeRole("cleo", "reader"));
    const leave = record("cleo", [third], remove("cleo"));
    const state = evaluate(...base, demotion, leave);
    expect(namesIn(state)).toEqual(["ada", "ben"]);
    expect(state.removed.get(peer("cleo"))?.removals).toEqual([{ record: leave.id, isLeave: true, cut: [] }]);
  });

  test("at the same time as a promotion wins", () => {
    const joined = record("ada", [third], admit("dan"));
    const up = record("ada", [joined], changeRole("dan", "admin"));
    const down = record("ben", [joined], changeRole("dan", "reader"));
    const use = record("dan", [up], admit("puppet"));
    const state = evaluate(...base, joined, up, down, use);
    expect(state.members.get(peer("dan"))?.role).toBe("reader");
    expect(namesIn(state)).not.toContain("puppet");
  });
});

describe("the root", () => {
  test("is not brought into doubt by who admits and removes its key", () => {
    const named = record("ada", [third], admit("root", "admin"));
    const removal = record("ada", [named], remove("root"));
    const word = record("root", [named], admit("dan"));
    const state = evaluate(...base, named, removal, word);
    expect(statusOf(state, word)).toBe("valid");
    expect(namesIn(state)).toContain("dan");
  });

  test("decides at once, whatever else attacks its target and is still in a circle", () => {
    const dan = record("cleo", [third], admit("dan", "admin"));
    const eve = record("dan", [dan], admit("eve", "admin"));
    // In many orders: what is looked at first depends on the hashes.
    for (let salt = 0; salt < 60; salt++) {
      const circle = [
        record("cleo", [eve], remove("dan"), salt),
        record("dan", [eve], remove("eve"), salt),
        record("eve", [eve], remove("cleo"), salt),
      ];
      const attack = record("cleo", [eve], remove("ben"), salt);
      const admission = record("ben", [eve], admit("guest"), salt);
      const word = record("root", [eve], remove("ben"), salt);
      const state = evaluate(...base, dan, eve, ...circle, attack, admission, word);
      expect(statusOf(state, admission)).toBe("overruled");
      expect(statusOf(state, attack)).toBe("valid");
      expect(namesIn(state)).not.toContain("guest");
    }
  });
});
