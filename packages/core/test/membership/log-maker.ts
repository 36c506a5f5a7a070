import {
  type AuthorCut,
  type Digest,
  decodeMembershipRecord,
  digestOf,
  type EpochId,
  encodeMembershipBody,
  encodeMembershipRecord,
  evaluateMembership,
  type Incarnation,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
  networkIdOfRootKey,
  type PeerId,
  type PolicyRules,
  peerIdOfPublicKey,
  type Role,
  type SpaceId,
} from "../../src/index.ts";

export const keyOf = (name: string): Uint8Array => Buffer.from(digestOf(Buffer.from(name)).slice(4), "hex");
export const ROOT_KEY: Uint8Array = keyOf("root");
export const NETWORK: ReturnType<typeof networkIdOfRootKey> = networkIdOfRootKey(ROOT_KEY);
const UNSIGNED = new Uint8Array(64);
const WRAP = new Uint8Array(81);

/** The peer that a name stands for in these tests. */
export const peer = (name: string): PeerId => peerIdOfPublicKey(keyOf(name));
export const space = (number: number): SpaceId => number.toString(16).padStart(32, "0") as SpaceId;
export const epoch = (number: number): EpochId => number.toString(16).padStart(32, "0") as EpochId;
export const incarnation = (number: number): Incarnation =>
  number.toString(16).padStart(16, "0") as Incarnation;
export const entryId = (name: string): Digest => digestOf(Buffer.from(`entry ${name}`));
export const cutAt = (seq: number, name: string, number = 1): AuthorCut => ({
  incarnation: incarnation(number),
  seq,
  entry: entryId(name),
});

/** A record as `issuer` ("root" or a name) would sign it; nobody checks signatures here. `salt` makes other hashes. */
export function record(
  issuer: string,
  parents: readonly MembershipRecord[],
  operation: MembershipOperation,
  salt = 0,
): MembershipRecord {
  const body = encodeMembershipBody({
    network: NETWORK,
    parents: [...new Set(parents.map((parent) => parent.id))].sort(),
    issuer: keyOf(issuer),
    timeMs: salt,
    operation,
  });
  return decodeMembershipRecord(encodeMembershipRecord(body, UNSIGNED));
}

export function admit(
  name: string,
  role: Role = "writer",
  spaces: SpaceId[] | null = null,
): MembershipOperation {
  return { op: "admit", member: peer(name), agreementKey: keyOf(`${name} agrees`), role, name, spaces };
}

export const remove = (name: string, ...cut: AuthorCut[]): MembershipOperation => ({
  op: "remove",
  member: peer(name),
  cut,
});

export function changeRole(
  name: string,
  role: Role,
  options: { spaces?: SpaceId[] | null; cut?: AuthorCut[] } = {},
): MembershipOperation {
  return {
    op: "changeRole",
    member: peer(name),
    role,
    spaces: options.spaces ?? null,
    cut: options.cut ?? [],
  };
}

const wrapsOf = (names: readonly string[]) => names.map((name) => ({ member: peer(name), wrap: WRAP }));

export const createSpace = (number: number, ...names: string[]): MembershipOperation => ({
  op: "createSpace",
  space: space(number),
  recoveryWrap: WRAP,
  wraps: wrapsOf(names),
});

export function startEpoch(
  ofSpace: number,
  id: number,
  previous: number[],
  names: string[],
): MembershipOperation {
  return {
    op: "epoch",
    space: space(ofSpace),
    epoch: epoch(id),
    previous: previous.map((one) => ({ epoch: epoch(one), sealed: WRAP })),
    recoveryWrap: WRAP,
    wraps: wrapsOf(names),
  };
}

export const grant = (ofSpace: number, name: string, ...epochs: number[]): MembershipOperation => ({
  op: "grant",
  space: space(ofSpace),
  grants: [
    { member: peer(name), lifeWrap: WRAP, epochs: epochs.map((one) => ({ epoch: epoch(one), wrap: WRAP })) },
  ],
});

export const attributes = (
  name: string,
  capacityBytes: number | null,
  zone: string | null = null,
): MembershipOperation => ({ op: "attributes", member: peer(name), capacityBytes, zone });

export const policy = (
  ofSpace: number,
  policyClass: number,
  rules: Partial<PolicyRules> | null = {},
): MembershipOperation => ({
  op: "policy",
  space: space(ofSpace),
  policyClass,
  rules: rules && { copies: 3, min: 2, zones: 1, required: [], historyMs: null, ...rules },
  sealedPrefix: policyClass === 0 ? null : WRAP,
});

export const evaluate = (...records: MembershipRecord[]): MembershipState =>
  evaluateMembership(records, NETWORK);

/** Names of those who are in, for comparing. */
export function namesIn(state: MembershipState): string[] {
  return [...state.members.values()].map((member) => member.name).sort();
}

/** All that a state says, as one value that compares. */
export function whole(state: MembershipState): unknown {
  const { members, removed, spaces, heads, statuses, missing, recoveryKey } = state;
  const sorted = <V>(map: ReadonlyMap<string, V>) =>
    [...map].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    members: sorted(members).map(([id, { role, spaces, record, capacityBytes, zone }]) => [
      ...[id, role, spaces, record.id, capacityBytes, zone],
    ]),
    removed: sorted(removed),
    spaces: sorted(spaces).map(([id, { wrapsFor, ...rest }]) => [id, rest, wrapsFor("recovery")]),
    statuses: sorted(statuses),
    heads,
    missing,
    recoveryKey,
  };
}
