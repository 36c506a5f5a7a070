import {
  GstoreError,
  HISTORY_DEFAULT_MS,
  POLICIES_PER_SPACE_MAX,
  POLICY_COPIES_MAX,
  type PolicyRules,
  parseKeyPrefix,
} from "@gstore/core";
import { PolicyKeys } from "@gstore/crypto";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { POLICY_DEFAULT } from "../placement/placement.ts";
import type { PolicyOptions, PolicyReport, PolicySettings, PolicyStatus } from "../policy-api.ts";
import { reclassify } from "./reclassify.ts";
import { assertMayWrite, spaceOf } from "./space-of.ts";

/** A class is drawn at most so often: that all are taken by other prefixes does not happen. */
const ATTEMPTS_MAX = 256;
/** A hundred years: what is to be kept for ever. */
const HISTORY_MS_MAX = 100 * 365 * 24 * 3_600_000;

/** See `PolicyOperations.policies`. */
export function policyStatuses(parts: NodeParts, options: { readonly space?: string }): PolicyStatus[] {
  const space = spaceOf(parts, options.space);
  const read = parts.policies.of(space);
  const prefixed = read
    .filter(({ policyClass }) => policyClass !== 0)
    .map(({ policyClass, prefix }) => statusOf(parts, space, policyClass, prefix))
    .sort((left, right) => ((left.prefix ?? "") < (right.prefix ?? "") ? -1 : 1));
  return [statusOf(parts, space, 0, ""), ...prefixed];
}

/** See `PolicyOperations.setPolicy`. */
export async function setPolicy(
  parts: NodeParts,
  prefix: string,
  settings: PolicySettings,
  options: PolicyOptions,
): Promise<PolicyReport> {
  const space = spaceOf(parts, options.space);
  const name = parseKeyPrefix(prefix);
  parts.administration.assertMayAdminister(space.id);
  assertMayWrite(parts, space);
  const rules = rulesOf(parts, space, settings);
  return await change(parts, { space, prefix: name, rules, options });
}

/** See `PolicyOperations.removePolicy`. */
export async function removePolicy(
  parts: NodeParts,
  prefix: string,
  options: PolicyOptions,
): Promise<PolicyReport> {
  const space = spaceOf(parts, options.space);
  const name = parseKeyPrefix(prefix);
  parts.administration.assertMayAdminister(space.id);
  assertMayWrite(parts, space);
  if (!parts.policies.of(space).some((policy) => policy.prefix === name)) {
    const what = name === "" ? "no default of its own" : `no policy for ${JSON.stringify(name)}`;
    throw new GstoreError("INVALID_ARGUMENT", `The space ${space.name} has ${what}. See: gstore policy ls`);
  }
  return await change(parts, { space, prefix: name, rules: null, options });
}

async function change(
  parts: NodeParts,
  said: {
    readonly space: OpenSpace;
    readonly prefix: string;
    readonly rules: PolicyRules | null;
    readonly options: PolicyOptions;
  },
): Promise<PolicyReport> {
  const { space, prefix, rules, options } = said;
  const { administration, pendingPrefixes } = parts;
  const classes = prefix === "" ? [0] : classesFor(parts, space, prefix, rules === null);
  const keys = new PolicyKeys(space.secrets, parts.random);
  const [policyClass] = classes as [number];
  const pending = { space: space.id, policyClass };
  if (prefix !== "")
    await pendingPrefixes.add({ ...pending, sealedPrefix: keys.sealPrefix(policyClass, prefix) });
  for (const one of classes) {
    const sealedPrefix = one === 0 ? null : keys.sealPrefix(one, prefix);
    await administration.setPolicy({ op: "policy", space: space.id, policyClass: one, rules, sealedPrefix });
  }
  const policy = statusOf(parts, space, policyClass, prefix);
  const notes = notesOn(parts, space, policy);
  // The versions of the space's default have its class already.
  if (prefix === "") return { policy, notes, keys: 0, reclassified: 0, left: 0 };
  const counts = await reclassify(parts, space, prefix, options);
  await pendingPrefixes.remove(pending);
  return { policy, notes, ...counts };
}

