import {
  type AuthorCut,
  type AuthorSeq,
  type Digest,
  decodeEntry,
  decodeMembershipRecord,
  ENTRIES_PER_MESSAGE_MAX,
  type Entry,
  type EntryStore,
  MEMBERSHIP_RECORDS_MAX,
  MEMBERSHIP_RECORDS_PER_MESSAGE_MAX,
  type PeerId,
  type PeerNetwork,
  SYNC_VECTOR_MAX,
} from "@gstore/core";
import {
  decodeSyncEntriesAnswer,
  decodeSyncMembersAnswer,
  encodeSyncEntries,
  encodeSyncMembers,
  type SyncEntriesAnswer,
  type SyncMembersAnswer,
} from "@gstore/p2p";
import type { Members } from "../membership/members.ts";
import { WorkLoop } from "../work-loop.ts";
import { ChainProof } from "./chain-proof.ts";
import { numberingOf, type Taken } from "./entry-batch.ts";
import type { EntryIntake } from "./entry-intake.ts";

export interface PeerSyncOptions {
  readonly network: PeerNetwork;
  readonly entries: EntryStore;
  readonly members: Members;
  readonly intake: EntryIntake;
  /** New entries came from a peer. */
  readonly arrived: (from: PeerId, fresh: readonly Entry[]) => Promise<void>;
}

/** Bytes of entries in one page of a sync. Half of a message's maximum leaves room for the vector. */
const PAGE_BYTES_MAX = 2 * 1024 * 1024;

/** Pulls from a peer what this node lacks: membership first, then entries by author and seq, page by page. */
export class PeerSync {
  readonly #options: PeerSyncOptions;
  readonly #pulls = new Map<PeerId, { readonly members: WorkLoop; readonly entries: WorkLoop }>();

  constructor(options: PeerSyncOptions) {
    this.#options = options;
  }

  /** Brings this node up to what the peer knows. Calls made together share the work. Rejects where the peer fails. */
  async pull(peer: PeerId): Promise<void> {
    await this.pullMembers(peer);
    await this.pullEntries(peer);
  }

  /** The same for the entries alone, which the membership log decides on. */
  pullEntries(peer: PeerId): Promise<void> {
    return this.#loopsOf(peer).entries.run();
  }

  /** The same for the membership log alone. */
  pullMembers(peer: PeerId): Promise<void> {
    return this.#loopsOf(peer).members.run();
  }

  forget(peer: PeerId): void {
    this.#pulls.delete(peer);
  }

  /** Answers a peer's pull of entries. */
  async entriesFor(theirs: readonly AuthorSeq[]): Promise<SyncEntriesAnswer> {
    const { entries } = this.#options;
    const known = new Map(theirs.map((last) => [idOf(last), last.seq]));
    const vector = await entries.vector();
    const page: Uint8Array[] = [];
    let bytes = 0;
    for (const last of vector) {
      for (let seq = (known.get(idOf(last)) ?? 0) + 1; seq <= last.seq; ) {
        const wanted = Math.min(ENTRIES_PER_MESSAGE_MAX - page.length, 128);
        const some = await entries.ofAuthor(last.author, last.incarnation, seq, wanted);
        if (some.length === 0) break;
        for (const entry of some) {
          if (page.length > 0 && bytes + entry.bytes.length > PAGE_BYTES_MAX)
            return { entries: page, more: true, vector };
          page.push(entry.bytes);
          bytes += entry.bytes.length;
        }
        seq += some.length;
        if (page.length >= ENTRIES_PER_MESSAGE_MAX) return { entries: page, more: true, vector };
      }
    }
    return { entries: page, more: false, vector };
  }

  /** Answers a peer's pull of membership records. */
  membersFor(known: Parameters<Members["recordsBesides"]>[0]): SyncMembersAnswer {
    return this.#options.members.recordsBesides(known, MEMBERSHIP_RECORDS_PER_MESSAGE_MAX);
  }

  #loopsOf(peer: PeerId): { readonly members: WorkLoop; readonly entries: WorkLoop } {
    const known = this.#pulls.get(peer);
    if (known !== undefined) return known;
    const loops = {
      members: new WorkLoop(() => this.#pullMembers(peer)),
      entries: new WorkLoop(() => this.#pullEntries(peer)),
    };
    this.#pulls.set(peer, loops);
    return loops;
  }

  async #pullMembers(peer: PeerId): Promise<void> {
    const { network, members } = this.#options;
    /** Records that there is no room for here: the peer is not asked for them again. */
    const left = new Set<Digest>();
    for (let more = true; more; ) {
      const known = new Set([...members.recordIds(), ...left].slice(0, MEMBERSHIP_RECORDS_MAX));
      const question = encodeSyncMembers([...known]);
      const answer = decodeSyncMembersAnswer(await network.request(peer, "membership", question));
      const records = answer.records.map(decodeMembershipRecord);
      await members.add(records);
      for (const { id } of records) if (!members.hasRecord(id)) left.add(id);
      // A peer that says "more" and sends nothing new, or nothing but what is of no use, would go on for ever.
      const isNews = records.some(({ id }) => !known.has(id));
      more = answer.more && isNews && left.size < MEMBERSHIP_RECORDS_MAX;
    }
  }

