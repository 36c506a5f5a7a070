import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  evaluateMembership,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
} from "../../src/index.ts";
import { admit, changeRole, evaluate, keyOf, NETWORK, namesIn, record, remove, whole } from "./log-maker.ts";
import { ancestorsOf, isAbout, issuerName, NAMES, randomLog, randomLogApartFromAda } from "./random-log.ts";

const SEED = 20_262;
const runs = (numRuns: number) => ({ seed: SEED, numRuns });
const issuerOf = (of: MembershipRecord): string => issuerName(of, keyOf);

/** Written from docs/spec/membership.md, apart from the code: whether `curtailment` attacks `target`. */
function attacks(
  curtailment: MembershipRecord,
  target: MembershipRecord,
  ancestors: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const { operation } = curtailment.body;
  const issuer = issuerOf(target);
  if (issuer === "root" || !isAbout(curtailment, issuer) || curtailment.id === target.id) return false;
  if (operation.op !== "remove" && operation.op !== "changeRole") return false;
  if (operation.op === "changeRole" && operation.role === "admin" && operation.spaces === null) return false;
  if (isOfItself(target, issuer) && operation.op !== "remove") return false;
  return (
    ancestors.get(target.id)?.has(curtailment.id) !== true &&
    ancestors.get(curtailment.id)?.has(target.id) !== true
  );
}

/** A leave, or attributes by the member itself. */
const isOfItself = (of: MembershipRecord, issuer: string): boolean =>
  ["remove", "attributes"].includes(of.body.operation.op) && isAbout(of, issuer);

const counting = (log: readonly MembershipRecord[], state: MembershipState): MembershipRecord[] =>
  log.filter((one) => state.statuses.get(one.id)?.status === "valid");

describe("the evaluation", () => {
  test("does not depend on the order in which records arrive, nor on their coming twice", () => {
    fc.assert(
      fc.property(
        randomLog.chain((log) =>
          fc.tuple(fc.constant(log), fc.shuffledSubarray([...log, ...log], { minLength: log.length * 2 })),
        ),
        ([log, shuffled]) => {
          expect(whole(evaluateMembership(shuffled, NETWORK))).toEqual(whole(evaluate(...log)));
        },
      ),
      runs(150),
    );
  });

  test("of a part is that of its records whose ancestors are there", () => {
    fc.assert(
      fc.property(
        randomLog.chain((log) => fc.tuple(fc.constant(log), fc.subarray(log))),
        ([log, part]) => {
          const here = new Set<string>(part.map((one) => one.id));
          const ancestors = ancestorsOf(log);
          const placed = part.filter((one) => [...(ancestors.get(one.id) ?? [])].every((id) => here.has(id)));
          const state = evaluate(...part);
          expect([...state.members.keys()]).toEqual([...evaluate(...placed).members.keys()]);
          for (const one of part)
            expect(state.statuses.get(one.id)?.status === "waiting").toBe(!placed.includes(one));
        },
      ),
      runs(100),
    );
  });

  test("leaves no two records that count of which one attacks the other", () => {
    fc.assert(
      fc.property(randomLog, (log) => {
        const ancestors = ancestorsOf(log);
        const valid = counting(log, evaluate(...log));
        for (const left of valid)
          for (const right of valid) expect(attacks(left, right, ancestors)).toBe(false);
      }),
      runs(150),
    );
  });

  test("overrules only by a record that counts, and never the root", () => {
    fc.assert(
      fc.property(randomLog, (log) => {
        const ancestors = ancestorsOf(log);
        const state = evaluate(...log);
        for (const one of log) {
          const status = state.statuses.get(one.id);
          if (status?.status !== "overruled") continue;
          const by = log.find((other) => other.id === status.by) as MembershipRecord;
          expect(state.statuses.get(by.id)?.status).toBe("valid");
          expect(attacks(by, one, ancestors) || attacks(one, by, ancestors)).toBe(true);
          expect(issuerOf(one)).not.toBe("root");
        }
      }),
      runs(150),
    );
  });

  test("lets only admins act: who issued what counts was admitted as one, or made one, by what counts", () => {
    fc.assert(
      fc.property(randomLog, (log) => {
        const ancestors = ancestorsOf(log);
        const valid = counting(log, evaluate(...log));
        for (const one of valid) {
          const issuer = issuerOf(one);
          if (issuer === "root" || isOfItself(one, issuer)) continue;
          const before = valid.filter(
            (other) =>
              ancestors.get(one.id)?.has(other.id) &&
              isAbout(other, issuer) &&
              other.body.operation.op !== "attributes",
          );
          const isAdmin = ({ body: { operation } }: MembershipRecord): boolean =>
            "role" in operation && operation.role === "admin";
          expect(before.some(isAdmin)).toBe(true);
          const last = before.filter(
            (other) => !before.some((later) => ancestors.get(later.id)?.has(other.id)),
          );
          expect(last.some(({ body }) => body.operation.op === "remove")).toBe(false);
        }
      }),
      runs(150),
    );
  });

  test("gives heads that all count and of which none follows another", () => {
    fc.assert(
      fc.property(randomLog, (log) => {
        const ancestors = ancestorsOf(log);
        const { heads, statuses } = evaluate(...log);
        for (const head of heads) {
          expect(statuses.get(head)?.status).toBe("valid");
          expect(heads.some((other) => ancestors.get(other)?.has(head))).toBe(false);
        }
      }),
      runs(100),
    );
  });
});

