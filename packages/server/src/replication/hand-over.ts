import {
  type BlobStore,
  type Clock,
  ENTRIES_PER_MESSAGE_MAX,
  type Entry,
  type EntryId,
  INLINE_BLOBS_BYTES_MAX,
  isGstoreError,
  type PeerId,
  type PeerNetwork,
  throwIfAborted,
} from "@gstore/core";
import { decodeStoreFileAnswer, encodeStoreFile, type StoreOutcome } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import { pause } from "../pause.ts";
import type { FullPeers } from "../placement/full-peers.ts";
import type { Placement } from "../placement/placement.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { HeldVersions } from "./held-versions.ts";
import type { HolderSurvey } from "./holder-survey.ts";

export interface HandOverOptions {
  readonly network: PeerNetwork;
  readonly blobs: BlobStore;
  readonly placement: Pick<Placement, "takers">;
  readonly fullPeers: FullPeers;
  readonly held: HeldVersions;
  readonly survey: HolderSurvey;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface HandOverRun {
  readonly signal: AbortSignal;
  /** Bytes of versions that others hold now, those on their way included; never goes back. */
  readonly onBytes: (bytes: number) => void;
}

/** Versions on their way to one member: so many, of so many bytes in sum unless it is only one. */
const WINDOW_BYTES_MAX = 32 * 1024 * 1024;
const MESSAGE_ENTRY_BYTES_MAX = 2 * INLINE_BLOBS_BYTES_MAX;
/** Notes of what was held are looked at this often (ms), and every so many times the member is asked about the rest too. */
const LOOK_MS = 250;
const LOOKS_PER_QUESTION = 8;
/** A member that has taken nothing for this long (ms) is too slow, or has no room after all: another one is asked. */
const STALL_MS = 60_000;

/**
 * Gives versions of which this node holds a copy to other members: each is asked to hold some, fetches their blobs from
 * here, and says when it has synced them. Who is asked first is the placement's to say.
 */
export class HandOver {
  readonly #options: HandOverOptions;
  readonly #run: HandOverRun;
  /** Members that took nothing when they were asked. */
  readonly #givenUp = new Set<PeerId>();
  #confirmedBytes = 0;
  readonly #partialBytes = new Map<PeerId, number>();
  #toldBytes = 0;

  constructor(options: HandOverOptions, run: HandOverRun) {
    this.#options = options;
    this.#run = run;
  }

  /**
   * Resolves with the versions that no connected member took; rejects when the signal fires. Who is `passedOver` for a
   * version is not asked.
   */
  async give(
    versions: readonly Entry[],
    passedOver: ReadonlyMap<EntryId, readonly PeerId[]> = new Map(),
  ): Promise<Entry[]> {
    const left: Entry[] = [];
    let open = versions.map((entry) => ({ entry, refusedBy: new Set(passedOver.get(entry.id)) }));
    while (open.length > 0) {
      const targets = Map.groupBy(open, (one) => this.#targetOf(one));
      left.push(...(targets.get(null) ?? []).map(({ entry }) => entry));
      targets.delete(null);
      const refused = [...targets].map(async ([peer, some]) => {
        const untaken = new Set(
          await this.#giveTo(
            peer as PeerId,
            some.map(({ entry }) => entry),
          ),
        );
        const again = some.filter(({ entry }) => untaken.has(entry));
        for (const { refusedBy } of again) refusedBy.add(peer as PeerId);
        return again;
      });
      open = (await Promise.all(refused)).flat();
    }
    return left;
  }

  #targetOf({ entry, refusedBy }: { entry: Entry; refusedBy: ReadonlySet<PeerId> }): PeerId | null {
    const { network, placement } = this.#options;
    const connected = new Set(network.peers().map(({ peer }) => peer));
    const isReady = (peer: PeerId): boolean =>
      connected.has(peer) && !refusedBy.has(peer) && !this.#givenUp.has(peer);
    return placement.takers(entry.body).find(isReady) ?? null;
  }

