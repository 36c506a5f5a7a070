import { abortedError, GstoreError, isGstoreError, onAbort } from "@gstore/core";

/**
 * A source's slices. What the source throws comes out as `SOURCE_FAILED`, unless it has a code. A signal that fires ends
 * it at once, also while the source gives nothing. In every case the source is closed; one that hangs is not waited for.
 */
export async function* sourceSlices(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const result = await unlessAborted(iterator.next(), signal);
      isDone = result.done === true;
      if (result.done) return;
      yield result.value;
    }
  } catch (cause) {
    isDone = !signal?.aborted;
    if (isGstoreError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GstoreError("SOURCE_FAILED", `Reading what was to be stored failed: ${reason}`, { cause });
  } finally {
    const closing = isDone ? undefined : iterator.return?.().catch(() => {});
    if (!signal?.aborted) await closing;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  if (signal.aborted) {
    promise.catch(() => {});
    throw abortedError(signal);
  }
  let stopListening = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(abortedError(signal)));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stopListening();
  }
}

/** The error for a source that gave another number of bytes than was announced. */
export function sourceChanged(key: string, announced: number, actual: number): GstoreError {
  const difference = actual > announced ? "gave more than" : `gave ${actual} of`;
  return new GstoreError(
    "SOURCE_CHANGED",
    `The source ${difference} the ${announced} bytes announced. Nothing was stored.`,
    {
      key,
      limit: announced,
      actual,
    },
  );
}
