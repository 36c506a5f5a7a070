import {
  type Entry,
  type EntryId,
  type EntryRecord,
  GstoreError,
  LIST_PAGE_MAX,
  type PeerId,
  POLICY_COPIES_MAX,
  throwIfAborted,
} from "@gstore/core";
import type { DrainOptions, DrainReport } from "../copies-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { pause } from "../pause.ts";
import type { CopySurvey } from "../replication/copy-survey.ts";
import { HandOver } from "../replication/hand-over.ts";
import { HolderSurvey } from "../replication/holder-survey.ts";
import { Count } from "./copy-tally.ts";
import { shownVersions } from "./find-version.ts";
import { Tally } from "./tally.ts";
import { surveyOf } from "./whereis.ts";

/** Who is not connected to this node fetches by itself; looked at this often (ms), as long as it was not for nothing for so long. */
const LOOK_MS = 1000;
const PATIENCE_MS = 20_000;

/** See `CopiesOperations.drain`. */
export async function drain(parts: NodeParts, options: DrainOptions): Promise<DrainReport> {
  const { members, network, stopping, administration } = parts;
  const known = members.get(network.self);
  if (known === undefined)
    throw new GstoreError("NOT_A_MEMBER", "This node is no member of the network any more.");
  const signal = options.signal === undefined ? stopping : AbortSignal.any([options.signal, stopping]);
  throwIfAborted(signal);
  if (!known.isDraining) await administration.stateAttributes(network.self, { ...known, isDraining: true });
  return await new Drain(parts, options, signal).run();
}

/** One draining of this node. Its memory is that of a page of versions. */
class Drain {
  readonly #parts: NodeParts;
  readonly #options: DrainOptions;
  readonly #signal: AbortSignal;
  readonly #survey: CopySurvey;
  readonly #without: ReadonlySet<PeerId>;
  readonly #held = new Count();
  readonly #handedOver = new Count();
  readonly #short: Tally;
  /** Waited in vain since others last came to hold something (ms). */
  #waitedMs = 0;
  #looked = 0;
  #bytes = 0;

  constructor(parts: NodeParts, options: DrainOptions, signal: AbortSignal) {
    this.#parts = parts;
    this.#options = options;
    this.#signal = signal;
    this.#survey = surveyOf(parts, options.signal);
    this.#without = new Set([parts.network.self]);
    this.#short = new Tally(parts.spaces);
  }

  async run(): Promise<DrainReport> {
    const { network, members, placement, history, fullPeers, clock, logger, disk, replication } = this.#parts;
    const survey = new HolderSurvey({ network, members, logger });
    const handOver = new HandOver(
      { network, placement, fullPeers, clock, logger, blobs: disk.blobs, held: replication.held, survey },
      { signal: this.#signal, onBytes: (bytes) => this.#tell(bytes) },
    );
    const shown = shownVersions(this.#parts);
    for (let after = 0; ; ) {
      throwIfAborted(this.#signal);
      const page = await disk.entries.since(after, LIST_PAGE_MAX);
      const last = page.at(-1);
      if (last === undefined) break;
      // What does not count others would refuse; a removal is a mere entry, which all members get.
      const held: EntryRecord[] = [];
      for (const record of page) {
        const isHeld = record.complete && record.entry.body.op === "put" && shown.counts(record);
        // What the others have given up, or will before it is with them, goes with this node.
        if (isHeld && !(await history.isPast(record))) held.push(record);
      }
      await this.#handOver(held, handOver);
      this.#looked += page.length;
      this.#tell();
      after = last.arrival;
    }
    const { files: versions, bytes } = this.#short.counts();
    return {
      ...{ held: this.#held.counted, handedOver: this.#handedOver.counted },
      ...{ short: { versions, bytes }, shortKeys: this.#short.keys },
    };
  }

  /** Has others make copies of a page's versions, one of each at a time, until there are enough or nobody takes more. */
  async #handOver(page: readonly EntryRecord[], handOver: HandOver): Promise<void> {
    for (const { entry } of page) this.#held.add(entry.body.storedBytes);
    const given = new Set<Entry>();
    let open = page;
    for (let round = 0; ; round++) {
      const { short, holders } = await this.#lacking(open);
      const left = round < POLICY_COPIES_MAX ? new Set(await handOver.give(short, holders)) : new Set(short);
      for (const entry of await this.#waitFor(page.filter(({ entry }) => left.has(entry))))
        this.#short.add(entry);
      const taken = new Set(short.filter((entry) => !left.has(entry)));
      open = open.filter(({ entry }) => taken.has(entry));
      for (const { entry } of open) given.add(entry);
      if (open.length === 0) break;
    }
    for (const entry of given) this.#handedOver.add(entry.body.storedBytes);
  }

  /**
   * What no connected member takes is fetched by others that are placed now, from whoever they are connected to. Gives what
   * these did not come to hold.
   */
  async #waitFor(records: readonly EntryRecord[]): Promise<Entry[]> {
    for (let open = records; open.length > 0; ) {
      const short = new Set((await this.#lacking(open)).short);
      if (short.size < open.length) this.#waitedMs = 0;
      open = open.filter(({ entry }) => short.has(entry));
      if (!open.some(({ entry }) => this.#hasOthersInReach(entry)) || this.#waitedMs >= PATIENCE_MS)
        return [...short];
      await pause(this.#parts.clock, LOOK_MS, this.#signal);
      this.#waitedMs += LOOK_MS;
    }
    return [];
  }

  /** Whether a member should hold it without this node that this one has no connection to, but perhaps another one has. */
  #hasOthersInReach({ body }: Entry): boolean {
    const { network, placement } = this.#parts;
    const connected = new Set(network.peers().map(({ peer }) => peer));
    if (connected.size === 0) return false;
    return placement.holders(body, { without: this.#without }).some((peer) => !connected.has(peer));
  }

  /** Those of which others hold too few copies, and who holds these. */
  async #lacking(
    records: readonly EntryRecord[],
  ): Promise<{ readonly short: Entry[]; readonly holders: Map<EntryId, PeerId[]> }> {
    const { placement, network } = this.#parts;
    const wanted = ({ entry }: EntryRecord): number =>
      placement.wanted(entry.body, { without: this.#without }).copies;
    // This node is one of those that are found.
    const found = await this.#survey.find(records, (record) => wanted(record) + 1);
    const others = ({ entry }: EntryRecord): Set<PeerId> => {
      const holders = new Set(found.holders.get(entry.id)?.keys());
      return new Set(
        [...holders].filter((peer) => peer !== network.self && placement.counts(peer, entry.body)),
      );
    };
    const short = records.filter((record) => others(record).size < wanted(record));
    return {
      short: short.map(({ entry }) => entry),
      holders: new Map(short.map((record) => [record.entry.id, [...others(record)]])),
    };
  }

  #tell(bytes = this.#bytes): void {
    this.#bytes = bytes;
    const versionsTotal = this.#parts.disk.entries.count();
    this.#options.onProgress?.({ versions: this.#looked, versionsTotal, bytes });
  }
}