/** What a removed peer and its puppet may sign after all, on top of anything it had seen. */
interface Forgery {
  readonly operation: MembershipOperation;
  readonly byPuppet: boolean;
  readonly parents: readonly number[];
}

const forgeries: fc.Arbitrary<Forgery[]> = fc.array(
  fc.record({
    operation: fc.oneof(
      fc.constantFrom(...NAMES, "puppet").map((who) => admit(who, "admin")),
      fc.constantFrom(...NAMES).map((who) => remove(who)),
      fc.constantFrom(...NAMES).map((who) => changeRole(who, "reader")),
    ),
    byPuppet: fc.boolean(),
    parents: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 10 },
);

/** Lets `remover` remove `who` from the log, and then `who` backdate: nothing may change by that. */
function backdate(
  log: readonly MembershipRecord[],
  remover: string,
  who: string,
  steps: readonly Forgery[],
): void {
  const before = evaluate(...log);
  const heads = log.filter((one) => before.heads.includes(one.id));
  const removal = record(remover, heads, remove(who), 1000);
  const honest = evaluate(...log, removal);
  fc.pre(namesIn(before).includes(who) && honest.statuses.get(removal.id)?.status === "valid");
  const forged: MembershipRecord[] = [];
  for (const [salt, { operation, byPuppet, parents }] of steps.entries()) {
    const seen = [...log, ...forged];
    const chosen = parents.map((at) => seen[at % seen.length] as MembershipRecord);
    forged.push(record(byPuppet ? "puppet" : who, chosen, operation, 2000 + salt));
  }
  const attacked = evaluate(...log, removal, ...forged);
  expect(namesIn(attacked)).toEqual(namesIn(honest));
  expect(attacked.heads).toEqual(honest.heads);
  for (const one of log) expect(attacked.statuses.get(one.id)).toEqual(honest.statuses.get(one.id));
}

describe("who was removed changes nothing by backdating, whatever it and its puppets sign,", () => {
  test("where the root removed it", () => {
    fc.assert(
      fc.property(randomLog, fc.constantFrom(...NAMES), forgeries, (log, who, steps) =>
        backdate(log, "root", who, steps),
      ),
      runs(150),
    );
  });

  test("where the first admin did, whose rights nobody else's word is about", () => {
    fc.assert(
      fc.property(randomLogApartFromAda, fc.constantFrom(...NAMES.slice(1)), forgeries, (log, who, steps) =>
        backdate(log, "ada", who, steps),
      ),
      runs(150),
    );
  });
});
