import {
  type AuthorCut,
  type AuthorSeq,
  type Authorship,
  type Entry,
  type EntryStore,
  GstoreError,
  isGstoreError,
  type PeerId,
  SYNC_VECTOR_MAX,
} from "@gstore/core";
import { EntryVerifier } from "@gstore/crypto";
import type { PurgeGuard } from "../collection/purge-guard.ts";
import type { HybridClock } from "../hybrid-clock.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { ChainProof } from "./chain-proof.ts";
import { dotText, EntryBatch, type Given, numberingOf, type Taken } from "./entry-batch.ts";

export interface EntryIntakeOptions {
  readonly self: PeerId;
  readonly entries: EntryStore;
  readonly members: Members;
  readonly clock: HybridClock;
  readonly logger: Logger;
  readonly purgeGuard: Pick<PurgeGuard, "storing" | "stripped" | "giveUp">;
  /** An entry by this node itself came that it does not have: its disk is older than its past. Awaited before it is stored. */
  readonly olderSelf: (lost: AuthorSeq) => Promise<void>;
}

/** Incarnations of one author: a node takes a new one when its disk was restored. Bounds what one member adds to every vector. */
const INCARNATIONS_PER_AUTHOR_MAX = 64;
const NO_PROOFS: ReadonlyMap<string, ChainProof | null> = new Map();

/** The one door for entries from other members: decoded, signature and authority checked, stored, in this order. */
export class EntryIntake {
  readonly #options: EntryIntakeOptions;
  readonly #verifier = new EntryVerifier();
  /** Lists are judged one after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** Those whose entries are being synced, in order. */
  readonly #storing = new Map<EntryBatch, Promise<unknown>>();

  constructor(options: EntryIntakeOptions) {
    this.#options = options;
  }

