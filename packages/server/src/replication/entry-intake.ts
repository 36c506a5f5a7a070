import {
  decodeEntry,
  type Entry,
  type EntryStore,
  GstoreError,
  isGstoreError,
  type PeerId,
} from "@gstore/core";
import { EntryVerifier } from "@gstore/crypto";
import type { HybridClock } from "../hybrid-clock.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../members.ts";

export interface EntryIntakeOptions {
  readonly entries: EntryStore;
  readonly members: Members;
  readonly clock: HybridClock;
  readonly logger: Logger;
}

export interface IntakeResult {
  /** Decoded and allowed, in the order given. */
  readonly entries: readonly Entry[];
  /** Those that were not here before. */
  readonly fresh: readonly Entry[];
}

/** The one door for entries from other members: decoded, signature and authority checked, stored, in this order. */
export class EntryIntake {
  readonly #options: EntryIntakeOptions;
  readonly #verifier = new EntryVerifier();

  constructor(options: EntryIntakeOptions) {
    this.#options = options;
  }

  /**
   * Takes entries of any authors, each author's in order of seq. Resolves once they are synced. Rejects with
   * `ENTRY_REFUSED` for a gap or a fork in an author's numbering, `NOT_A_MEMBER` for an author who may not write here,
   * `SIGNATURE_INVALID`, `INVALID_FORMAT`; then none of them was stored.
   */
  async take(from: PeerId, list: readonly Uint8Array[]): Promise<IntakeResult> {
    const entries = list.map(decodeEntry);
    const known = await Promise.all(entries.map(({ id }) => this.#options.entries.get(id)));
    const fresh = entries.filter((_, index) => known[index] === undefined);
    for (const entry of fresh) this.#check(from, entry);
    await this.#options.entries.append(fresh, { complete: false });
    for (const entry of fresh) this.#options.clock.observe(entry.body.time);
    return { entries, fresh };
  }

  #check(from: PeerId, entry: Entry): void {
    const { members, logger } = this.#options;
    try {
      this.#verifier.verify(entry);
    } catch (error) {
      if (isGstoreError(error, "SIGNATURE_INVALID"))
        logger.warn({ peer: from }, "a peer sent an entry with a wrong signature");
      throw error;
    }
    const { author } = entry.body.dot;
    if (members.mayWrite(author, entry.body.space)) return;
    throw new GstoreError("NOT_A_MEMBER", `The author ${author} of an entry may not write to its space.`, {
      peer: author,
      version: entry.id,
      retryable: true,
    });
  }
}