  /** Asks the peer to show where the entries lead that were refused for want of that; true where it could of some. */
  async #proveMore(
    peer: PeerId,
    pull: {
      readonly taken: readonly Taken[];
      readonly proofs: Map<string, ChainProof | null>;
      readonly theirs: readonly AuthorSeq[];
    },
  ): Promise<boolean> {
    let isMore = false;
    for (const numbering of unprovenOf(pull.taken)) {
      if (pull.proofs.has(numbering.id)) continue;
      const proof = await this.#prove(peer, numbering, pull.theirs);
      pull.proofs.set(numbering.id, proof);
      isMore ||= proof !== null;
    }
    return isMore;
  }

  /** Goes over all of a numbering that the peer has beyond what is here, up to a last entry that counts; null without one. */
  async #prove(
    peer: PeerId,
    { id, dot, cuts }: CutNumbering,
    theirs: readonly AuthorSeq[],
  ): Promise<ChainProof | null> {
    const { entries, network } = this.#options;
    const { author, incarnation } = dot;
    const seq = (await entries.vector()).find((last) => idOf(last) === id)?.seq ?? 0;
    const [last] = seq === 0 ? [] : await entries.ofAuthor(author, incarnation, seq, 1);
    const proof = new ChainProof({ seq, last: last?.id ?? null });
    const others = theirs.filter((one) => idOf(one) !== id).slice(0, SYNC_VECTOR_MAX - 1);
    for (;;) {
      const own = proof.lastSeq === 0 ? [] : [{ author, incarnation, seq: proof.lastSeq }];
      const question = encodeSyncEntries([...others, ...own]);
      const answer = decodeSyncEntriesAnswer(await network.request(peer, "entries", question));
      const before = proof.lastSeq;
      for (const entry of answer.entries.map(decodeEntry)) {
        // Others have grown meanwhile.
        if (numberingOf(entry) !== id) continue;
        if (!proof.add(entry)) return null;
        if (cuts.some((cut) => cut.entry === entry.id)) return proof;
      }
      if (!answer.more || proof.lastSeq === before) return null;
    }
  }

  async #pullEntries(peer: PeerId): Promise<void> {
    const { network, entries, intake, arrived } = this.#options;
    /** Numberings of which this peer has what is refused here: it is not asked for the rest of them. */
    const refused = new Map<string, AuthorSeq>();
    /** Of removed authors' numberings what this peer could show of them; null for nothing. */
    const proofs = new Map<string, ChainProof | null>();
    for (let more = true; more; ) {
      const ours = await entries.vector();
      const question = encodeSyncEntries(vectorPast(ours, refused));
      const answer = decodeSyncEntriesAnswer(await network.request(peer, "entries", question));
      const taken = await intake.take(peer, answer.entries, { proofs });
      const fresh = taken.flatMap(({ entry, isFresh }) => (isFresh ? [entry] : []));
      await arrived(peer, fresh);
      if (await this.#proveMore(peer, { taken, proofs, theirs: answer.vector })) continue;
      const refusedBefore = refused.size;
      for (const last of refusedOf(taken, answer.vector)) refused.set(idOf(last), last);
      // A peer that says "more" and sends nothing new would go on for ever.
      more = answer.more && (fresh.length > 0 || refused.size > refusedBefore);
    }
  }
}

/** An author's numbering, and the last entries of it that count. */
interface CutNumbering {
  readonly id: string;
  readonly dot: Entry["body"]["dot"];
  readonly cuts: readonly AuthorCut[];
}

/** Numberings of which something was refused only because it was not shown where it leads. */
function unprovenOf(taken: readonly Taken[]): CutNumbering[] {
  const found = new Map<string, CutNumbering>();
  for (const { entry, refusal, ...one } of taken) {
    if (entry === null || refusal === null || !("unproven" in one) || one.unproven.length === 0) continue;
    const id = numberingOf(entry);
    if (!found.has(id)) found.set(id, { id, dot: entry.body.dot, cuts: one.unproven });
  }
  return [...found.values()];
}

/** Where the peer stands in the numberings of which something was refused. */
function refusedOf(taken: readonly Taken[], theirs: readonly AuthorSeq[]): AuthorSeq[] {
  const numberings = new Set(
    taken.flatMap(({ entry, refusal }) => (entry !== null && refusal !== null ? [idOf(entry.body.dot)] : [])),
  );
  return theirs.filter((last) => numberings.has(idOf(last)));
}

/** Our vector, as if what is refused were known. */
function vectorPast(ours: readonly AuthorSeq[], refused: ReadonlyMap<string, AuthorSeq>): AuthorSeq[] {
  const known = ours.filter((last) => !refused.has(idOf(last)));
  return [...known, ...refused.values()].slice(0, SYNC_VECTOR_MAX);
}

function idOf(last: Pick<AuthorSeq, "author" | "incarnation">): string {
  return `${last.author} ${last.incarnation}`;
}
