import type { CborValue } from "../cbor.ts";
import { digestToBytes } from "../digest.ts";
import {
  type EntryId,
  type EpochId,
  type Incarnation,
  idToBytes,
  type PeerId,
  publicKeyOfPeerId,
  type SpaceId,
} from "../ids.ts";

/** What a member may do, from most to least. */
export const ROLES = { admin: 0, writer: 1, reader: 2, vault: 3 } as const;
export type Role = keyof typeof ROLES;

/** Operations of the membership log, docs/spec/membership.md. Numbers are only ever appended. */
export const MEMBERSHIP_OPS = {
  admit: 1,
  remove: 2,
  changeRole: 3,
  createSpace: 4,
  epoch: 5,
  grant: 6,
  recovery: 7,
  attributes: 8,
  policy: 9,
} as const;

/** Admits a member: the operation whose signed record is also that member's certificate. */
export interface Admission {
  readonly op: "admit";
  readonly member: PeerId;
  /** The member's X25519 public key, to which space keys are wrapped. */
  readonly agreementKey: Uint8Array;
  readonly role: Role;
  readonly name: string;
  /** Spaces the role holds in; null for all. */
  readonly spaces: readonly SpaceId[] | null;
}

/** The last entry that still counts of one incarnation of an author. */
export interface AuthorCut {
  readonly incarnation: Incarnation;
  readonly seq: number;
  readonly entry: EntryId;
}

/** Removes a member. What it wrote counts up to the cut: by incarnation, each once, sorted. By the member itself it is a leave. */
export interface Removal {
  readonly op: "remove";
  readonly member: PeerId;
  readonly cut: readonly AuthorCut[];
}

/** Gives a member another role. The cut holds for the spaces in which it may write no more. */
export interface RoleChange {
  readonly op: "changeRole";
  readonly member: PeerId;
  readonly role: Role;
  readonly spaces: readonly SpaceId[] | null;
  readonly cut: readonly AuthorCut[];
}

/** A secret wrapped to one member's agreement key (docs/spec/keys.md). */
export interface MemberWrap {
  readonly member: PeerId;
  readonly wrap: Uint8Array;
}

/** Makes a space: its life-long secrets, wrapped to the recovery key and to members (sorted, each once). */
export interface SpaceCreation {
  readonly op: "createSpace";
  readonly space: SpaceId;
  readonly recoveryWrap: Uint8Array;
  readonly wraps: readonly MemberWrap[];
}

/** An earlier epoch's secret, sealed under the one that follows it. */
export interface PreviousEpoch {
  readonly epoch: EpochId;
  readonly sealed: Uint8Array;
}

/** Begins an epoch of a space: its secret, wrapped as a space's secrets are, and the ones before it. */
export interface EpochStart {
  readonly op: "epoch";
  readonly space: SpaceId;
  readonly epoch: EpochId;
  /** Sorted by epoch, each once; several where it joins what was begun at the same time. */
  readonly previous: readonly PreviousEpoch[];
  readonly recoveryWrap: Uint8Array;
  readonly wraps: readonly MemberWrap[];
}

export interface EpochWrap {
  readonly epoch: EpochId;
  readonly wrap: Uint8Array;
}

/** Keys of a space for one member. */
export interface MemberGrant {
  readonly member: PeerId;
  /** The life-long secrets; null where the member has them. */
  readonly lifeWrap: Uint8Array | null;
  /** Sorted by epoch, each once. */
  readonly epochs: readonly EpochWrap[];
}

/** Hands keys of a space to members that came later, or that found no room in an epoch's own record. Sorted by member, each once. */
export interface KeyGrant {
  readonly op: "grant";
  readonly space: SpaceId;
  readonly grants: readonly MemberGrant[];
}

/** States the X25519 public key that every space's secrets are wrapped to besides the members'. The root's alone. */
export interface RecoveryKey {
  readonly op: "recovery";
  readonly agreementKey: Uint8Array;
}

/** States how much a member can hold, where it stands and that it is being emptied: the member's word, or an admin's. Null where nothing is said. */
export interface Attributes {
  readonly op: "attributes";
  readonly member: PeerId;
  readonly capacityBytes: number | null;
  /** A label; members of different ones are not lost together. */
  readonly zone: string | null;
  /** Nothing more is placed at it, and others take what it holds. */
  readonly isDraining?: true;
}

