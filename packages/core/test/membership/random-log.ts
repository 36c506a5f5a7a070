import fc from "fast-check";
import type { MembershipOperation, MembershipRecord, Role, SpaceId } from "../../src/index.ts";
import {
  admit,
  attributes,
  changeRole,
  createSpace,
  grant,
  peer,
  policy,
  record,
  remove,
  space,
  startEpoch,
} from "./log-maker.ts";

export const NAMES: readonly string[] = ["ada", "ben", "cleo", "dan", "eve", "finn"];

/** One record to be made: who issues it, what it says, and which of the records before it are its parents. */
interface Step {
  readonly issuer: string;
  readonly operation: MembershipOperation;
  /** Counted back from the last; what is further away makes more concurrency. */
  readonly parents: readonly number[];
}

const name = fc.constantFrom(...NAMES);
// Mostly admins: logs in which nobody has rights say little.
const role: fc.Arbitrary<Role> = fc.constantFrom("admin", "admin", "admin", "writer", "reader", "vault");
const spaces: fc.Arbitrary<SpaceId[] | null> = fc.constantFrom(
  null,
  null,
  null,
  [space(1)],
  [space(1), space(2)],
);
const number = fc.constantFrom(1, 2);

const operation: fc.Arbitrary<MembershipOperation> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, role, spaces).map(([who, as, within]) => admit(who, as, within)) },
  { weight: 4, arbitrary: name.map((who) => remove(who)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, role, spaces)
      .map(([who, as, within]) => changeRole(who, as, { spaces: within })),
  },
  { weight: 1, arbitrary: fc.tuple(number, name).map(([of, who]) => createSpace(of, who)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(number, fc.nat({ max: 9 }), name)
      .map(([of, id, who]) => startEpoch(of, id, id > 0 ? [id - 1] : [], [who])),
  },
  { weight: 1, arbitrary: fc.tuple(number, name).map(([of, who]) => grant(of, who, 1, 2)) },
  { weight: 2, arbitrary: fc.tuple(name, number).map(([who, bytes]) => attributes(who, bytes)) },
  { weight: 1, arbitrary: fc.tuple(number, fc.constantFrom(0, 65)).map(([of, id]) => policy(of, id)) },
);

const step: fc.Arbitrary<Step> = fc.record({
  issuer: fc.oneof({ weight: 1, arbitrary: fc.constant("root") }, { weight: 7, arbitrary: name }),
  operation,
  parents: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 3 }),
});

const steps = fc.array(step, { minLength: 3, maxLength: 28 });

/** A log that begins with three admins, then goes on at random: with forks, backdating, mutual removals, circles. */
export const randomLog: fc.Arbitrary<MembershipRecord[]> = steps.map(logOf);

/** The same without further records about Ada, the first admin. */
export const randomLogApartFromAda: fc.Arbitrary<MembershipRecord[]> = steps.map((all) =>
  logOf(all.filter(({ operation: op }) => !("member" in op) || op.member !== peer("ada"))),
);

function logOf(all: readonly Step[]): MembershipRecord[] {
  const log = beginning();
  for (const [salt, { issuer, operation: op, parents }] of all.entries()) {
    const chosen = parents.map((back) => log[Math.max(0, log.length - 1 - back)] as MembershipRecord);
    log.push(record(issuer, chosen, op, salt + 1));
  }
  return log;
}

function beginning(): MembershipRecord[] {
  const first = record("root", [], admit("ada", "admin"));
  const second = record("ada", [first], admit("ben", "admin"));
  const third = record("ben", [second], admit("cleo", "admin"));
  // Two more that follow nothing: their order is by digest alone.
  const apart = [record("root", [], admit("finn")), record("root", [], admit("finn", "reader"), 1)];
  return [...apart, first, second, third, record("ada", [third], createSpace(1, "ada", "ben"))];
}

/** The ids of all ancestors of each record. */
export function ancestorsOf(log: readonly MembershipRecord[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const { id, body } of log) {
    const own = new Set<string>(body.parents);
    for (const parent of body.parents) for (const earlier of all.get(parent) ?? []) own.add(earlier);
    all.set(id, own);
  }
  return all;
}

export const issuerName = (of: MembershipRecord, key: (name: string) => Uint8Array): string =>
  ["root", ...NAMES].find((one) => Buffer.compare(key(one), of.body.issuer) === 0) as string;

export const isAbout = (of: MembershipRecord, who: string): boolean =>
  "member" in of.body.operation && of.body.operation.member === peer(who);
