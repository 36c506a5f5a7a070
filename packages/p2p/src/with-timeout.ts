import { abortedError, type Clock } from "@gstore/core";

/** A signal that fires after a time, or with another signal. */
export interface TimedSignal {
  readonly signal: AbortSignal;
  /** To be called when what it limits is over. */
  clear(): void;
}

/** Makes a {@link TimedSignal} whose reason is `error()` when the time is up, else what the other signal stands for. */
export function withTimeout(
  clock: Clock,
  options: { timeoutMs: number; error: () => Error; signal?: AbortSignal | undefined },
): TimedSignal {
  const { timeoutMs, error, signal } = options;
  const controller = new AbortController();
  const abort = (): void => controller.abort(abortedError(signal as AbortSignal));
  const cancel = clock.after(timeoutMs, () => controller.abort(error()));
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    clear() {
      cancel();
      signal?.removeEventListener("abort", abort);
    },
  };
}
