import { createSecretKey } from "node:crypto";
import {
  type Digest,
  type EpochId,
  GstoreError,
  type Member,
  type MemberGrant,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
  type MemberWrap,
  mayRead,
  type PeerId,
  PREVIOUS_EPOCHS_MAX,
  type Random,
  type SpaceId,
  systemRandom,
  WRAPS_PER_RECORD_MAX,
} from "@gstore/core";
import { KEY_BYTES } from "./key-derivation.ts";
import { type WrapContext, wrapFor } from "./key-wrap.ts";
import { issueRecord, type RecordSigner } from "./membership-records.ts";
import type { EpochSecret, SpaceSecrets } from "./network-file.ts";
import {
  encodeLifeSecrets,
  epochIdOf,
  type LifeSecrets,
  parseSpaceName,
  sealPreviousEpoch,
  spaceIdOf,
} from "./space-secrets-codec.ts";

/** Life-long secrets take up to 221 bytes each with the member's key: 60 leave 3 KiB of a record for the rest. */
const LIFE_WRAPS_PER_RECORD_MAX = 60;
/** Members in one record of grants: 325 bytes with one wrap of each kind. */
const GRANTS_PER_RECORD_MAX = 40;
/** Epochs in one member's grant: 102 bytes each. */
const EPOCHS_PER_RECORD_MAX = 64;

export interface KeyRecordRequest {
  /** The log that the records follow. It has to have a recovery key. */
  readonly state: MembershipState;
  readonly signer: RecordSigner;
  readonly timeMs: number;
  readonly random?: Random;
}

/** Records in the order in which they follow each other, and the keys that they hand out. */
export interface KeyRecords {
  readonly records: readonly MembershipRecord[];
  readonly space: SpaceSecrets;
}

/**
 * Makes a space with its first epoch, for every member whose role is to read all spaces and for the recovery key. Throws
 * `INVALID_ARGUMENT` for a name that no space can have, `KEY_MISSING` where the log has no recovery key.
 */
export function createSpaceRecords(request: KeyRecordRequest & { readonly name: string }): KeyRecords {
  const { state, random = systemRandom } = request;
  const secrets = {
    name: parseSpaceName(request.name),
    nameKey: createSecretKey(random.bytes(KEY_BYTES)),
    chunkSeed: createSecretKey(random.bytes(KEY_BYTES)),
  };
  const life: LifeSecrets = { id: spaceIdOf(secrets), ...secrets };
  const issuing = new Issuing(request);
  const wrapper = new Wrapper(request, life.id);
  const readers = [...state.members.values()].filter((member) => mayRead(member, life.id));
  const plain = encodeLifeSecrets(life);
  issuing.issue({
    op: "createSpace",
    space: life.id,
    recoveryWrap: wrapper.forRecovery("life", plain),
    wraps: readers
      .slice(0, LIFE_WRAPS_PER_RECORD_MAX)
      .map((member) => wrapper.memberWrap(member, "life", plain)),
  });
  for (const group of groupsOf(readers.slice(LIFE_WRAPS_PER_RECORD_MAX), GRANTS_PER_RECORD_MAX)) {
    const grants = group.map(({ peer, agreementKey }) => ({
      member: peer,
      lifeWrap: wrapper.wrap(agreementKey, peer, "life", plain),
      epochs: [],
    }));
    issuing.issue({ op: "grant", space: life.id, grants });
  }
  const epoch = issueEpoch({ issuing, wrapper, random, readers, space: life.id, previous: [] });
  return { records: issuing.records, space: { ...life, epochs: [epoch], currentEpoch: epoch.id } };
}

/**
 * Begins an epoch: a new secret for the members that may read the space now, and under it the latest epochs before, so
 * that who has the new one reads what is older. `space` is what the issuer holds (`openSpaces`); the result has the new
 * epoch as its current one. Throws `SPACE_NOT_FOUND` for one that the log does not have, `KEY_MISSING` as above.
 */
export function epochRecords(request: KeyRecordRequest & { readonly space: SpaceSecrets }): KeyRecords {
  const { state, space, random = systemRandom } = request;
  const known = spaceStateOf(state, space.id);
  const readers = known.readers.map((peer) => state.members.get(peer) as Member);
  const previous = unreachable(known.epochs, space.epochs).slice(-PREVIOUS_EPOCHS_MAX);
  const issuing = new Issuing(request);
  const wrapper = new Wrapper(request, space.id);
  const epoch = issueEpoch({ issuing, wrapper, random, readers, space: space.id, previous });
  return {
    records: issuing.records,
    space: { ...space, epochs: [...space.epochs, epoch], currentEpoch: epoch.id },
  };
}

/**
 * Hands the keys that the issuer holds to members: of each of `spaces` that a member may read, the life-long secrets and
 * the epochs from which all others follow. Throws `NOT_A_MEMBER` for who is none; gives no record for a vault.
 */
