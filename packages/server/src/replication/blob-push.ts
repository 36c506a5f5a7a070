import {
  type Clock,
  type Digest,
  INLINE_BLOBS_BYTES_MAX,
  type PeerId,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import type { ByteWindow } from "../byte-window.ts";
import type { Logger } from "../logger.ts";
import { PushLane } from "./push-lane.ts";

/** A blob that goes along with the announcement of its entry. */
export interface InlineBlob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** A blob of a put, on its way to the version's future holders. */
export interface OfferedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** Its bytes where they are in memory; null where {@link OfferedBlob.read} gets them from the store. */
  readonly bytes: Uint8Array | null;
  read(): Promise<Uint8Array>;
  /** Somebody more will look at the bytes. */
  hold(): void;
  /** One of those will not look at them again. Not to be called while the bytes may still be on their way out. */
  release(): void;
}

export interface BlobPushOptions {
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly space: SpaceId;
  /** The members that shall hold the version and are connected. */
  readonly targets: readonly PeerId[];
  /** Bounds what is on its way to a target, all puts together. */
  readonly windowOf: (target: PeerId) => ByteWindow;
  /** Whether the put waits for slow targets; if not, they fetch later what they missed. */
  readonly patient: boolean;
}

/** Blobs of a file of at most this many bytes in sum go along with the announcement of its entry. */
const INLINE_PER_FILE_BYTES_MAX = INLINE_BLOBS_BYTES_MAX / 8;

/**
 * Sends the blobs of one put to its future holders while the file is still being read. What a target misses (it is slow,
 * it goes away) it fetches after the announcement, so nothing here can fail the put. The blobs of a small file are kept
 * for the announcement instead: one round trip in place of three.
 */
export class BlobPush {
  readonly #options: BlobPushOptions;
  #lanes: PushLane[] | null = null;
  #inline: InlineBlob[] = [];
  #held: OfferedBlob[] = [];
  #inlineBytes = 0;

  constructor(options: BlobPushOptions) {
    this.#options = options;
  }

  /** Blobs to go along with the announcement: all of a small file's, none of a large one's. */
  get inlineBlobs(): readonly InlineBlob[] {
    return this.#inline;
  }

  /** Takes a blob. Resolves when every target that keeps up has room for more. */
  async offer(blob: OfferedBlob): Promise<void> {
    if (this.#options.targets.length === 0) return;
    if (this.#lanes !== null) return await this.#offerToLanes(blob);
    this.#inlineBytes += blob.size;
    if (blob.bytes !== null && this.#inlineBytes <= INLINE_PER_FILE_BYTES_MAX) {
      // Held for good: it is not known when the announcement has been sent.
      blob.hold();
      this.#held.push(blob);
      this.#inline.push({ digest: blob.digest, bytes: blob.bytes });
      return;
    }
    this.#lanes = this.#options.targets.map((target) => new PushLane(this.#options, target));
    this.#inline = [];
    for (const earlier of [...this.#held.splice(0), blob]) await this.#offerToLanes(earlier);
  }

  /** Resolves when every target that keeps up has synced all that was offered; at once where the put does not wait. */
  async flush(): Promise<void> {
    const finished = Promise.all((this.#lanes ?? []).map((lane) => lane.finish()));
    if (this.#options.patient) await finished;
  }

  /** Breaks the sending off. */
  abort(): void {
    for (const lane of this.#lanes ?? []) lane.giveUp(new Error("the put was given up"));
  }

  async #offerToLanes(blob: OfferedBlob): Promise<void> {
    await Promise.all((this.#lanes ?? []).map((lane) => lane.offer(blob)));
  }
}