/** The class that a prefix has, or the first of its series that no other prefix has; all that it has, where it is dropped. */
function classesFor(
  { policies }: NodeParts,
  space: OpenSpace,
  prefix: string,
  isDropped: boolean,
): readonly number[] {
  const read = policies.of(space);
  const own = read.filter((policy) => policy.prefix === prefix).map(({ policyClass }) => policyClass);
  if (own.length > 0) return isDropped ? own : own.slice(0, 1);
  if (read.length >= POLICIES_PER_SPACE_MAX) {
    throw new GstoreError(
      "TOO_LARGE",
      `The space ${space.name} has ${read.length} policies; at most ${POLICIES_PER_SPACE_MAX} are possible. Drop one with: gstore policy rm`,
      { limit: POLICIES_PER_SPACE_MAX },
    );
  }
  const taken = new Set(read.map(({ policyClass }) => policyClass));
  const keys = new PolicyKeys(space.secrets);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const drawn = keys.classOf(prefix, attempt);
    if (!taken.has(drawn)) return [drawn];
  }
  throw new GstoreError("TOO_LARGE", "No class is left for another policy.", { limit: ATTEMPTS_MAX });
}

/** Throws `INVALID_ARGUMENT` for what contradicts itself and `NOT_A_MEMBER` for a node that is none. */
function rulesOf({ members }: NodeParts, space: OpenSpace, settings: PolicySettings): PolicyRules {
  const { copies = POLICY_DEFAULT.copies, zones = 1, require = [], historyMs = null } = settings;
  const min = settings.min ?? Math.min(POLICY_DEFAULT.min, copies);
  assertCount("copies", copies, POLICY_COPIES_MAX, "");
  assertCount("min", min, copies, `, the number of copies`);
  assertCount("zones", zones, copies, `, the number of copies: each zone takes one at least`);
  if (
    historyMs !== null &&
    !(Number.isSafeInteger(historyMs) && historyMs >= 0 && historyMs <= HISTORY_MS_MAX)
  )
    refuse("history is a span of time of at most 36500d.");
  const required = [...new Set(require.map((idOrName) => members.find(idOrName).peer))];
  if (required.length > copies)
    refuse(`${required.length} nodes are required, and ${copies} copies: more nodes than copies.`);
  const excluded = required.find((peer) => !members.mayHold(peer, space.id));
  if (excluded !== undefined)
    refuse(`${members.nameOf(excluded)} may not hold the space ${space.name}, so that it can't be required.`);
  return { copies, min, zones, required, historyMs };
}

function assertCount(what: string, count: number, max: number, why: string): void {
  if (!Number.isInteger(count) || count < 1 || count > max)
    refuse(`${what} is a whole number from 1 to ${max}${why}.`);
}

function refuse(reason: string): never {
  throw new GstoreError("INVALID_ARGUMENT", reason);
}

/** What the members that there are can't meet. */
function notesOn({ members }: NodeParts, space: OpenSpace, policy: PolicyStatus): string[] {
  const holders = members.holdersOf(space.id);
  const zones = new Set(
    holders.map((peer) => members.get(peer)?.zone ?? null).filter((zone) => zone !== null),
  );
  const notes: string[] = [];
  if (policy.copies > holders.length)
    notes.push(
      `${policy.copies} copies are wanted, and only ${counted(holders.length, "member")} may hold them.`,
    );
  if (policy.zones > 1 && policy.zones > zones.size)
    notes.push(`${policy.zones} zones are wanted, and members stand in ${zones.size}: gstore up --zone NAME`);
  return notes;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** A class as it holds now. */
export function statusOf(
  { placement, members }: NodeParts,
  space: OpenSpace,
  policyClass: number,
  prefix: string | null,
): PolicyStatus {
  const { copies, min, zones, required, historyMs } = placement.policyOf({ space: space.id, policyClass });
  const isSet = members.state.spaces.get(space.id)?.policies.has(policyClass) ?? false;
  return {
    ...{
      space: space.name,
      prefix,
      policyClass,
      isSet,
      copies,
      min,
      zones,
      historyMs: historyMs ?? HISTORY_DEFAULT_MS,
    },
    required: required.map((peer) => ({ peer, name: members.nameOf(peer) })),
  };
}
