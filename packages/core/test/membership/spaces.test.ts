import { describe, expect, test } from "vitest";
import type { MembershipRecord, SpaceState } from "../../src/index.ts";
import {
  admit,
  changeRole,
  createSpace,
  epoch,
  evaluate,
  grant,
  peer,
  record,
  remove,
  space,
  startEpoch,
} from "./log-maker.ts";

const first = record("root", [], admit("ada", "admin"));
const second = record("ada", [first], admit("ben", "admin"));
const writer = record("ada", [second], admit("wanda"));
const vault = record("ada", [writer], admit("vera", "vault"));
const made = record("ada", [vault], createSpace(1, "ada", "ben", "wanda"));
const begun = record("ada", [made], startEpoch(1, 1, [], ["ada", "ben", "wanda"]));
const base = [first, second, writer, vault, made, begun];

const spaceOf = (...records: MembershipRecord[]): SpaceState =>
  evaluate(...base, ...records).spaces.get(space(1)) as SpaceState;

describe("a space", () => {
  test("has its first epoch, and its readers all their keys", () => {
    const state = spaceOf();
    expect(state.currentEpoch).toBe(epoch(1));
    expect(state.isRotationDue).toBe(false);
    expect(state.readers).toEqual(["ada", "ben", "wanda"].map(peer).sort());
    expect(state.readersWithoutKeys).toEqual([]);
    expect(state.wrapsFor(peer("wanda")).life).toHaveLength(1);
    expect(state.wrapsFor(peer("wanda")).epochs.map((one) => one.epoch)).toEqual([epoch(1)]);
    expect(state.wrapsFor("recovery").epochs).toHaveLength(1);
    expect(state.wrapsFor(peer("vera"))).toEqual({ life: [], epochs: [] });
  });

  test("is made by the root or an admin of all spaces only", () => {
    const narrow = record("ada", [begun], admit("nora", "admin", [space(1)]));
    const state = evaluate(
      ...base,
      narrow,
      record("nora", [narrow], createSpace(2, "nora")),
      record("wanda", [narrow], createSpace(3, "wanda")),
      record("root", [narrow], createSpace(4)),
    );
    expect([...state.spaces.keys()].sort()).toEqual([space(1), space(4)]);
  });

  test("has no epoch by who is no admin of it, nor in a space that is not made", () => {
    const narrow = record("ada", [begun], admit("nora", "admin", [space(2)]));
    const state = spaceOf(
      narrow,
      record("nora", [narrow], startEpoch(1, 2, [1], ["nora"])),
      record("wanda", [narrow], startEpoch(1, 3, [1], ["wanda"])),
    );
    expect(state.epochs.map((one) => one.id)).toEqual([epoch(1)]);
    const nowhere = [startEpoch(7, 2, [], []), grant(7, "ada", 2)].map((op) => record("ada", [begun], op));
    const lost = evaluate(...base, ...nowhere);
    expect(lost.spaces.size).toBe(1);
    for (const { id } of nowhere) expect(lost.statuses.get(id)?.status).toBe("unauthorised");
  });

  test("waits for a grant to who came later", () => {
    const late = record("ada", [begun], admit("rita", "reader"));
    expect(spaceOf(late).readersWithoutKeys).toEqual([peer("rita")]);
    const given = record("ada", [late], grant(1, "rita", 1));
    expect(spaceOf(late, given).readersWithoutKeys).toEqual([]);
    expect(spaceOf(late, given).wrapsFor(peer("rita")).epochs).toHaveLength(1);
  });
});

