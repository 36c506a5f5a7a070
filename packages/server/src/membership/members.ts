import {
  type AuthorCut,
  type Authorship,
  type Digest,
  decodeMembershipRecord,
  evaluateMembership,
  GstoreError,
  type MayAuthor,
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
import { chooseRecords } from "./record-limits.ts";

/** Records named by entries that are asked for though they may not count; others are asked for again when they are met again. */
const WANTED_MAX = 256;

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
  /** Records that entries were written under and that are not here. */
  readonly #wanted = new Set<Digest>();
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
   * Checks records and keeps those that are new, as far as there is room for them; gives these back once they are synced
   * and have had their effect. Rejects with `CERTIFICATE_INVALID` or `WRONG_NETWORK` for the first that does not hold, after
   * keeping none.
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

  /** Whether an entry counts, by its author's rights. Takes note of what it needs to know for that and does not. */
  mayAuthor(entry: Authorship): MayAuthor {
    const may = this.#state.mayAuthor(entry);
    if (may === "unknown") this.#want(entry.membershipHeads);
    return may;
  }

  /** Where an entry that counts has to lead, its author having been removed or demoted since. */
  cutsOf(entry: Authorship): readonly AuthorCut[] {
    return this.#state.cutsOf(entry);
  }

  hasRecord(id: Digest): boolean {
    return this.#records.has(id);
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

  #want(heads: readonly Digest[]): void {
    for (const id of heads) if (!this.#records.has(id)) this.#wanted.add(id);
    // A kept record that waits for others is of no use without them.
    for (const id of this.#state.missing.slice(0, WANTED_MAX / 2)) this.#wanted.add(id);
    for (const id of this.#wanted) {
      if (this.#wanted.size <= WANTED_MAX) return;
      this.#wanted.delete(id);
    }
  }

  async #add(records: readonly MembershipRecord[]): Promise<MembershipRecord[]> {
    const { networkId } = this.#state;
    const unknown = records.filter((record) => !this.#records.has(record.id));
    const fresh = [...new Map(unknown.map((record) => [record.id, record])).values()];
    for (const record of fresh) verifyRecordSignature(record, networkId);
    if (fresh.length === 0) return [];
    const before = this.#state;
    const { added, dropped, state } = chooseRecords(this.#records, fresh, {
      networkId,
      wanted: this.#wanted,
    });
    if (added.length === 0) return [];
    await this.#store.append(added);
    for (const id of dropped) this.#records.delete(id);
    for (const record of added) {
      this.#records.set(record.id, record);
      this.#wanted.delete(record.id);
    }
    this.#state = state;
    for (const listener of this.#listeners) await listener({ before, after: state, fresh: added });
    return [...added];
  }
}
