import {
  type Authorship,
  type Digest,
  decodeMembershipRecord,
  evaluateMembership,
  GstoreError,
  type MayAuthor,
  MEMBERS_MAX,
  type Member,
  type MembershipRecord,
  type MembershipState,
  type MembershipStore,
  mayWrite,
  type NetworkId,
  type PeerId,
  type SpaceId,
} from "@gstore/core";
import { verifyRecordSignature } from "@gstore/crypto";

/** Records of the membership log that a node keeps. Several per member: admission, keys, changes. */
const RECORDS_MAX = 4 * MEMBERS_MAX;

/** What the log says now and said before. */
export interface MembershipChange {
  readonly before: MembershipState;
  readonly after: MembershipState;
  readonly fresh: readonly MembershipRecord[];
}

/** Who is in the network and with which rights, as far as this node knows: the membership log, evaluated anew when it grows. */
export class Members {
  readonly #store: MembershipStore;
  readonly #records = new Map<Digest, MembershipRecord>();
  readonly #listeners: ((change: MembershipChange) => Promise<void>)[] = [];
  #state: MembershipState;
  #adding: Promise<unknown> = Promise.resolve();

  private constructor(store: MembershipStore, networkId: NetworkId) {
    this.#store = store;
    this.#state = evaluateMembership([], networkId);
  }

  static async open(store: MembershipStore, networkId: NetworkId): Promise<Members> {
    const members = new Members(store, networkId);
    for (const record of await store.all()) members.#records.set(record.id, record);
    members.#state = evaluateMembership(members.#records.values(), networkId);
    return members;
  }

  /** What the log says now. */
  get state(): MembershipState {
    return this.#state;
  }

  /** Calls back after each change, in order; whoever adds records waits for it. */
  onChange(listener: (change: MembershipChange) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /**
   * Checks records and keeps those that are new; gives these back once they are synced and have had their effect. Rejects
   * with `CERTIFICATE_INVALID` or `WRONG_NETWORK` for the first that does not hold, after keeping none.
   */
  add(records: readonly MembershipRecord[]): Promise<MembershipRecord[]> {
    const added = this.#adding.then(() => this.#add(records));
    this.#adding = added.catch(() => {});
    return added;
  }

  /** As {@link add}, from bytes that a peer sent. */
  addBytes(records: readonly Uint8Array[]): Promise<MembershipRecord[]> {
    return this.add(records.map(decodeMembershipRecord));
  }

  get(peer: PeerId): Member | undefined {
    return this.#state.members.get(peer);
  }

  all(): Member[] {
    return [...this.#state.members.values()];
  }

  get count(): number {
    return this.#state.members.size;
  }

  /** Whether a peer was in and is no more. */
  isRemoved(peer: PeerId): boolean {
    return this.#state.removed.has(peer);
  }

  /** The name of a member, present or past, or its PeerId where it is not known. */
  nameOf(peer: PeerId): string {
    return this.get(peer)?.name ?? this.#state.removed.get(peer)?.name ?? peer;
  }

  /** The member of that name or id. Rejects with `NOT_A_MEMBER`, or `INVALID_ARGUMENT` where two have the name. */
  find(idOrName: string): Member {
    const found = this.all().filter(({ peer, name }) => peer === idOrName || name === idOrName);
    if (found.length > 1) {
      throw new GstoreError("INVALID_ARGUMENT", `${found.length} members are named ${idOrName}; give an id.`);
    }
    const [member] = found;
    if (member === undefined) throw new GstoreError("NOT_A_MEMBER", `There is no member ${idOrName}.`);
    return member;
  }

  /** Whether a member may write to a space. */
  mayWrite(peer: PeerId, space: SpaceId): boolean {
    const member = this.get(peer);
    return member !== undefined && mayWrite(member, space);
  }

  /** Whether a member may hold copies of a space's versions, and so ask for its blobs. */
  mayHold(peer: PeerId, space: SpaceId): boolean {
    const member = this.get(peer);
    return member !== undefined && (member.spaces === null || member.spaces.includes(space));
  }

  /** The members among whom a space's versions are placed. */
  holdersOf(space: SpaceId): PeerId[] {
    return this.all()
      .map(({ peer }) => peer)
      .filter((peer) => this.mayHold(peer, space));
  }

  /** Whether an entry counts, by its author's rights. */
  mayAuthor(entry: Authorship): MayAuthor {
    return this.#state.mayAuthor(entry);
  }

  /** Digests of all records. */
  recordIds(): Digest[] {
    return [...this.#records.keys()];
  }

  records(): MembershipRecord[] {
    return [...this.#records.values()];
  }

  /** Records other than `known`, in order of arrival, at most `limit`, and whether there are more. */
  recordsBesides(known: readonly Digest[], limit: number): { records: Uint8Array[]; more: boolean } {
    const skip = new Set(known);
    const lacking = this.records().filter((record) => !skip.has(record.id));
    return { records: lacking.slice(0, limit).map((record) => record.bytes), more: lacking.length > limit };
  }

  /** What new records and entries refer to. */
  heads(): readonly Digest[] {
    return this.#state.heads;
  }

  async #add(records: readonly MembershipRecord[]): Promise<MembershipRecord[]> {
    const { networkId } = this.#state;
    const fresh = records.filter((record) => !this.#records.has(record.id));
    for (const record of fresh) verifyRecordSignature(record, networkId);
    if (fresh.length === 0) return [];
    const before = this.#state;
    const all = [...this.#records.values(), ...fresh];
    const after = evaluateMembership(all, networkId);
    const kept = fresh.filter(({ id }) => after.statuses.get(id)?.status !== "impossible");
    if (this.#records.size + kept.length > RECORDS_MAX) {
      throw new GstoreError("TOO_LARGE", `A membership log has at most ${RECORDS_MAX} records.`, {
        limit: RECORDS_MAX,
      });
    }
    await this.#store.append(kept);
    for (const record of kept) this.#records.set(record.id, record);
    this.#state = after;
    for (const listener of this.#listeners) await listener({ before, after, fresh: kept });
    return kept;
  }
}