/** What holds for the versions of a policy class. */
export interface PolicyRules {
  readonly copies: number;
  /** Below so many the version is in danger. */
  readonly min: number;
  /** The copies lie in so many zones at least, where there are members in so many. */
  readonly zones: number;
  /** Members that hold each version. */
  readonly required: readonly PeerId[];
  /** A superseded version is kept for so long (ms); null for as long as the space's default says. */
  readonly historyMs: number | null;
}

/** Sets the rules of a policy class of a space, or drops them. */
export interface Policy {
  readonly op: "policy";
  readonly space: SpaceId;
  /** 0 for the space's default, otherwise one for policies by prefix. */
  readonly policyClass: number;
  /** Null drops the policy: the space's default holds for its class, and for the default what gstore has by itself. */
  readonly rules: PolicyRules | null;
  /** The prefix, sealed under the space's keys; null for the default. */
  readonly sealedPrefix: Uint8Array | null;
}

export type MembershipOperation =
  | Admission
  | Removal
  | RoleChange
  | SpaceCreation
  | EpochStart
  | KeyGrant
  | RecoveryKey
  | Attributes
  | Policy;

/** Encodes an operation; lists are sorted on the way. */
export function encodeOperation(operation: MembershipOperation): CborValue {
  const number = MEMBERSHIP_OPS[operation.op];
  switch (operation.op) {
    case "admit": {
      const { member, agreementKey, role, name, spaces } = operation;
      return [number, publicKeyOfPeerId(member), agreementKey, ROLES[role], name, encodeSpaces(spaces)];
    }
    case "remove":
      return [number, publicKeyOfPeerId(operation.member), encodeCuts(operation.cut)];
    case "changeRole": {
      const { member, role, spaces, cut } = operation;
      return [number, publicKeyOfPeerId(member), ROLES[role], encodeSpaces(spaces), encodeCuts(cut)];
    }
    case "createSpace": {
      const { space, recoveryWrap, wraps } = operation;
      return [number, idToBytes(space), recoveryWrap, encodeMemberWraps(wraps)];
    }
    case "epoch": {
      const { space, epoch, previous, recoveryWrap, wraps } = operation;
      const sealed = byEpoch(previous).map((one) => [idToBytes(one.epoch), one.sealed]);
      const members = encodeMemberWraps(wraps);
      return [number, idToBytes(space), idToBytes(epoch), sealed, recoveryWrap, members];
    }
    case "grant":
      return [number, idToBytes(operation.space), encodeMemberGrants(operation.grants)];
    case "recovery":
      return [number, operation.agreementKey];
    case "attributes": {
      const { member, capacityBytes, zone, isDraining } = operation;
      const stated = [number, publicKeyOfPeerId(member), capacityBytes, zone];
      return isDraining === true ? [...stated, true] : stated;
    }
    case "policy": {
      const { space, policyClass, rules, sealedPrefix } = operation;
      return [number, idToBytes(space), policyClass, encodeRules(rules), sealedPrefix];
    }
  }
}

function encodeRules(rules: PolicyRules | null): CborValue {
  if (rules === null) return null;
  const required = rules.required.map(publicKeyOfPeerId).sort(Buffer.compare);
  return [rules.copies, rules.min, rules.zones, required, rules.historyMs];
}

function encodeSpaces(spaces: readonly SpaceId[] | null): CborValue {
  return spaces === null ? null : spaces.map(idToBytes);
}

function encodeCuts(cuts: readonly AuthorCut[]): CborValue {
  return cuts
    .toSorted((left, right) => (left.incarnation < right.incarnation ? -1 : 1))
    .map((cut) => [idToBytes(cut.incarnation), cut.seq, digestToBytes(cut.entry)]);
}

function encodeMemberWraps(wraps: readonly MemberWrap[]): CborValue {
  return byMember(wraps.map(({ member, wrap }) => [publicKeyOfPeerId(member), wrap]));
}

function encodeMemberGrants(grants: readonly MemberGrant[]): CborValue {
  const encoded = grants.map(({ member, lifeWrap, epochs }): [Uint8Array, ...CborValue[]] => {
    const wraps = byEpoch(epochs).map(({ epoch, wrap }) => [idToBytes(epoch), wrap]);
    return [publicKeyOfPeerId(member), lifeWrap, wraps];
  });
  return byMember(encoded);
}

function byMember(items: [key: Uint8Array, ...CborValue[]][]): CborValue {
  return items.sort(([left], [right]) => Buffer.compare(left, right));
}

function byEpoch<T extends { readonly epoch: EpochId }>(items: readonly T[]): T[] {
  return items.toSorted((left, right) => (left.epoch < right.epoch ? -1 : 1));
}
