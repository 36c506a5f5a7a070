import {
  type AuthorCut,
  CERTIFICATE_CHAIN_MAX,
  type Clock,
  type Digest,
  type EntryStore,
  evaluateMembership,
  GstoreError,
  MEMBERSHIP_RECORDS_MAX,
  type Member,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
  type PeerId,
  type Policy,
  type Random,
  type Role,
  type SpaceId,
} from "@gstore/core";
import {
  createSpaceRecords,
  epochRecords,
  grantRecords,
  issueRecord,
  type KeyRecordRequest,
  type NodeIdentity,
  type OpenedSpace,
  openSpaces,
  type RecordSigner,
  type RootKey,
} from "@gstore/crypto";
import type { Members } from "./members.ts";
import type { Spaces } from "./spaces.ts";

export interface AdministrationOptions {
  readonly identity: NodeIdentity;
  /** Where this node holds it. */
  readonly rootKey: RootKey | null;
  readonly members: Members;
  readonly spaces: Spaces;
  readonly entries: EntryStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** What an admin does to the network: each call writes signed records, which travel to all members. */
export class Administration {
  readonly #options: AdministrationOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /** Admits a member and hands it the keys its role may have. Rejects with `REQUEST_REFUSED` where this node is no admin. */
  admit(member: Omit<Extract<MembershipOperation, { op: "admit" }>, "op">): Promise<Member> {
    return this.#inTurn(async () => {
      this.assertMayAdmit();
      const { members } = this.#options;
      if (members.get(member.member) !== undefined) {
        throw new GstoreError("ALREADY_EXISTS", "That node is a member already.", { peer: member.member });
      }
      if (members.all().some(({ name }) => name === member.name)) {
        throw new GstoreError(
          "ALREADY_EXISTS",
          `There is a member named ${member.name}; choose another name.`,
        );
      }
      await this.#issue({ op: "admit", ...member });
      await this.#doDuties();
      return members.find(member.member);
    });
  }

  /** Removes a member, and begins new epochs of the spaces it could read. */
  remove(member: Member): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertAdmin();
      const { rootKey, identity, members } = this.#options;
      const cut = await this.#cutOf(member.peer);
      const operation = { op: "remove", member: member.peer, cut } as const;
      // By the root's word where it is here: an older admin could answer a younger one's removal with one of its own.
      await this.#addAndRotate([this.#record(operation, members.state.heads, rootKey ?? identity)]);
    });
  }

  /** Gives a member another role. Who becomes an admin is admitted anew as one: whomever it admits shows that admission. */
  changeRole(member: Member, role: Role, spaces: readonly SpaceId[] | null): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertAdmin();
      const { peer, agreementKey, name } = member;
      const cut = await this.#cutOf(peer);
      const change = this.#record({ op: "changeRole", member: peer, role, spaces, cut });
      const records = [change];
      // Not for other roles: of two changes at the same time the lesser holds, of two admissions the greater.
      if (role === "admin") {
        this.assertMayAdmit();
        const admission = { op: "admit", member: peer, agreementKey, role, name, spaces } as const;
        records.push(this.#record(admission, [change.id]));
      }
      await this.#addAndRotate(records);
    });
  }

  /** Takes this node out of the network, by its own word. */
  leave(): Promise<void> {
    return this.#inTurn(async () => {
      const self = this.#options.identity.peerId;
      await this.#issue({ op: "remove", member: self, cut: await this.#cutOf(self) });
    });
  }

  /** States how much a member can hold, where it stands and whether it is being drained: this node's own is its to say, another's an admin's. */
  stateAttributes(
    member: PeerId,
    said: Pick<Member, "capacityBytes" | "zone" | "isDraining">,
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (member !== this.#options.identity.peerId) this.#assertAdmin();
      const { capacityBytes, zone, isDraining } = said;
      const draining = isDraining ? ({ isDraining } as const) : {};
      await this.#issue({ op: "attributes", member, capacityBytes, zone, ...draining });
    });
  }

  /** Sets or drops a policy of a space. */
  setPolicy(policy: Policy): Promise<void> {
    return this.#inTurn(async () => {
      this.assertMayAdminister(policy.space);
      await this.#issue(policy);
    });
  }

  /** Throws `REQUEST_REFUSED` where this node is no admin of that space. */
  assertMayAdminister(space: SpaceId): void {
    this.#assertAdmin();
    const { members, identity } = this.#options;
    if (members.mayHold(identity.peerId, space)) return;
    throw new GstoreError("REQUEST_REFUSED", "This node is an admin of other spaces, not of that one.");
  }

  /** Makes a space with keys of its own. Rejects with `ALREADY_EXISTS`. */
  createSpace(name: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertAdmin();
      const { spaces } = this.#options;
      if (spaces.all().some((space) => space.name === name)) {
        throw new GstoreError("ALREADY_EXISTS", `There is a space "${name}" already.`);
      }
      await this.#add(createSpaceRecords({ ...this.#request(), name }).records);
    });
  }

  /**
   * What the log leaves to an admin who comes across it: keys for members that have none, new epochs where somebody knows
   * the current one who may not. Does nothing where this node is no admin or holds no keys.
   */
  doDuties(): Promise<void> {
    return this.#inTurn(() => this.#doDuties());
  }

  async #doDuties(): Promise<void> {
    const { members, identity } = this.#options;
    if (members.get(identity.peerId)?.role !== "admin") return;
    for (const space of heldSpaces(this.#options)) {
      await this.#add(this.#epochIfDue(space, members.state));
      const lacking = members.state.spaces.get(space.id)?.readersWithoutKeys ?? [];
      if (lacking.length === 0) continue;
      const held = heldSpaces(this.#options).filter(({ id }) => id === space.id);
      await this.#add(grantRecords({ ...this.#request(), spaces: held, members: lacking }));
    }
  }

  /** Adds records together with the epochs that are due by them, so that nobody hears of the one without the other. */
  async #addAndRotate(records: readonly MembershipRecord[]): Promise<void> {
    const { members } = this.#options;
    const { networkId } = members.state;
    const after = evaluateMembership([...members.records(), ...records], networkId);
    await this.#add([
      ...records,
      ...heldSpaces(this.#options).flatMap((space) => this.#epochIfDue(space, after)),
    ]);
    await this.#doDuties();
  }

  #epochIfDue(space: OpenedSpace, state: MembershipState): readonly MembershipRecord[] {
    const { identity } = this.#options;
    const isAdmin = state.members.get(identity.peerId)?.role === "admin";
    if (!isAdmin || !state.spaces.get(space.id)?.isRotationDue) return [];
    return epochRecords({ ...this.#request(), state, space }).records;
  }

  async #issue(operation: MembershipOperation, signer: RecordSigner = this.#options.identity): Promise<void> {
    await this.#add([this.#record(operation, this.#options.members.state.heads, signer)]);
  }

  #record(
    operation: MembershipOperation,
    parents: readonly Digest[] = this.#options.members.state.heads,
    signer: RecordSigner = this.#options.identity,
  ): MembershipRecord {
    const { members, clock } = this.#options;
    const { networkId } = members.state;
    return issueRecord({ signer, networkId, parents, operation, timeMs: clock.now() });
  }

  /** What new records with keys in them are made of. */
  #request(): KeyRecordRequest {
    const { members, identity, clock, random } = this.#options;
    return { state: members.state, signer: identity, timeMs: clock.now(), random };
  }

  async #add(records: readonly MembershipRecord[]): Promise<void> {
    if (records.length === 0) return;
    const added = await this.#options.members.add(records);
    if (added.length === records.length) return;
    throw new GstoreError(
      "TOO_LARGE",
      "The network's membership log has no room for more records of this node. The node that holds the root key still has.",
      { limit: MEMBERSHIP_RECORDS_MAX },
    );
  }

  /** The last entry of each of an author's incarnations that is here: what it wrote up to there counts. */
  async #cutOf(author: PeerId): Promise<AuthorCut[]> {
    const { entries } = this.#options;
    const lasts = (await entries.vector()).filter((last) => last.author === author);
    const cuts = lasts.map(async ({ incarnation, seq }): Promise<AuthorCut[]> => {
      const [entry] = await entries.ofAuthor(author, incarnation, seq, 1);
      return entry === undefined ? [] : [{ incarnation, seq, entry: entry.id }];
    });
    return (await Promise.all(cuts)).flat();
  }

  /** Throws `REQUEST_REFUSED` where this node is no admin, or whom it admits could show no valid certificate. */
  assertMayAdmit(): void {
    this.#assertAdmin();
    const { members, identity } = this.#options;
    const chain = members.state.certificateOf(identity.peerId) ?? [];
    const admission = chain[0]?.body.operation;
    const isAdmittedAsAdmin = admission?.op === "admit" && admission.role === "admin";
    if (isAdmittedAsAdmin && chain.length < CERTIFICATE_CHAIN_MAX) return;
    throw new GstoreError(
      "REQUEST_REFUSED",
      "This node's own admission is too far from the network's root to admit others by. Invite from an admin that admitted this one, or from the first node.",
    );
  }

  #assertAdmin(): void {
    const { members, identity } = this.#options;
    if (members.get(identity.peerId)?.role === "admin") return;
    throw new GstoreError("REQUEST_REFUSED", "Only an admin may do that, and this node is none.");
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

/** Keys from the log, by a node's own wraps, or else by the root's where it holds the root key. */
export function heldSpaces({
  members,
  identity,
  rootKey,
}: Pick<AdministrationOptions, "members" | "identity" | "rootKey">): OpenedSpace[] {
  const own = openSpaces(members.state, identity);
  if (rootKey === null) return own;
  const known = new Set(own.map(({ id }) => id));
  return [...own, ...openSpaces(members.state, rootKey).filter(({ id }) => !known.has(id))];
}