describe("a new epoch", () => {
  test("is due once a reader is removed or reads no more, not when a vault goes", () => {
    expect(spaceOf(record("ada", [begun], remove("wanda"))).isRotationDue).toBe(true);
    expect(spaceOf(record("ada", [begun], changeRole("wanda", "vault"))).isRotationDue).toBe(true);
    expect(spaceOf(record("ada", [begun], changeRole("wanda", "reader"))).isRotationDue).toBe(false);
    expect(spaceOf(record("ada", [begun], remove("vera"))).isRotationDue).toBe(false);
  });

  test("is current once begun", () => {
    const removal = record("ada", [begun], remove("wanda"));
    const next = record("ada", [removal], startEpoch(1, 2, [1], ["ada", "ben"]));
    const state = spaceOf(removal, next);
    expect([state.currentEpoch, state.isRotationDue]).toEqual([epoch(2), false]);
    expect(state.latestEpochs).toEqual([epoch(2)]);
  });

  test("begun at the same time as another: the one that no outsider knows, whatever their hashes", () => {
    const removal = record("ada", [begun], remove("wanda"));
    for (let salt = 0; salt < 8; salt++) {
      const without = record("ada", [removal], startEpoch(1, 2, [1], ["ada", "ben"]), salt);
      const unaware = record("ben", [begun], startEpoch(1, 3, [1], ["ada", "ben", "wanda"]), salt);
      const state = spaceOf(removal, without, unaware);
      expect(state.latestEpochs).toEqual([epoch(2), epoch(3)]);
      expect(state.isRotationDue).toBe(false);
    }
  });

  test("begun at the same time as another: else the lower record", () => {
    const left = record("ada", [begun], startEpoch(1, 2, [1], ["ada", "ben", "wanda"]));
    const right = record("ben", [begun], startEpoch(1, 3, [1], ["ada", "ben", "wanda"]));
    expect(spaceOf(left, right).currentEpoch).toBe(left.id < right.id ? epoch(2) : epoch(3));
    const joined = record("ada", [left, right], startEpoch(1, 4, [2, 3], ["ada", "ben", "wanda"]));
    expect(spaceOf(left, right, joined).latestEpochs).toEqual([epoch(4)]);
  });

  test("of an admin who was removed at the same time is read, and never current", () => {
    const own = record("ben", [begun], startEpoch(1, 2, [1], ["ben", "ada"]));
    const removal = record("ada", [begun], remove("ben"));
    const state = spaceOf(own, removal);
    expect(state.epochs.map((one) => [one.id, one.isOverruled])).toEqual([
      [epoch(1), false],
      [epoch(2), true],
    ]);
    expect(state.currentEpoch).toBe(epoch(1));
    expect(state.wrapsFor(peer("ada")).epochs.map((one) => one.epoch)).toEqual([epoch(1), epoch(2)]);
  });

  test("is due where who was let in by a removed admin was given the keys", () => {
    const puppet = record("ben", [begun], admit("puppet"));
    const given = record("ben", [puppet], grant(1, "puppet", 1));
    const demotion = record("ada", [begun], changeRole("ben", "writer"));
    expect(spaceOf(puppet, given, demotion).isRotationDue).toBe(true);
  });

  test("is not due because a removed admin claims to have granted it", () => {
    const removal = record("ada", [begun], remove("ben"));
    const next = record("ada", [removal], startEpoch(1, 2, [1], ["ada", "wanda"]));
    const claim = record("ben", [begun], grant(1, "puppet", 2));
    expect(spaceOf(removal, next, claim).isRotationDue).toBe(false);
    expect(spaceOf(removal, next, record("ben", [next], grant(1, "puppet", 2))).isRotationDue).toBe(false);
  });

  test("of a space whose maker was removed at the same time is due: nothing is sealed under what only that one drew", () => {
    const own = record("ben", [begun], createSpace(2, "ben", "wanda"));
    const epochOfOwn = record("ben", [own], startEpoch(2, 5, [], ["ben", "wanda"]));
    const removal = record("ada", [begun], remove("ben"));
    const state = evaluate(...base, own, epochOfOwn, removal).spaces.get(space(2));
    expect([state?.currentEpoch, state?.isRotationDue]).toEqual([null, true]);
    expect(state?.wrapsFor(peer("wanda")).epochs).toHaveLength(1);
  });

  test("that copies another's id is passed over", () => {
    const copy = record("ben", [begun], startEpoch(1, 1, [], ["ben"]));
    expect(spaceOf(copy).epochs).toHaveLength(1);
  });
});

describe("the recovery key", () => {
  const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

  test("is the root's to state, the last one counts", () => {
    expect(evaluate(...base).recoveryKey).toBeNull();
    const stated = record("root", [begun], { op: "recovery", agreementKey: key(1) });
    const again = record("root", [stated], { op: "recovery", agreementKey: key(2) });
    const forged = record("ada", [again], { op: "recovery", agreementKey: key(3) });
    expect(evaluate(...base, stated).recoveryKey).toEqual(key(1));
    expect(evaluate(...base, stated, again, forged).recoveryKey).toEqual(key(2));
  });
});

describe("a role", () => {
  const rightsOf = (name: string, ...records: MembershipRecord[]) => {
    const member = evaluate(...base, ...records).members.get(peer(name));
    return member && [member.role, member.spaces];
  };

  test("is stated anew by an admission, and changed by a change of role only", () => {
    const wider = record("ada", [begun], admit("wanda", "admin"));
    expect(rightsOf("wanda", wider)).toEqual(["writer", null]);
    const renewed = record("ada", [begun], admit("wanda"), 5);
    expect(evaluate(...base, renewed).members.get(peer("wanda"))?.record.id).toBe(renewed.id);
    expect(rightsOf("wanda", record("ada", [begun], changeRole("wanda", "admin")))).toEqual(["admin", null]);
  });

  test("is given by an admin of some spaces in these alone", () => {
    const narrow = record("ada", [begun], admit("nora", "admin", [space(1)]));
    const inside = record("nora", [narrow], admit("ira", "writer", [space(1)]));
    const outside = record("nora", [narrow], admit("otto", "writer", [space(1), space(2)]));
    const all = record("nora", [narrow], admit("alma"));
    const log = [narrow, inside, outside, all];
    expect(rightsOf("ira", ...log)).toEqual(["writer", [space(1)]]);
    expect(rightsOf("otto", ...log)).toBeUndefined();
    expect(rightsOf("alma", ...log)).toBeUndefined();
    expect(rightsOf("ira", ...log, record("nora", [inside], remove("ira")))).toBeUndefined();
    expect(rightsOf("wanda", ...log, record("nora", [inside], remove("wanda")))).toEqual(["writer", null]);
    expect(rightsOf("ira", ...log, record("nora", [inside], changeRole("ira", "reader")))).toEqual([
      "writer",
      [space(1)],
    ]);
  });

  test("of who is out is not given back by a change of role", () => {
    const removal = record("ada", [begun], remove("wanda"));
    expect(
      rightsOf("wanda", removal, record("ada", [removal], changeRole("wanda", "admin"))),
    ).toBeUndefined();
  });

  test("given twice at the same time is the greater one: its member can show either", () => {
    const left = record("ada", [begun], admit("zoe", "reader"));
    const right = record("ben", [begun], admit("zoe", "writer"));
    expect(rightsOf("zoe", left, right)).toEqual(["writer", null]);
  });

  test("of an admin that was promoted has no certificate until it is admitted anew", () => {
    const up = record("ada", [begun], changeRole("wanda", "admin"));
    const guest = record("wanda", [up], admit("gil"));
    expect(evaluate(...base, up, guest).certificateOf(peer("gil"))).toBeUndefined();
    const renewed = record("ada", [up], admit("wanda", "admin"));
    const later = record("wanda", [renewed], admit("gil"));
    expect(evaluate(...base, up, renewed, later).certificateOf(peer("gil"))).toEqual([later, renewed, first]);
  });
});