  /** Gives what one member did not take. */
  async #giveTo(peer: PeerId, versions: readonly Entry[]): Promise<Entry[]> {
    const untaken: Entry[] = [];
    for (const window of windowsOf(versions)) {
      throwIfAborted(this.#run.signal);
      if (this.#givenUp.has(peer)) untaken.push(...window);
      else untaken.push(...(await this.#giveWindow(peer, window)));
    }
    return untaken;
  }

  async #giveWindow(peer: PeerId, window: readonly Entry[]): Promise<Entry[]> {
    const { clock, logger } = this.#options;
    const open = new Map(window.map((entry) => [entry.id, entry]));
    const refused: Entry[] = [];
    const bytes = new HeldBytes(this.#options, peer, window);
    let isAsked = false;
    let lastMs = clock.monotonic();
    let lastDone = 0;
    for (let look = 1; open.size > 0; look++) {
      try {
        if (!isAsked) {
          for (const entry of await this.#ask(peer, open)) refused.push(entry);
          isAsked = true;
        }
        this.#confirm(open, await this.#heldOf(peer, open, look % LOOKS_PER_QUESTION === 0));
        if (look % LOOKS_PER_QUESTION === 0) {
          const heldBytes = await bytes.count(this.#run.signal);
          const confirmed = window.filter(({ id }) => !open.has(id));
          this.#partialBytes.set(peer, Math.max(0, heldBytes - storedBytesOf(confirmed)));
        }
      } catch (error) {
        if (this.#run.signal.aborted || !isGstoreError(error)) throw error;
        logger.debug({ peer, code: error.code }, "a peer failed while versions were handed over to it");
      }
      const done = window.length - open.size + bytes.counted;
      if (done > lastDone) [lastDone, lastMs] = [done, clock.monotonic()];
      this.#tell();
      if (open.size === 0) break;
      if (clock.monotonic() - lastMs >= STALL_MS || !this.#isConnected(peer)) {
        logger.info({ peer, versions: open.size }, "a peer took no more of what was handed over to it");
        this.#givenUp.add(peer);
        break;
      }
      await pause(clock, LOOK_MS, this.#run.signal);
    }
    this.#partialBytes.delete(peer);
    return [...refused, ...open.values()];
  }

  /** Asks a member to hold versions; gives those it refused, which are open no more. */
  async #ask(peer: PeerId, open: Map<EntryId, Entry>): Promise<Entry[]> {
    const { network, fullPeers } = this.#options;
    const refused: Entry[] = [];
    for (const some of messagesOf([...open.values()])) {
      const entries = some.map((entry) => entry.bytes);
      const message = encodeStoreFile({ entries, hold: some.map((_, index) => index), blobs: [] });
      const answer = await network.request(peer, "entries", message, { signal: this.#run.signal });
      const outcomes: readonly StoreOutcome[] = decodeStoreFileAnswer(answer, some.length);
      this.#confirm(open, new Set(some.filter((_, index) => outcomes[index] === "held").map(({ id }) => id)));
      if (outcomes.includes("full")) fullPeers.add(peer);
      const isRefused = (outcome: StoreOutcome | undefined) => outcome === "refused" || outcome === "full";
      for (const entry of some.filter((_, index) => isRefused(outcomes[index]))) {
        open.delete(entry.id);
        refused.push(entry);
      }
    }
    return refused;
  }

  async #heldOf(
    peer: PeerId,
    open: ReadonlyMap<EntryId, Entry>,
    isToBeAsked: boolean,
  ): Promise<Set<EntryId>> {
    const { held, survey } = this.#options;
    const isNoted = ({ id }: Entry): boolean => held.holders(id).includes(peer);
    // A note says when to ask. What is taken for held here, its last copy may leave this node: it may have gone since.
    const asked = isToBeAsked ? [...open.values()] : [...open.values()].filter(isNoted);
    if (asked.length === 0) return new Set();
    const found = await survey.heldBy(peer, asked, { signal: this.#run.signal });
    for (const { id } of asked) if (!found.has(id)) held.forget(id, peer);
    return found;
  }

  #confirm(open: Map<EntryId, Entry>, versions: ReadonlySet<EntryId>): void {
    for (const version of versions) {
      this.#confirmedBytes += open.get(version)?.body.storedBytes ?? 0;
      open.delete(version);
    }
  }

  #tell(): void {
    const partial = [...this.#partialBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#toldBytes = Math.max(this.#toldBytes, this.#confirmedBytes + partial);
    this.#run.onBytes(this.#toldBytes);
  }

  #isConnected(peer: PeerId): boolean {
    return this.#options.network.peers().some((connected) => connected.peer === peer);
  }
}

function storedBytesOf(versions: readonly Entry[]): number {
  return versions.reduce((sum, { body }) => sum + body.storedBytes, 0);
}

function* windowsOf(versions: readonly Entry[]): Generator<Entry[]> {
  for (const some of Map.groupBy(versions, ({ body }) => body.space).values())
    yield* cut(some, ({ body }) => body.storedBytes, WINDOW_BYTES_MAX);
}

function messagesOf(versions: readonly Entry[]): Iterable<Entry[]> {
  return cut(versions, ({ bytes }) => bytes.length, MESSAGE_ENTRY_BYTES_MAX);
}

/** Cuts a list into parts of at most so many, and so much in sum unless it is one alone. */
function* cut(versions: readonly Entry[], sizeOf: (entry: Entry) => number, max: number): Generator<Entry[]> {
  let part: Entry[] = [];
  let size = 0;
  for (const entry of versions) {
    if (part.length > 0 && (part.length >= ENTRIES_PER_MESSAGE_MAX || size + sizeOf(entry) > max)) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(entry);
    size += sizeOf(entry);
  }
  if (part.length > 0) yield part;
}
