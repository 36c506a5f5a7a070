import { Worker } from "node:worker_threads";
import {
  BufferPool,
  CHUNK_BYTES_MAX,
  type Clock,
  GstoreError,
  SEAL_BUFFERS_BYTES_MAX,
  SEAL_IDLE_TIMEOUT_MS,
  SEAL_INLINE_BYTES_MAX,
  SEALS_PER_THREAD_MAX,
} from "@gstore/core";
import { sealedChunkBytes } from "@gstore/crypto";
import type { OpenSpace } from "../membership/spaces.ts";
import { Slots } from "../slots.ts";
import type { ChunkSealer } from "./chunk-sealer.ts";
import { type SealOutcome, sealChunk } from "./seal-chunk.ts";
import type { ReadyMessage, SealAnswer, SealMessage } from "./seal-messages.ts";

/** The worker's entry has the ending of this file: `.ts` from source, `.js` from the bundle. */
const ENTRY: URL = new URL(`./seal-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

export interface WorkerSealerOptions {
  readonly threads: number;
  readonly clock: Clock;
}

/**
 * Seals on threads of its own, which it starts when chunks come faster than they are dealt with and ends when none has come
 * for a while. Sealed on the calling thread are small chunks, since sending them would take longer, and what comes before a
 * thread is ready, since that takes as long as sealing a hundred.
 */
export class WorkerSealer implements ChunkSealer {
  readonly #clock: Clock;
  readonly #threads: SealThread[];
  readonly #slots: Slots;
  /** Two pools: memory that held plaintext never becomes a blob's, which goes to peers. */
  readonly #plains: BufferPool;
  readonly #blobs = new BufferPool(SEAL_BUFFERS_BYTES_MAX);
  #inWork = 0;
  #cancelIdle: () => void = () => {};

  constructor({ threads, clock }: WorkerSealerOptions) {
    this.#clock = clock;
    const chunks = threads * SEALS_PER_THREAD_MAX;
    this.#slots = new Slots(chunks);
    this.#plains = new BufferPool(chunks * CHUNK_BYTES_MAX);
    const pools = { plains: this.#plains, blobs: this.#blobs };
    this.#threads = Array.from({ length: threads }, () => new SealThread(pools));
  }

  /** Threads that run now, those that are still loading among them. */
  get running(): number {
    return this.#threads.filter(({ isRunning }) => isRunning).length;
  }

  /** Threads that take chunks now. */
  get ready(): number {
    return this.#threads.filter(({ isReady }) => isReady).length;
  }

  async room(signal: AbortSignal | undefined): Promise<() => void> {
    const release = await this.#slots.take(signal);
    this.#inWork++;
    this.#cancelIdle();
    return () => {
      release();
      this.#inWork--;
      if (this.#inWork === 0) this.#endWhenIdle();
    };
  }

  async seal(space: OpenSpace, plain: Uint8Array, known?: SharedArrayBuffer): Promise<SealOutcome> {
    if (plain.length <= SEAL_INLINE_BYTES_MAX) return sealChunk(space.keys, plain, { known });
    const thread = this.#leastBusy();
    if (this.#inWork > 1 && thread?.inWork !== 0) this.#startAnother();
    this.#throwFailure();
    const target = this.#blobs.take(sealedChunkBytes(plain.length));
    if (thread === undefined) return this.#sealHere(space, plain, target, known);
    // All of one size, so that a few serve for all: pages behind a chunk are not touched.
    const buffer = this.#plains.take(CHUNK_BYTES_MAX);
    new Uint8Array(buffer).set(plain);
    return await thread.seal(space, { plain: buffer, plainBytes: plain.length, target, known });
  }

  recycle(blob: Uint8Array): void {
    if (blob.length > SEAL_INLINE_BYTES_MAX && blob.buffer instanceof ArrayBuffer)
      this.#blobs.give(blob.buffer);
  }

  async close(): Promise<void> {
    this.#cancelIdle();
    this.#plains.clear();
    this.#blobs.clear();
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  /** Of the threads that are ready, the one with the least to do. */
  #leastBusy(): SealThread | undefined {
    let least: SealThread | undefined;
    for (const thread of this.#threads) {
      if (thread.isReady && (least === undefined || thread.inWork < least.inWork)) least = thread;
    }
    return least;
  }

  #startAnother(): void {
    this.#threads.find(({ isRunning }) => !isRunning)?.start();
  }

  /** Says once of each thread that could not be started: otherwise nobody would see that sealing goes on here alone. */
  #throwFailure(): void {
    for (const thread of this.#threads) {
      const failure = thread.takeFailure();
      if (failure !== null) throw failure;
    }
  }

  #sealHere(
    space: OpenSpace,
    plain: Uint8Array,
    target: ArrayBuffer,
    known: SharedArrayBuffer | undefined,
  ): SealOutcome {
    const outcome = sealChunk(space.keys, plain, { known, into: new Uint8Array(target) });
    if ("known" in outcome) this.#blobs.give(target);
    return outcome;
  }

  #endWhenIdle(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.#clock.after(SEAL_IDLE_TIMEOUT_MS, () => void this.close());
  }
}

interface Pools {
  readonly plains: BufferPool;
  readonly blobs: BufferPool;
}

interface Waiting {
  resolve(outcome: SealOutcome): void;
  reject(error: unknown): void;
}

/** One thread, which runs while it is needed. It answers in the order in which it was asked. */
class SealThread {
  readonly #pools: Pools;
  #worker: Worker | null = null;
  #isReady = false;
  #failure: GstoreError | null = null;
  #waiting: Waiting[] = [];
  /** By space: which state of its keys the thread has. */
  #keysSent = new Map<string, string>();

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  get inWork(): number {
    return this.#waiting.length;
  }

  /** Whether it was started and has not ended; it may still be loading. */
  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Whether it takes chunks. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Why it ended before it took a chunk, if it did; asked a second time, null. */
  takeFailure(): GstoreError | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }

  seal(
    space: OpenSpace,
    chunk: {
      plain: ArrayBuffer;
      plainBytes: number;
      target: ArrayBuffer;
      known: SharedArrayBuffer | undefined;
    },
  ): Promise<SealOutcome> {
    if (this.#keysSent.get(space.id) !== space.state) {
      this.#keysSent.set(space.id, space.state);
      this.#post({ type: "keys", secrets: space.secrets }, []);
    }
    this.#post({ type: "chunk", space: space.id, ...chunk }, [chunk.plain, chunk.target]);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#lose(new GstoreError("ABORTED", "The node is stopping."));
    await worker?.terminate();
  }

  start(): void {
    const worker = new Worker(ENTRY, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on("message", (answer: SealAnswer | ReadyMessage) => {
      if (this.#worker !== worker) return;
      if ("isReady" in answer) this.#isReady = true;
      else this.#answered(answer);
    });
    const lost = (cause: unknown) => {
      if (this.#worker !== worker) return;
      const failure = sealingFailed(cause);
      if (!this.#isReady) this.#failure = failure;
      this.#lose(failure);
    };
    worker.on("error", lost);
    worker.on("exit", lost);
    // A node's other parts decide whether the process goes on.
    worker.unref();
    this.#worker = worker;
  }

  #post(message: SealMessage, moved: ArrayBuffer[]): void {
    this.#worker?.postMessage(message, moved);
  }

  #answered({ plain, target, outcome }: SealAnswer): void {
    const waiting = this.#waiting.shift();
    this.#pools.plains.give(plain);
    if (!("sealed" in outcome)) this.#pools.blobs.give(target);
    if (waiting === undefined) return;
    if ("error" in outcome) waiting.reject(sealingFailed(outcome.error));
    else if ("known" in outcome) waiting.resolve(outcome);
    else
      waiting.resolve({ sealed: { ...outcome.sealed, blob: new Uint8Array(target, 0, outcome.blobBytes) } });
  }

  #lose(error: GstoreError): void {
    this.#worker = null;
    this.#isReady = false;
    this.#keysSent.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function sealingFailed(cause: unknown): GstoreError {
  return new GstoreError("INTERNAL", `A sealing thread failed: ${cause}.`, { cause });
}
