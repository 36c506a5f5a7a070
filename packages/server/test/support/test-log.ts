import {
  type CertificateChain,
  evaluateMembership,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
  type Random,
  type Role,
  type SpaceId,
} from "@gstore/core";
import {
  createSpaceRecords,
  generateRootKey,
  grantRecords,
  issueRecord,
  type NodeIdentity,
  openSpaces,
  type RootKey,
  type SpaceSecrets,
} from "@gstore/crypto";

/** A membership log by the root's hand: the space main, and whom a test admits, each without knowing of the others. */
export class TestLog {
  readonly root: RootKey;
  /** The recovery key and the spaces: what every admission follows. */
  base: readonly MembershipRecord[];
  readonly space: SpaceSecrets;
  readonly #timeMs: number;
  readonly #random: Random;

  constructor(random: Random, timeMs = 0) {
    this.#random = random;
    this.root = generateRootKey(random);
    this.#timeMs = timeMs;
    const recovery = this.#issue([], { op: "recovery", agreementKey: this.root.agreementPublicKey });
    const made = createSpaceRecords({ ...this.#request([recovery]), name: "main", random });
    this.base = [recovery, ...made.records];
    this.space = made.space;
  }

  /** Makes another space, for whom is admitted from now on. */
  addSpace(name: string): SpaceId {
    const made = createSpaceRecords({ ...this.#request(this.base), name, random: this.#random });
    this.base = [...this.base, ...made.records];
    return made.space.id;
  }

  /** The log that admits one member and hands it its keys. */
  admit(
    identity: NodeIdentity,
    role: Role,
    name: string,
    spaces: readonly SpaceId[] | null = null,
  ): MembershipRecord[] {
    const admission = this.#issue(this.base, {
      ...{ op: "admit", member: identity.peerId, agreementKey: identity.agreementPublicKey },
      ...{ role, name, spaces },
    });
    const records = [...this.base, admission];
    const opened = openSpaces(this.state(records), this.root);
    const granted = opened.filter(({ id }) => spaces === null || spaces.includes(id));
    const members = [identity.peerId];
    return [...records, ...grantRecords({ ...this.#request(records), spaces: granted, members })];
  }

  /** A member's certificate in its own log. */
  certificateOf(identity: NodeIdentity, records: readonly MembershipRecord[]): CertificateChain {
    return this.state(records).certificateOf(identity.peerId) ?? [];
  }

  state(records: readonly MembershipRecord[]): MembershipState {
    return evaluateMembership(records, this.root.networkId);
  }

  #issue(records: readonly MembershipRecord[], operation: MembershipOperation): MembershipRecord {
    const { networkId } = this.root;
    const parents = this.state(records).heads;
    return issueRecord({ signer: this.root, networkId, parents, operation, timeMs: this.#timeMs });
  }

  #request(records: readonly MembershipRecord[]) {
    return { state: this.state(records), signer: this.root, timeMs: this.#timeMs };
  }
}
