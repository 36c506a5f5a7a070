import { abortedError, type Clock, onAbort } from "@gstore/core";

/** Resolves after `delayMs`; rejects with `ABORTED` as soon as the signal has fired. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortedError(signal));
    const cancel = clock.after(delayMs, () => {
      stopListening();
      resolve();
    });
    const stopListening = onAbort(signal, () => {
      cancel();
      reject(abortedError(signal));
    });
  });
}
