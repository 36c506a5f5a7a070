import { abortedError, type BulkChannel, DIGESTS_PER_MESSAGE_MAX, type PeerId } from "@gstore/core";
import { decodeBulkFrame, decodeHaveBlobsAnswer, encodeBulkFrame, encodeHaveBlobs } from "@gstore/p2p";
import type { ByteWindow } from "../byte-window.ts";
import { WorkLoop } from "../work-loop.ts";
import type { BlobPushOptions, OfferedBlob } from "./blob-push.ts";

/** A target that acknowledged nothing for this long (ms) while the put waits for it is left to fetch by itself. */
const LAG_TIMEOUT_MS = 2000;
/** A target is asked about so many blobs at once, or about fewer when no more have come for this long (ms). */
const ASK_BLOBS = 16;
const ASK_DELAY_MS = 20;

/** The way to one target: asks what it has, sends the rest, counts what it has synced. */
export class PushLane {
  readonly #options: BlobPushOptions;
  readonly #target: PeerId;
  readonly #window: ByteWindow;
  /** Bytes of the window that are this lane's: queued or sent, and not acknowledged. */
  #unacknowledged = 0;
  #emptied: () => void = () => {};
  #queue: OfferedBlob[] = [];
  #sent: OfferedBlob[] = [];
  #isFinishing = false;
  #cancelAsk: (() => void) | null = null;
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

  async offer(blob: OfferedBlob): Promise<void> {
    if (this.#gaveUp.signal.aborted) return;
    if (!this.#window.tryAcquire(blob.size) && !(await this.#waitForRoom(blob.size))) return;
    this.#unacknowledged += blob.size;
    blob.hold();
    this.#queue.push(blob);
    if (this.#queue.length >= ASK_BLOBS) this.#askNow();
    else this.#askLater();
  }

  /** Resolves when all is acknowledged and the transfer ended, or the target given up. Never rejects. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#askNow();
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
    this.#cancelAsk?.();
    // Not released: what was sent may still be on its way out.
    this.#queue = [];
    this.#sent = [];
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
    if (this.#sent.length === 0) this.#askNow();
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

  #acknowledge(blob: OfferedBlob): void {
    if (this.#gaveUp.signal.aborted) return;
    blob.release();
    this.#unacknowledged -= blob.size;
    this.#window.release(blob.size);
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

  #askNow(): void {
    this.#cancelAsk?.();
    this.#cancelAsk = null;
    void this.#sending.run();
  }

  #askLater(): void {
    this.#cancelAsk ??= this.#options.clock.after(ASK_DELAY_MS, () => this.#askNow());
  }

  /** Whether the queue is worth a question: a few blobs wait for more, unless it was their time or no more will come. */
  #mayAsk(isTime: boolean): boolean {
    const count = this.#queue.length;
    if (count === 0 || isTime || this.#isFinishing || count >= ASK_BLOBS) return count > 0;
    this.#askLater();
    return false;
  }

  async #send(): Promise<void> {
    const { network, space } = this.#options;
    const signal = this.#gaveUp.signal;
    try {
      for (let isFirst = true; this.#mayAsk(isFirst) && !signal.aborted; isFirst = false) {
        const batch = this.#queue.splice(0, DIGESTS_PER_MESSAGE_MAX);
        const question = encodeHaveBlobs({ space, digests: batch.map(({ digest }) => digest) });
        const answer = await network.request(this.#target, "blobs", question, { signal });
        const have = decodeHaveBlobsAnswer(answer, batch.length);
        for (const [index, blob] of batch.entries()) {
          if (have[index]) this.#acknowledge(blob);
          else await this.#sendBlob(blob);
        }
      }
    } catch (error) {
      this.giveUp(error);
    }
  }

  async #sendBlob(blob: OfferedBlob): Promise<void> {
    const channel = this.#channel ?? (await this.#open());
    const bytes = blob.bytes ?? (await blob.read());
    this.#sent.push(blob);
    await channel.send(...encodeBulkFrame({ type: "blob", digest: blob.digest, bytes }));
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
      const synced = this.#sent.splice(0, frame.count - acknowledged);
      acknowledged = frame.count;
      if (this.#cancelLag !== null) this.#watchLag();
      for (const blob of synced) this.#acknowledge(blob);
    }
    if (this.#unacknowledged > 0) throw new Error("it ended the transfer before it had all");
  }
}
