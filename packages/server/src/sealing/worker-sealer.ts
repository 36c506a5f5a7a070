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
import type { SealAnswer, SealMessage } from "./seal-messages.ts";

/** The worker's entry has the ending of this file: `.ts` from source, `.js` from the bundle. */
const ENTRY: URL = new URL(`./seal-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

export interface WorkerSealerOptions {
  readonly threads: number;
  readonly clock: Clock;
}

/**
 * Seals on threads of its own, which it starts with the first chunk that is worth it and ends when none has come for a
 * while. Small chunks are sealed on the calling thread: sending them would take longer.
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

  /** Threads that run now. */
  get running(): number {
    return this.#threads.filter(({ isRunning }) => isRunning).length;
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
    const [first, ...others] = this.#threads as [SealThread, ...SealThread[]];
    const thread = others.reduce((least, one) => (one.inWork < least.inWork ? one : least), first);
    // All of one size, so that a few serve for all: pages behind a chunk are not touched.
    const buffer = this.#plains.take(CHUNK_BYTES_MAX);
    new Uint8Array(buffer).set(plain);
    const target = this.#blobs.take(sealedChunkBytes(plain.length));
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
  #waiting: Waiting[] = [];
  /** By space: which state of its keys the thread has. */
  #keysSent = new Map<string, string>();

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  get inWork(): number {
    return this.#waiting.length;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
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
    this.#worker ??= this.#start();
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

  #start(): Worker {
    const worker = new Worker(ENTRY, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on("message", (answer: SealAnswer) => this.#answered(answer));
    const lost = (cause: unknown) => {
      if (this.#worker !== worker) return;
      this.#lose(sealingFailed(cause));
    };
    worker.on("error", lost);
    worker.on("exit", lost);
    // A node's other parts decide whether the process goes on.
    worker.unref();
    return worker;
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
    this.#keysSent.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function sealingFailed(cause: unknown): GstoreError {
  return new GstoreError("INTERNAL", `A sealing thread failed: ${cause}.`, { cause });
}
