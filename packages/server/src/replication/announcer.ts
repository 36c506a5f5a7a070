import {
  type Clock,
  type Entry,
  type EntryId,
  INLINE_BLOBS_BYTES_MAX,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import { decodeStoreFileAnswer, encodeStoreFile } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import { WorkLoop } from "../work-loop.ts";
import type { InlineBlob } from "./blob-push.ts";
import { numberingOf } from "./entry-batch.ts";

export interface Announcement {
  readonly entry: Entry;
  /** Whether the peer is asked to hold a copy. */
  readonly hold: boolean;
  /** Blobs of a small file, for a peer that shall hold it. */
  readonly blobs: readonly InlineBlob[];
}

export interface AnnouncerOptions {
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A member answered that it holds these versions. */
  readonly heldBy: (versions: readonly EntryId[], holder: PeerId) => void;
  /** A member that was asked to hold these has no room for them. */
  readonly refusedFull: (entries: readonly Entry[], peer: PeerId) => void;
}

/** Announcements waiting for one peer. Above it all but the newest of each author go. */
const QUEUE_MAX = 8192;
const QUEUE_BLOB_BYTES_MAX = 16 * INLINE_BLOBS_BYTES_MAX;
/** Bytes of entries in one message besides the blobs. */
const MESSAGE_ENTRY_BYTES_MAX = 2 * INLINE_BLOBS_BYTES_MAX;
/** Messages that a peer has not answered: while it stores one the next one is made and travels. */
const UNANSWERED_MAX = 2;
/** Entries in one message. More would make the two nodes wait for each other by turns. */
const MESSAGE_ENTRIES_MAX = 32;
/** After an announcement that failed while the peer stays connected nothing is announced for this long (ms). */
const RETRY_MS = 1000;

/** Tells connected members of new entries, to each in order, many in one message when they come faster than the answers. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #lanes = new Map<PeerId, AnnouncementLane>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Queues an announcement; it is sent as soon as the peer's last one is answered. */
  announce(peer: PeerId, announcement: Announcement): void {
    let lane = this.#lanes.get(peer);
    if (lane === undefined) {
      lane = new AnnouncementLane(this.#options, peer);
      this.#lanes.set(peer, lane);
    }
    lane.add(announcement);
  }

  /** Forgets what was to be told to a peer that is gone: it catches up when it is back. */
  forget(peer: PeerId): void {
    this.#lanes.get(peer)?.stop();
    this.#lanes.delete(peer);
  }
}

class AnnouncementLane {
  readonly #options: AnnouncerOptions;
  readonly #peer: PeerId;
  readonly #loop = new WorkLoop(() => this.#sendAll());
  readonly #unanswered = new Set<Promise<void>>();
  #queue: Announcement[] = [];
  #blobBytes = 0;
  /** After a failure nothing is sent for a while. */
  #isPaused = false;
  #stopped = false;

  constructor(options: AnnouncerOptions, peer: PeerId) {
    this.#options = options;
    this.#peer = peer;
  }

  add(announcement: Announcement): void {
    const bytes = blobBytesOf(announcement);
    if (this.#queue.length >= QUEUE_MAX || this.#blobBytes + bytes > QUEUE_BLOB_BYTES_MAX)
      this.#keepNewest(this.#queue);
    this.#queue.push(announcement);
    this.#blobBytes += bytes;
    void this.#loop.run();
  }

  stop(): void {
    this.#stopped = true;
    this.#keepNewest([]);
  }

  /** Leaves the newest entry of each numbering: the gap makes the peer ask for those before it. */
  #keepNewest(announcements: readonly Announcement[]): void {
    const newest = new Map<string, Announcement>();
    for (const announcement of announcements) {
      const numbering = numberingOf(announcement.entry);
      const seq = newest.get(numbering)?.entry.body.seq ?? 0;
      if (announcement.entry.body.seq > seq) newest.set(numbering, { ...announcement, blobs: [] });
    }
    this.#queue = [...newest.values()];
    this.#blobBytes = 0;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isPaused && !this.#stopped) {
      if (this.#unanswered.size >= UNANSWERED_MAX) {
        await Promise.race(this.#unanswered);
        continue;
      }
      const batch = this.#takeBatch();
      const sent = this.#send(batch).catch((error: unknown) => this.#failed(batch, error));
      this.#unanswered.add(sent);
      void sent.then(() => this.#unanswered.delete(sent));
    }
  }

  #failed(batch: readonly Announcement[], error: unknown): void {
    const { clock, logger } = this.#options;
    logger.debug({ peer: this.#peer, error: String(error) }, "an announcement failed");
    if (this.#stopped) return;
    this.#keepNewest([...batch, ...this.#queue]);
    if (this.#isPaused) return;
    this.#isPaused = true;
    clock.after(RETRY_MS, () => {
      this.#isPaused = false;
      void this.#loop.run();
    });
  }

  #takeBatch(): Announcement[] {
    let entryBytes = 0;
    let blobBytes = 0;
    let count = 0;
    for (const announcement of this.#queue) {
      entryBytes += announcement.entry.bytes.length;
      blobBytes += blobBytesOf(announcement);
      const full = entryBytes > MESSAGE_ENTRY_BYTES_MAX || blobBytes > INLINE_BLOBS_BYTES_MAX;
      if (count > 0 && (full || count >= MESSAGE_ENTRIES_MAX)) break;
      count++;
    }
    const batch = this.#queue.splice(0, count);
    for (const announcement of batch) this.#blobBytes -= blobBytesOf(announcement);
    return batch;
  }

  async #send(batch: readonly Announcement[]): Promise<void> {
    const { network, heldBy, refusedFull, logger } = this.#options;
    const message = encodeStoreFile({
      entries: batch.map(({ entry }) => entry.bytes),
      hold: batch.flatMap(({ hold }, index) => (hold ? [index] : [])),
      blobs: batch.flatMap(({ blobs }) => blobs.map(({ bytes }) => bytes)),
    });
    const answer = await network.request(this.#peer, "entries", message);
    const outcomes = decodeStoreFileAnswer(answer, batch.length);
    heldBy(
      batch.filter((_, index) => outcomes[index] === "held").map(({ entry }) => entry.id),
      this.#peer,
    );
    const full = batch.filter((_, index) => outcomes[index] === "full").map(({ entry }) => entry);
    if (full.length > 0) refusedFull(full, this.#peer);
    const refusedCount = outcomes.filter((outcome) => outcome === "refused").length;
    if (refusedCount > 0) logger.warn({ peer: this.#peer, refusedCount }, "a peer refused entries");
  }
}

function blobBytesOf(announcement: Announcement): number {
  return announcement.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
