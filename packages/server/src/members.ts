import {
  type Admission,
  type Digest,
  decodeMembershipRecord,
  GstoreError,
  MEMBERS_MAX,
  MEMBERSHIP_HEADS_MAX,
  type MembershipRecord,
  type MembershipStore,
  type NetworkId,
  type PeerId,
  type SpaceId,
} from "@gstore/core";
import { verifyMembershipRecord } from "@gstore/crypto";

/** Who is in the network, as far as this node knows: the checked records of the membership log and what follows from them. */
export class Members {
  readonly #store: MembershipStore;
  readonly #networkId: NetworkId;
  readonly #records = new Map<Digest, MembershipRecord>();
  readonly #members = new Map<PeerId, Admission>();

  private constructor(store: MembershipStore, networkId: NetworkId) {
    this.#store = store;
    this.#networkId = networkId;
  }

  static async open(store: MembershipStore, networkId: NetworkId): Promise<Members> {
    const members = new Members(store, networkId);
    for (const record of await store.all()) members.#apply(record);
    return members;
  }

  /**
   * Checks records and keeps those that are new; gives these back once they are synced. Rejects with
   * `CERTIFICATE_INVALID` or `WRONG_NETWORK` for the first that does not hold, after keeping none.
   */
  async add(records: readonly MembershipRecord[]): Promise<MembershipRecord[]> {
    const fresh = records.filter((record) => !this.#records.has(record.id));
    for (const record of fresh) verifyMembershipRecord(record, this.#networkId);
    if (this.#records.size + fresh.length > 4 * MEMBERS_MAX) {
      throw new GstoreError("TOO_LARGE", `A network has at most ${MEMBERS_MAX} members.`, {
        limit: MEMBERS_MAX,
      });
    }
    if (fresh.length === 0) return [];
    await this.#store.append(fresh);
    for (const record of fresh) this.#apply(record);
    return fresh;
  }

  /** As {@link add}, from bytes that a peer sent. */
  addBytes(records: readonly Uint8Array[]): Promise<MembershipRecord[]> {
    return this.add(records.map(decodeMembershipRecord));
  }

  get(peer: PeerId): Admission | undefined {
    return this.#members.get(peer);
  }

  all(): Admission[] {
    return [...this.#members.values()];
  }

  get count(): number {
    return this.#members.size;
  }

  /** The name of a member, or its PeerId where it is not known. */
  nameOf(peer: PeerId): string {
    return this.#members.get(peer)?.name ?? peer;
  }

  /** Whether a member may write to a space. */
  mayWrite(peer: PeerId, space: SpaceId): boolean {
    const member = this.#members.get(peer);
    return (
      member !== undefined && (member.role === "admin" || member.role === "writer") && inSpace(member, space)
    );
  }

  /** Whether a member may hold copies of a space's versions. */
  mayHold(peer: PeerId, space: SpaceId): boolean {
    const member = this.#members.get(peer);
    return member !== undefined && inSpace(member, space);
  }

  /** Whether a member may ask for blobs of a space. */
  mayRead(peer: PeerId, space: SpaceId): boolean {
    const member = this.#members.get(peer);
    return member !== undefined && inSpace(member, space);
  }

  /** Digests of all records. */
  recordIds(): Digest[] {
    return [...this.#records.keys()];
  }

  /** Records other than `known`, in order of arrival, at most `limit`, and whether there are more. */
  recordsBesides(known: readonly Digest[], limit: number): { records: Uint8Array[]; more: boolean } {
    const skip = new Set(known);
    const lacking = [...this.#records.values()].filter((record) => !skip.has(record.id));
    return { records: lacking.slice(0, limit).map((record) => record.bytes), more: lacking.length > limit };
  }

  /** The records that no other follows, sorted; what new records and entries refer to. */
  heads(): Digest[] {
    const followed = new Set([...this.#records.values()].flatMap((record) => record.body.parents));
    return this.recordIds()
      .filter((id) => !followed.has(id))
      .sort()
      .slice(0, MEMBERSHIP_HEADS_MAX);
  }

  #apply(record: MembershipRecord): void {
    this.#records.set(record.id, record);
    const admission = record.body.operation;
    // Removals, roles and keys come with the log's evaluation (issue 3).
    if (admission.op !== "admit") return;
    if (!this.#members.has(admission.member)) this.#members.set(admission.member, admission);
  }
}

function inSpace(member: Admission, space: SpaceId): boolean {
  return member.spaces === null || member.spaces.includes(space);
}
