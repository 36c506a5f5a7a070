import { abortedError, throwIfAborted } from "@gstore/core";
import type { Chunk } from "./chunk-cutter.ts";
import type { Chunker } from "./chunker.ts";

export interface ChunkStreamOptions {
  readonly chunker: Chunker;
  readonly signal?: AbortSignal;
}

/**
 * The chunks of `source`, in order. No chunk for no bytes. Each chunk's bytes are the caller's for good: the only
 * content of a fresh `ArrayBuffer`, which may be kept, changed or transferred.
 *
 * Pulls a slice only when the ones before it are used up. Holds at most `CHUNK_BYTES_MAX`, one slice, and the chunk
 * just given. A slice may be of any length, and is not looked at any more when the next is asked for. The order of its
 * calls to the source: `next` one at a time, and `return` when the iteration is left early or the signal fires.
 *
 * Rejects with what the source rejects with, unchanged, and with `ABORTED` (or the signal's reason, if that is a
 * `GstoreError`) as soon as the signal fires, even while the source is silent. A generator, which a Node stream's
 * iterator is too, acts on `return` only once its pending `next` settles: give a source that may stay silent the signal.
 */
export async function* chunkStream(
  source: AsyncIterable<Uint8Array>,
  options: ChunkStreamOptions,
): AsyncGenerator<Chunk, void, undefined> {
  const { chunker, signal } = options;
  const cutter = chunker.cutter();
  for await (const slice of abortable(source, signal)) {
    for (const chunk of cutter.push(slice)) {
      throwIfAborted(signal);
      yield owned(chunk);
    }
  }
  const last = cutter.end();
  if (last !== undefined) yield owned(last);
}

function owned({ offset, bytes }: Chunk): Chunk {
  // Not `slice`: a Buffer's is a view. Not `new Uint8Array(n)`: it would be cleared first.
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(bytes.length).buffer);
  copy.set(bytes);
  return { offset, bytes: copy };
}

/** The slices of `source` until the signal fires; its `return` is called unless it ended or failed by itself. */
async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let running = true;
  try {
    for (;;) {
      throwIfAborted(signal);
      // A source that fails or ends has released what it held.
      running = false;
      const result = await nextOrAbort(iterator, signal);
      if (result.done) return;
      running = true;
      yield result.value;
    }
  } finally {
    if (running || signal?.aborted) await leave(iterator, signal);
  }
}

/** The source's next slice, or a rejection when the signal fires. No listener or promise outlives the call. */
function nextOrAbort(
  iterator: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Uint8Array>> {
  if (signal === undefined) return iterator.next();
  return new Promise((resolve, reject) => {
    const next = iterator.next();
    const onAbort = () => reject(abortedError(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    next.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Lets the source release what it holds. */
async function leave(iterator: AsyncIterator<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
  const left = (async () => await iterator.return?.())();
  // A generator queues `return` behind a `next` that may never settle: an abort must not wait for that.
  if (signal?.aborted) left.catch(() => {});
  else await left;
}
