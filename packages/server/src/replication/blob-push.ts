import {
  abortedError,
  type BulkChannel,
  type Clock,
  DIGESTS_PER_MESSAGE_MAX,
  type Digest,
  INLINE_BLOBS_BYTES_MAX,
  type PeerId,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import { decodeBulkFrame, decodeHaveBlobsAnswer, encodeBulkFrame, encodeHaveBlobs } from "@gstore/p2p";
import type { ByteWindow } from "../byte-window.ts";
import type { Logger } from "../logger.ts";
import { WorkLoop } from "../work-loop.ts";

export interface PushedBlob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
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
/** A target that acknowledged nothing for this long (ms) while the put waits for it is left to fetch by itself. */
const LAG_TIMEOUT_MS = 2000;

/**
 * Sends the blobs of one put to its future holders while the file is still being read. What a target misses (it is slow,
 * it goes away) it fetches after the announcement, so nothing here can fail the put. The blobs of a small file are kept
 * for the announcement instead: one round trip in place of three.
 */
export class BlobPush {
  readonly #options: BlobPushOptions;
  #lanes: PushLane[] | null = null;
  #inline: PushedBlob[] = [];
  #inlineBytes = 0;

  constructor(options: BlobPushOptions) {
    this.#options = options;
  }

  /** Blobs to go along with the announcement: all of a small file's, none of a large one's. */
  get inlineBlobs(): readonly PushedBlob[] {
    return this.#inline;
  }

  /** Takes a blob. Resolves when every target that keeps up has room for more. */
  async offer(blob: PushedBlob): Promise<void> {
    if (this.#options.targets.length === 0) return;
    if (this.#lanes === null) {
      this.#inline.push(blob);
      this.#inlineBytes += blob.bytes.length;
      if (this.#inlineBytes <= INLINE_PER_FILE_BYTES_MAX) return;
      this.#lanes = this.#options.targets.map((target) => new PushLane(this.#options, target));
      const begun = this.#inline;
      this.#inline = [];
      for (const earlier of begun) await this.#offerToLanes(earlier);
    } else {
      await this.#offerToLanes(blob);
    }
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

  async #offerToLanes(blob: PushedBlob): Promise<void> {
    await Promise.all((this.#lanes ?? []).map((lane) => lane.offer(blob)));
  }
}

/** The way to one target: asks what it has, sends the rest, counts what it has synced. */
class PushLane {
  readonly #options: BlobPushOptions;
  readonly #target: PeerId;
  readonly #window: ByteWindow;
  /** Bytes of the window that are this lane's: queued or sent, and not acknowledged. */
  #unacknowledged = 0;
  #emptied: () => void = () => {};
  #queue: PushedBlob[] = [];
  #sent: number[] = [];
  #channel: BulkChannel | null = null;
  #gaveUp = new AbortController();
  readonly #sending = new WorkLoop(() => this.#send());
  #receiving: Promise<void> | null = null;
  #cancelLag: (() => void) | null = null;

  constructor(options: BlobPushOptions, target: PeerId) {
    this.#options = options;
    this.#target = target;
    this.#window = options.windowOf(target);
  }

  async offer(blob: PushedBlob): Promise<void> {
    if (this.#gaveUp.signal.aborted) return;
    if (!this.#window.tryAcquire(blob.bytes.length) && !(await this.#waitForRoom(blob.bytes.length))) return;
    this.#unacknowledged += blob.bytes.length;
    this.#queue.push(blob);
    void this.#sending.run();
  }

  /** Resolves when all is acknowledged and the transfer ended, or the target given up. Never rejects. */
  async finish(): Promise<void> {
    await this.#watched(() => this.#untilAcknowledged());
    await this.#sending.idle();
    await this.#watched(async () => {
      await this.#channel?.end().catch((error: unknown) => this.giveUp(error));
      await this.#receiving;
    });
  }

  giveUp(reason: unknown): void {
    if (this.#gaveUp.signal.aborted) return;
    const { logger } = this.#options;
    logger.debug({ peer: this.#target, reason: String(reason) }, "a push to a peer was given up");
    this.#gaveUp.abort(reason);
    this.#queue = [];
    this.#window.release(this.#unacknowledged);
    this.#unacknowledged = 0;
    this.#emptied();
    this.#channel?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  async #waitForRoom(bytes: number): Promise<boolean> {
    if (!this.#options.patient) {
      this.giveUp(new Error("it lags behind and the put does not wait"));
      return false;
    }
    const { signal } = this.#gaveUp;
    try {
      await this.#watched(() => this.#window.acquire(bytes, signal));
    } catch {
      return false;
    }
    if (!signal.aborted) return true;
    this.#window.release(bytes);
    return false;
  }

  async #untilAcknowledged(): Promise<void> {
    if (this.#unacknowledged === 0 || this.#gaveUp.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  #acknowledge(bytes: number): void {
    if (this.#gaveUp.signal.aborted) return;
    this.#unacknowledged -= bytes;
    this.#window.release(bytes);
    if (this.#unacknowledged === 0) this.#emptied();
  }

  /** Waits for the target, and gives it up unless it acknowledges something in time. Nobody waits while the source is read. */
  async #watched(wait: () => Promise<void>): Promise<void> {
    this.#watchLag();
    try {
      await wait();
    } finally {
      this.#cancelLag?.();
      this.#cancelLag = null;
    }
  }

  #watchLag(): void {
    this.#cancelLag?.();
    this.#cancelLag = this.#options.clock.after(LAG_TIMEOUT_MS, () =>
      this.giveUp(new Error("it lags behind")),
    );
  }

  async #send(): Promise<void> {
    const { network, space } = this.#options;
    const signal = this.#gaveUp.signal;
    try {
      while (this.#queue.length > 0 && !signal.aborted) {
        const batch = this.#queue.splice(0, DIGESTS_PER_MESSAGE_MAX);
        const question = encodeHaveBlobs({ space, digests: batch.map(({ digest }) => digest) });
        const answer = await network.request(this.#target, "blobs", question, { signal });
        const have = decodeHaveBlobsAnswer(answer, batch.length);
        for (const [index, blob] of batch.entries()) {
          if (have[index]) this.#acknowledge(blob.bytes.length);
          else await this.#sendBlob(blob);
        }
      }
    } catch (error) {
      this.giveUp(error);
    }
  }

  async #sendBlob(blob: PushedBlob): Promise<void> {
    const channel = this.#channel ?? (await this.#open());
    this.#sent.push(blob.bytes.length);
    await channel.send(...encodeBulkFrame({ type: "blob", ...blob }));
  }

  async #open(): Promise<BulkChannel> {
    const { network, space } = this.#options;
    const { signal } = this.#gaveUp;
    const channel = await network.openBulk(this.#target, { signal });
    if (signal.aborted) {
      channel.abort(new Error("not needed any more"));
      throw abortedError(signal);
    }
    this.#channel = channel;
    await channel.send(...encodeBulkFrame({ type: "push", space }));
    this.#receiving = this.#receive(channel).catch((error: unknown) => this.giveUp(error));
    return channel;
  }

  async #receive(channel: BulkChannel): Promise<void> {
    let acknowledged = 0;
    for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive()) {
      const frame = decodeBulkFrame(bytes);
      if (
        frame.type !== "stored" ||
        frame.count < acknowledged ||
        frame.count - acknowledged > this.#sent.length
      ) {
        throw new Error("it acknowledged what was not sent");
      }
      const sizes = this.#sent.splice(0, frame.count - acknowledged);
      acknowledged = frame.count;
      if (this.#cancelLag !== null) this.#watchLag();
      for (const size of sizes) this.#acknowledge(size);
    }
    if (this.#unacknowledged > 0) throw new Error("it ended the transfer before it had all");
  }
}
