import {
  type Clock,
  type Entry,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  isGstoreError,
  type PeerId,
  type PeerNetwork,
  type Random,
} from "@gstore/core";
import { encodeStoreFile } from "@gstore/p2p";
import type { History } from "../collection/history.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { HeldVersions } from "../replication/held-versions.ts";
import type { HolderSurvey } from "../replication/holder-survey.ts";
import type { Challenger, Verdict } from "./challenger.ts";
import type { Distrust } from "./distrust.ts";
import {
  AUDIT_BEFORE_END_MS,
  AUDIT_FAILURES_SHOWN,
  AUDIT_PAGE_ENTRIES,
  AUDIT_PAGES,
  AUDIT_SAMPLE_MAX,
  AUDIT_VERSIONS,
} from "./limits.ts";
import type { AuditFailure, AuditStatus } from "./repair-api.ts";

export interface AuditsOptions {
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly entries: EntryStore;
  readonly history: Pick<History, "isPast">;
  readonly held: HeldVersions;
  readonly survey: HolderSurvey;
  readonly challenger: Challenger;
  readonly distrust: Distrust;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A member does not hold a version that it said it holds. */
  readonly failed: (version: EntryId) => void;
}

/** Makes other holders prove what they say they hold: versions and blobs by chance, and takes note of what comes of it. */
export class Audits {
  readonly #options: AuditsOptions;
  readonly #counts = { proved: 0, failed: 0, unanswered: 0 };
  readonly #failures: AuditFailure[] = [];
  #lastMs: number | null = null;

  constructor(options: AuditsOptions) {
    this.#options = options;
  }

  status(): AuditStatus {
    return { ...this.#counts, lastMs: this.#lastMs, failures: [...this.#failures] };
  }

  /** Audits the holders of some versions that are here, and those that failed before. Rejects only when the signal fires. */
  async round(signal: AbortSignal): Promise<void> {
    const { network, members, survey, entries, distrust, logger } = this.#options;
    this.#lastMs = this.#options.clock.now();
    const picked = await this.#pick();
    for (const { peer, version } of distrust.some(AUDIT_VERSIONS)) {
      const record = await entries.get(version);
      if (record !== undefined && (await this.#isToBeProved(record)) && isConnected(network, peer))
        await this.audit(peer, record.entry, signal);
    }
    if (picked.length === 0) return;
    for (const { peer } of network.peers()) {
      if (members.get(peer) === undefined) continue;
      try {
        const claimed = await survey.heldBy(peer, picked, { signal });
        for (const entry of picked) {
          const isOpen = claimed.has(entry.id) && !distrust.has(peer, entry.id);
          if (isOpen) await this.audit(peer, entry, signal);
        }
      } catch (error) {
        if (signal.aborted || !isGstoreError(error)) throw error;
        logger.debug({ peer, code: error.code }, "a peer could not be audited");
      }
    }
  }

  /** Makes one holder prove a sample of one version that is here whole. Who does not answer is neither trusted nor distrusted. */
  async audit(
    peer: PeerId,
    entry: Entry,
    signal: AbortSignal,
    sampleMax: number = AUDIT_SAMPLE_MAX,
  ): Promise<Verdict> {
    const { challenger, distrust } = this.#options;
    const digests = await challenger.sample(entry, sampleMax);
    const verdict = await challenger.challenge(peer, { space: entry.body.space, digests }, signal);
    if (verdict === "proved") {
      this.#counts.proved++;
      distrust.remove(peer, entry.id);
    } else if (verdict === "unknown") {
      this.#counts.unanswered++;
    } else {
      this.#fail(peer, entry, verdict);
    }
    return verdict;
  }

  #fail(peer: PeerId, entry: Entry, reason: "missing" | "wrong"): void {
    const { members, held, distrust, clock, logger, failed } = this.#options;
    this.#counts.failed++;
    const holder = { peer, name: members.nameOf(peer) };
    this.#failures.push({ holder, version: entry.id, reason, atMs: clock.now() });
    if (this.#failures.length > AUDIT_FAILURES_SHOWN) this.#failures.shift();
    const isNews = !distrust.has(peer, entry.id);
    distrust.add(peer, entry.id);
    held.forget(entry.id, peer);
    if (!isNews) return;
    logger.warn(
      { peer, name: holder.name, version: entry.id, reason },
      "a node could not prove that it has a version that it said it holds: it is not counted as a holder",
    );
    // It may have lost it without noticing: asked to hold it, an honest node looks, and fetches what it lacks.
    if (reason === "missing") void this.#askAgain(peer, entry);
    failed(entry.id);
  }

  async #askAgain(peer: PeerId, entry: Entry): Promise<void> {
    const { network, logger } = this.#options;
    try {
      await network.request(
        peer,
        "entries",
        encodeStoreFile({ entries: [entry.bytes], hold: [0], blobs: [] }),
      );
    } catch (error) {
      logger.debug({ peer, error: String(error) }, "a node could not be asked to hold a version anew");
    }
  }

  /** Versions by chance of which this node holds a copy: some out of each of a few pages by chance. */
  async #pick(): Promise<Entry[]> {
    const { entries, random } = this.#options;
    const picked = new Map<EntryId, Entry>();
    for (let page = 0; page < AUDIT_PAGES; page++) {
      // Behind the blobs of a large file its entry is the more likely to be picked.
      const after = random.below(Math.max(1, entries.lastArrival()));
      const records = await entries.since(after, AUDIT_PAGE_ENTRIES);
      const isToBeProved = await Promise.all(records.map((record) => this.#isToBeProved(record)));
      const held = records.filter((_, index) => isToBeProved[index]);
      for (let count = 0; count < AUDIT_VERSIONS / AUDIT_PAGES && held.length > 0; count++) {
        const [record] = held.splice(random.below(held.length), 1);
        if (record !== undefined) picked.set(record.entry.id, record.entry);
      }
    }
    return [...picked.values()];
  }

  /** Not what a holder may give up, by its clock, between saying that it has it and being asked to prove it. */
  async #isToBeProved(record: EntryRecord): Promise<boolean> {
    if (!record.complete || record.entry.body.content === null) return false;
    return !(await this.#options.history.isPast(record, AUDIT_BEFORE_END_MS));
  }
}

function isConnected(network: PeerNetwork, peer: PeerId): boolean {
  return network.peers().some((connected) => connected.peer === peer);
}
