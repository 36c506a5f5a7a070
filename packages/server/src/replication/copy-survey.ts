import {
  type Clock,
  ENTRIES_PER_MESSAGE_MAX,
  type EntryId,
  type EntryRecord,
  HELD_RECEIPTS_VERSIONS_MAX,
  isGstoreError,
  LOOKUP_TIMEOUT_MS,
  type PeerId,
  type PeerNetwork,
  throwIfAborted,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import { Slots } from "../slots.ts";
import { HolderSurvey } from "./holder-survey.ts";
import type { Receipts } from "./receipts.ts";

export interface CopySurveyOptions {
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly receipts: Pick<Receipts, "ask">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** How it is known that a member holds a version: it is this node, it said so itself, or it signed a receipt that others brought. */
export type Proof = "here" | "connected" | "receipt";

/** What was found out about some versions, just now. */
export interface FoundCopies {
  /** Of each version that was asked about. Only members that may hold it. */
  readonly holders: ReadonlyMap<EntryId, ReadonlyMap<PeerId, Proof>>;
  /** Members that said what they hold of it, this node included. */
  readonly answered: ReadonlySet<PeerId>;
}

/** Members asked at once: more would only wait for this node's link. */
const PEERS_AT_ONCE = 32;
/**
 * Receipts are asked for in small questions, each of which may wait for nodes behind other nodes. A survey of many versions
 * spends at most this long (ms) on them.
 */
const RECEIPTS_TIME_MAX_MS = 60_000;

/**
 * Finds out who holds versions now, page by page: the connected members are asked all at once, those that are not
 * connected by receipts through the others. Who has failed to answer is not asked again by the same survey, so that one
 * frozen node delays it once.
 */
export class CopySurvey {
  readonly #options: CopySurveyOptions;
  readonly #survey: HolderSurvey;
  readonly #slots = new Slots(PEERS_AT_ONCE);
  readonly #silent = new Set<PeerId>();
  #receiptsMs = 0;
  #unasked = 0;

  constructor(options: CopySurveyOptions) {
    this.#options = options;
    const { network, members, logger } = options;
    this.#survey = new HolderSurvey({ network, members, logger });
  }

  /** Members that were connected and did not answer. */
  get silent(): ReadonlySet<PeerId> {
    return this.#silent;
  }

  /** Versions for which members out of sight were not asked any more: it had taken too long already. */
  get unasked(): number {
    return this.#unasked;
  }

  /** Asks about at most `ENTRIES_PER_MESSAGE_MAX` versions; about those with `enough` holders nobody out of sight. */
  async find(
    records: readonly EntryRecord[],
    enough: (record: EntryRecord) => number = () => Number.POSITIVE_INFINITY,
  ): Promise<FoundCopies> {
    if (records.length > ENTRIES_PER_MESSAGE_MAX) throw new RangeError("too many versions for one page");
    const { network, members } = this.#options;
    const holders = new Map(records.map(({ entry }) => [entry.id, new Map<PeerId, Proof>()]));
    for (const { entry, complete } of records) {
      if (complete && members.get(network.self) !== undefined)
        holders.get(entry.id)?.set(network.self, "here");
    }
    const answered = new Set([network.self]);
    const connected = network.peers().map(({ peer }) => peer);
    const asked = connected.filter((peer) => members.get(peer) !== undefined && !this.#silent.has(peer));
    await Promise.all(
      asked.map(async (peer) => {
        const held = await this.#heldBy(peer, records);
        if (held === null) return void this.#silent.add(peer);
        answered.add(peer);
        for (const version of held) holders.get(version)?.set(peer, "connected");
      }),
    );
    await this.#askReceipts(records, { holders, answered, enough });
    return { holders, answered };
  }

  /** Null where it does not answer. */
  async #heldBy(peer: PeerId, records: readonly EntryRecord[]): Promise<Set<EntryId> | null> {
    const { logger, signal } = this.#options;
    const release = await this.#slots.take(signal);
    try {
      const versions = records.map(({ entry }) => entry);
      return await this.#survey.heldBy(peer, versions, { signal, timeoutMs: LOOKUP_TIMEOUT_MS });
    } catch (error) {
      if (signal.aborted || !isGstoreError(error)) throw error;
      logger.debug({ peer, code: error.code }, "a peer could not be asked what it holds");
      return null;
    } finally {
      release();
    }
  }

  async #askReceipts(
    records: readonly EntryRecord[],
    {
      holders,
      answered,
      enough,
    }: {
      readonly holders: ReadonlyMap<EntryId, Map<PeerId, Proof>>;
      readonly answered: ReadonlySet<PeerId>;
      readonly enough: (record: EntryRecord) => number;
    },
  ): Promise<void> {
    const { members, receipts, clock, signal } = this.#options;
    // Without a member that answers there is nobody who could bring any.
    if (answered.size < 2) return;
    const short = records.filter((record) => {
      const known = holders.get(record.entry.id) as Map<PeerId, Proof>;
      const { space } = record.entry.body;
      return known.size < enough(record) && members.holdersOf(space).some((peer) => !answered.has(peer));
    });
    for (let at = 0; at < short.length; at += HELD_RECEIPTS_VERSIONS_MAX) {
      throwIfAborted(signal);
      const some = short.slice(at, at + HELD_RECEIPTS_VERSIONS_MAX).map(({ entry }) => entry);
      if (this.#receiptsMs >= RECEIPTS_TIME_MAX_MS) {
        this.#unasked += some.length;
        continue;
      }
      const begun = clock.monotonic();
      const question = some.map(({ id }) => id);
      const spaces = new Map(some.map(({ id, body }) => [id, body.space]));
      for (const { holder, versions } of await receipts.ask(question, { besides: this.#silent, signal })) {
        for (const version of versions) {
          const known = holders.get(version) as Map<PeerId, Proof>;
          const space = spaces.get(version);
          const isNews = space !== undefined && members.mayHold(holder, space) && !known.has(holder);
          if (isNews) known.set(holder, "receipt");
        }
      }
      this.#receiptsMs += clock.monotonic() - begun;
    }
  }
}
