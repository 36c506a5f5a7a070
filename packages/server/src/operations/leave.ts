import { type EntryRecord, GstoreError, type PeerId, throwIfAborted } from "@gstore/core";
import type { LeaveOptions, LeaveProgress, LeaveReport } from "../api.ts";
import type { NodeParts } from "../node-parts.ts";
import { pause } from "../pause.ts";
import { HandOver } from "../replication/hand-over.ts";
import { HolderSurvey } from "../replication/holder-survey.ts";
import { shownVersions } from "./find-version.ts";
import { leaveRefusal } from "./leave-refusal.ts";
import { type Candidates, soleCandidates } from "./sole-candidates.ts";
import { Tally } from "./tally.ts";

/**
 * Takes this node out of the network, after it has handed over what only it holds. See `GstoreNode.leave`.
 *
 * 1. No member may count on copies here any more, and what was promised to some has run out.
 * 2. All that is here is looked through, and the connected members are asked: what do only we hold?
 * 3. That is handed over, while reading and writing go on.
 * 4. Writing is closed, and what was written meanwhile is handed over.
 * 5. Where nothing is left that only this node holds, or that was accepted, the record of leaving is written.
 */
export async function leaveNetwork(parts: NodeParts, options: LeaveOptions): Promise<LeaveReport> {
  const { members, network, administration, replication, clock, writes, stopping } = parts;
  const assertMember = (): void => {
    if (members.get(network.self) !== undefined) return;
    throw new GstoreError("NOT_A_MEMBER", "This node is no member of the network any more.");
  };
  assertMember();
  const signal = options.signal === undefined ? stopping : AbortSignal.any([options.signal, stopping]);
  throwIfAborted(signal);
  const resumeLeases = replication.leases.suspend();
  try {
    const promisedMs = replication.leases.runMs();
    if (promisedMs > 0) await pause(clock, promisedMs, signal);
    const departure = new Departure(parts, signal, options.onProgress ?? (() => {}));
    const total = await departure.survey();
    const lookedTo = await departure.handOver({ afterArrival: 0, total });
    await writes.close(signal);
    try {
      await departure.handOver({ afterArrival: lookedTo, total: { versions: 0, bytes: 0 } });
      throwIfAborted(signal);
      // It may have been removed meanwhile.
      assertMember();
      if (options.force !== true) departure.assertNothingIsLost();
      await administration.leave();
      return departure.report();
    } finally {
      writes.open();
    }
  } finally {
    resumeLeases();
  }
}

/** What a departure finds and gets done. Its memory does not grow with what the node holds. */
class Departure {
  readonly #parts: NodeParts;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: LeaveProgress) => void;
  readonly #survey: HolderSurvey;
  readonly #kept: Tally;
  readonly #handedOver: Tally;
  readonly #onlyHere: Tally;
  /** Members that may hold something of what is on no other node. */
  readonly #mayTake = new Set<PeerId>();

  constructor(parts: NodeParts, signal: AbortSignal, onProgress: (progress: LeaveProgress) => void) {
    this.#parts = parts;
    this.#signal = signal;
    this.#onProgress = onProgress;
    const { network, members, logger } = parts;
    this.#survey = new HolderSurvey({ network, members, logger });
    this.#kept = new Tally(parts.spaces);
    this.#handedOver = new Tally(parts.spaces);
    this.#onlyHere = new Tally(parts.spaces);
  }

  /** Counts what no other member holds. */
  async survey(): Promise<{ versions: number; bytes: number }> {
    const sole = new Tally(this.#parts.spaces);
    let versions = 0;
    for await (const page of this.#pages(0)) {
      for (const record of await this.#soleOf(page)) sole.add(record.entry);
      versions += page.looked;
      this.#onProgress({ stage: "checking", versions, versionsTotal: this.#parts.disk.entries.count() });
    }
    return { versions: sole.versions, bytes: sole.bytes };
  }

  /** Hands over what no other member holds; gives the arrival up to which all was looked at. */
  async handOver(run: {
    readonly afterArrival: number;
    readonly total: { readonly versions: number; readonly bytes: number };
  }): Promise<number> {
    const { afterArrival, total } = run;
    const { network, placement, fullPeers, clock, logger, disk, replication } = this.#parts;
    const { versions: versionsTotal, bytes: bytesTotal } = total;
    const tell = (bytes: number): void =>
      this.#onProgress({
        ...{ stage: "handing over", versions: this.#handedOver.versions, versionsTotal },
        ...{ bytes: Math.min(bytes, bytesTotal), bytesTotal },
      });
    const { held } = replication;
    const handOver = new HandOver(
      { network, placement, fullPeers, clock, logger, blobs: disk.blobs, held, survey: this.#survey },
      { signal: this.#signal, onBytes: tell },
    );
    let lookedTo = afterArrival;
    for await (const page of this.#pages(afterArrival)) {
      const sole = await this.#soleOf(page);
      const left = new Set(await handOver.give(sole.map(({ entry }) => entry)));
      for (const record of page.held) this.#kept.addRecord(record);
      for (const record of sole) {
        (left.has(record.entry) ? this.#onlyHere : this.#handedOver).addRecord(record);
        if (left.has(record.entry)) this.#noteWhoMayTake(record);
      }
      lookedTo = page.lastArrival;
    }
    return lookedTo;
  }

  assertNothingIsLost(): void {
    if (this.#onlyHere.versions > 0) throw leaveRefusal(this.#parts, this.#onlyHere, this.#mayTake);
  }

  report(): LeaveReport {
    return {
      handedOver: this.#handedOver.counts(),
      onlyHere: { ...this.#onlyHere.counts(), keys: this.#onlyHere.keys },
      kept: this.#kept.counts(),
    };
  }

  #pages(afterArrival: number): AsyncGenerator<Candidates> {
    const { disk, history } = this.#parts;
    const stores = { ...disk, history, shown: shownVersions(this.#parts) };
    return soleCandidates(stores, { afterArrival, signal: this.#signal });
  }

  async #soleOf({ held }: Candidates): Promise<EntryRecord[]> {
    const entries = held.map(({ entry }) => entry);
    const holders = await this.#survey.holders(entries, { enough: 1, signal: this.#signal });
    return held.filter(({ entry }) => (holders.get(entry.id) as PeerId[]).length === 0);
  }

  #noteWhoMayTake({ entry }: EntryRecord): void {
    const { members, network } = this.#parts;
    for (const { peer } of members.all())
      if (peer !== network.self && members.mayHold(peer, entry.body.space)) this.#mayTake.add(peer);
  }
}