export function grantRecords(
  request: KeyRecordRequest & {
    readonly spaces: readonly SpaceSecrets[];
    readonly members: readonly PeerId[];
  },
): readonly MembershipRecord[] {
  const { state } = request;
  const issuing = new Issuing(request);
  const members = request.members.map((peer) => {
    const member = state.members.get(peer);
    if (member !== undefined) return member;
    throw new GstoreError("NOT_A_MEMBER", `${peer} is no member, so no keys can be granted to it.`, { peer });
  });
  for (const space of request.spaces) {
    const wrapper = new Wrapper(request, space.id);
    const readers = members.filter((member) => mayRead(member, space.id));
    const epochs = unreachable(spaceStateOf(state, space.id).epochs, space.epochs);
    const [first = [], ...rest] = groupsOf(epochs, EPOCHS_PER_RECORD_MAX);
    const isSmall = first.length === 1 && rest.length === 0;
    for (const group of groupsOf(readers, isSmall ? GRANTS_PER_RECORD_MAX : 1)) {
      const grants = group.map((member) => wrapper.grant(member, space, first));
      issuing.issue({ op: "grant", space: space.id, grants });
      for (const more of rest) {
        const further = group.map((member) => ({ ...wrapper.grant(member, space, more), lifeWrap: null }));
        issuing.issue({ op: "grant", space: space.id, grants: further });
      }
    }
  }
  return issuing.records;
}

/** Of the epochs held those that no other of them holds the secret of, in the order of the log. */
function unreachable(
  known: readonly { readonly id: EpochId; readonly previous: readonly { readonly epoch: EpochId }[] }[],
  held: readonly EpochSecret[],
): EpochSecret[] {
  const ids = new Set(held.map((epoch) => epoch.id));
  const reached = new Set(
    known.filter((epoch) => ids.has(epoch.id)).flatMap((epoch) => epoch.previous.map((one) => one.epoch)),
  );
  return held.filter((epoch) => !reached.has(epoch.id));
}

function issueEpoch(parts: {
  readonly issuing: Issuing;
  readonly wrapper: Wrapper;
  readonly random: Random;
  readonly readers: readonly Member[];
  readonly space: SpaceId;
  readonly previous: readonly EpochSecret[];
}): EpochSecret {
  const { issuing, wrapper, readers, space } = parts;
  const secret = createSecretKey(parts.random.bytes(KEY_BYTES));
  const epoch: EpochSecret = { id: epochIdOf(space, secret), secret };
  const plain = secret.export();
  const wraps = readers.map((member) => wrapper.memberWrap(member, epoch.id, plain));
  issuing.issue({
    op: "epoch",
    space,
    epoch: epoch.id,
    previous: parts.previous.map((one) => ({ epoch: one.id, sealed: sealPreviousEpoch(space, epoch, one) })),
    recoveryWrap: wrapper.forRecovery(epoch.id, plain),
    wraps: wraps.slice(0, WRAPS_PER_RECORD_MAX),
  });
  for (const group of groupsOf(wraps.slice(WRAPS_PER_RECORD_MAX), WRAPS_PER_RECORD_MAX)) {
    const grants = group.map(({ member, wrap }) => ({
      member,
      lifeWrap: null,
      epochs: [{ epoch: epoch.id, wrap }],
    }));
    issuing.issue({ op: "grant", space, grants });
  }
  return epoch;
}

/** Issues records that follow each other, the first of them the log's heads. */
class Issuing {
  readonly records: MembershipRecord[] = [];
  readonly #request: KeyRecordRequest;

  constructor(request: KeyRecordRequest) {
    this.#request = request;
  }

  issue(operation: MembershipOperation): void {
    const { signer, state, timeMs } = this.#request;
    const last = this.records.at(-1);
    const parents: readonly Digest[] = last === undefined ? state.heads : [last.id];
    this.records.push(issueRecord({ signer, networkId: state.networkId, parents, operation, timeMs }));
  }
}

/** Wraps secrets of one space. */
class Wrapper {
  readonly #state: MembershipState;
  readonly #space: SpaceId;
  readonly #random: Random;

  constructor({ state, random = systemRandom }: KeyRecordRequest, space: SpaceId) {
    this.#state = state;
    this.#space = space;
    this.#random = random;
  }

  wrap(
    agreementKey: Uint8Array,
    recipient: WrapContext["recipient"],
    holds: WrapContext["holds"],
    secret: Uint8Array,
  ): Uint8Array {
    const context = { network: this.#state.networkId, space: this.#space, holds, recipient };
    return wrapFor(agreementKey, context, secret, this.#random);
  }

  memberWrap({ peer, agreementKey }: Member, holds: WrapContext["holds"], secret: Uint8Array): MemberWrap {
    return { member: peer, wrap: this.wrap(agreementKey, peer, holds, secret) };
  }

  forRecovery(holds: WrapContext["holds"], secret: Uint8Array): Uint8Array {
    const { recoveryKey } = this.#state;
    if (recoveryKey !== null) return this.wrap(recoveryKey, "recovery", holds, secret);
    throw new GstoreError("KEY_MISSING", "The network has no recovery key yet, so no keys can be made.");
  }

  grant({ peer, agreementKey }: Member, space: SpaceSecrets, epochs: readonly EpochSecret[]): MemberGrant {
    return {
      member: peer,
      lifeWrap: this.wrap(agreementKey, peer, "life", encodeLifeSecrets(space)),
      epochs: epochs.map(({ id, secret }) => ({
        epoch: id,
        wrap: this.wrap(agreementKey, peer, id, secret.export()),
      })),
    };
  }
}

function spaceStateOf(state: MembershipState, id: SpaceId) {
  const space = state.spaces.get(id);
  if (space !== undefined) return space;
  throw new GstoreError("SPACE_NOT_FOUND", "The membership log has no such space.");
}

function groupsOf<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let from = 0; from < items.length; from += size) groups.push(items.slice(from, from + size));
  return groups;
}