  /**
   * Takes entries of any authors, each author's in order of seq, and says of each what became of it. Resolves once those
   * that were taken are synced. What is refused keeps out what its author wrote behind it, and nobody else's: with
   * `ENTRY_REFUSED` for a gap or a fork in the author's numbering, `NOT_A_MEMBER` for an author who may not write here,
   * `SIGNATURE_INVALID`, or what decoding says. What a removed author wrote before the cut is taken as part of the chain
   * that leads to it: if that is not all in `list`, by a proof of its numbering (`numberingOf`). What a purge here covers is
   * taken without what is sealed in it.
   */
  async take(
    from: PeerId,
    list: readonly (Entry | Uint8Array)[],
    {
      proofs = NO_PROOFS,
      storeBlobs = async () => {},
    }: {
      readonly proofs?: ReadonlyMap<string, ChainProof | null>;
      /** Stores the blobs that came along. Called when the entries are stored, so that one sync is for all. */
      readonly storeBlobs?: () => Promise<void>;
    } = {},
  ): Promise<Taken[]> {
    const batch = new EntryBatch(list, proofs);
    await this.#options.purgeGuard.storing(async () => {
      const judged = this.#turn.then(() => this.#judge(from, batch));
      // The next list is judged while this one is being synced.
      const storing = judged.then(() => this.#begin(batch, storeBlobs));
      this.#turn = storing.then(
        () => {},
        () => {},
      );
      await (await storing).stored;
      await this.#options.purgeGuard.giveUp(batch.stripped);
    });
    return batch.taken();
  }

  #begin(batch: EntryBatch, storeBlobs: () => Promise<void>): { readonly stored: Promise<unknown> } {
    const stored = Promise.all([storeBlobs(), this.#store(batch)]).finally(() => this.#storing.delete(batch));
    this.#storing.set(batch, stored);
    return { stored };
  }

  /** Says of each entry whether it is taken, by what is here and what is being stored. */
  async #judge(from: PeerId, batch: EntryBatch): Promise<void> {
    if (batch.given.some(({ entry }) => entry !== null && this.#touchesStoring(entry))) {
      await Promise.allSettled(this.#storing.values());
    }
    await Promise.all(batch.given.map((one) => this.#markKnown(one)));
    for (const one of batch.given) {
      if (one.entry === null || one.isKnown) continue;
      one.isKnown = batch.has(one.entry);
      if (one.isKnown) continue;
      const numbering = numberingOf(one.entry);
      one.refusal = batch.refusedNumberings.get(numbering) ?? (await this.#refusalOf(one.entry, one, batch));
      if (one.refusal === null) batch.accept(one, await this.#options.purgeGuard.stripped(one.entry));
      else batch.refusedNumberings.set(numbering, one.refusal);
    }
    for (const refusal of new Set(batch.refusedNumberings.values())) {
      this.#options.logger.warn(
        { peer: from, code: refusal.code, reason: refusal.message },
        "an entry was refused",
      );
    }
    await this.#noticeOlderSelf(batch);
  }

  /** Whether it can't be judged while others are being stored: it is not merely written behind them. */
  #touchesStoring(entry: Entry): boolean {
    if (entry.body.seq === 1) return this.#storing.size > 0;
    return [...this.#storing.keys()].some(
      (batch) => batch.hasDot(entry) || entry.body.seq <= (batch.lastOf(entry)?.body.seq ?? 0),
    );
  }

  /** Only this node can have signed them; what a peer merely claims to know of it proves nothing. */
  async #noticeOlderSelf(batch: EntryBatch): Promise<void> {
    for (const { entry, isSigned } of batch.given) {
      if (!isSigned || entry?.body.dot.author !== this.#options.self) continue;
      const { author, incarnation } = entry.body.dot;
      await this.#options.olderSelf({ author, incarnation, seq: entry.body.seq });
    }
  }

  async #markKnown(one: Given): Promise<void> {
    if (one.entry !== null) one.isKnown = (await this.#options.entries.get(one.entry.id)) !== undefined;
  }

  async #refusalOf(entry: Entry, one: Given, batch: EntryBatch): Promise<GstoreError | null> {
    try {
      this.#verifier.verify(entry);
      one.isSigned = true;
      this.#checkAuthority(entry);
      await this.#checkNumbering(entry, batch);
      one.unproven = batch.unproven(entry, this.#cutsOf(entry));
      if (one.unproven.length > 0)
        throw refused(entry, "its author was removed, and it leads to no entry left");
      await this.#checkDot(entry, batch);
      return null;
    } catch (error) {
      if (isGstoreError(error, "SIGNATURE_INVALID", "NOT_A_MEMBER", "ENTRY_REFUSED")) return error;
      throw error;
    }
  }

  #cutsOf(entry: Entry): readonly AuthorCut[] {
    return this.#options.members.cutsOf(authorshipOf(entry));
  }

  #checkAuthority(entry: Entry): void {
    const { author } = entry.body.dot;
    const may = this.#options.members.mayAuthor(authorshipOf(entry));
    if (may === "yes") return;
    const why =
      may === "no" ? "may not write to its space" : "wrote under membership records that are not here yet";
    throw new GstoreError("NOT_A_MEMBER", `The author ${author} of an entry ${why}.`, {
      peer: author,
      version: entry.id,
      retryable: may === "unknown",
    });
  }

  /** The entry follows, by number and by hash, the last one of its author that is here or comes before it. */
  async #checkNumbering(entry: Entry, batch: EntryBatch): Promise<void> {
    const { dot, seq, prev } = entry.body;
    const before = batch.lastOf(entry) ?? this.#lastStoring(entry);
    if (before !== undefined) {
      if (before.body.seq + 1 !== seq || before.id !== prev)
        throw refused(entry, "it does not follow the one before it");
      return;
    }
    if (seq === 1) await this.#checkIncarnations(entry);
    const { entries } = this.#options;
    const here = await entries.ofAuthor(dot.author, dot.incarnation, Math.max(1, seq - 1), 2);
    const numbered = (number: number) => here.find(({ body }) => body.seq === number);
    if (numbered(seq) !== undefined) throw refused(entry, `another entry of its author has number ${seq}`);
    const known = numbered(seq - 1);
    if (known === undefined) await this.#checkGap(entry);
    else if (known.id !== prev) throw refused(entry, `it names another entry than number ${seq - 1}`);
  }

  #lastStoring(entry: Entry): Entry | undefined {
    let last: Entry | undefined;
    for (const batch of this.#storing.keys()) last = batch.lastOf(entry) ?? last;
    return last;
  }

  /** An entry before this one that is here and can't be read (it is damaged) leaves no gap. */
  async #checkGap({ id, body }: Entry): Promise<void> {
    const vector = await this.#options.entries.vector();
    const { author, incarnation } = body.dot;
    const last = vector.find((known) => known.author === author && known.incarnation === incarnation);
    if ((last?.seq ?? 0) >= body.seq - 1) return;
    throw refused({ id, body }, `its author's entry ${body.seq - 1} is not here`);
  }

  async #checkIncarnations(entry: Entry): Promise<void> {
    const vector = await this.#options.entries.vector();
    const own = vector.filter(({ author }) => author === entry.body.dot.author).length;
    if (own < INCARNATIONS_PER_AUTHOR_MAX && vector.length < SYNC_VECTOR_MAX) return;
    throw refused(entry, "its author has too many incarnations");
  }

  /** One write has one dot: an author who uses it twice would give a key any number of heads. */
  async #checkDot(entry: Entry, batch: EntryBatch): Promise<void> {
    const { space, keyId, dot } = entry.body;
    const heads = await this.#options.entries.heads(space, keyId);
    const isUsed = heads.some((head) => dotText(head.entry.body.dot) === dotText(dot));
    if (isUsed || batch.hasDot(entry))
      throw refused(entry, "its author has used its dot for another version");
  }

  async #store(batch: EntryBatch): Promise<void> {
    const { entries, clock } = this.#options;
    try {
      await entries.append(batch.accepted, { complete: false });
    } catch (error) {
      if (!isGstoreError(error, "ENTRY_REFUSED")) throw error;
      // Somebody else's message came in between with another entry of the same number.
      await Promise.all(batch.numberings().map((numbering) => this.#storeNumbering(numbering, batch)));
    }
    for (const one of batch.given) if (one.refusal === null && one.entry) clock.observe(one.entry.body.time);
  }

  async #storeNumbering(numbering: string, batch: EntryBatch): Promise<void> {
    const entries = batch.accepted.filter((entry) => numberingOf(entry) === numbering);
    try {
      await this.#options.entries.append(entries, { complete: false });
    } catch (error) {
      if (!isGstoreError(error, "ENTRY_REFUSED")) throw error;
      for (const one of batch.given)
        if (one.entry !== null && entries.includes(one.entry)) one.refusal = error;
    }
  }
}

function authorshipOf({ id, body }: Entry): Authorship {
  const { dot, space, seq, membershipHeads } = body;
  return { author: dot.author, incarnation: dot.incarnation, seq, id, space, membershipHeads };
}

function refused(entry: Pick<Entry, "id" | "body">, reason: string): GstoreError {
  return new GstoreError("ENTRY_REFUSED", `The entry ${entry.id} was refused: ${reason}.`, {
    version: entry.id,
    peer: entry.body.dot.author,
  });
}
