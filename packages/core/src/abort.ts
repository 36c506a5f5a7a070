const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal fires; not where it has fired already. The returned function takes that back; calling it
 * later is harmless. However many wait on one signal, it has one listener: an EventTarget looks through all that it has
 * whenever one is added or removed.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listening.get(signal);
  if (callbacks === undefined) {
    callbacks = new Set();
    listening.set(signal, callbacks);
    signal.addEventListener("abort", callAll, { once: true });
  }
  const own = callbacks;
  // Its own object, so that one function may be given twice.
  const entry = (): void => callback();
  own.add(entry);
  return () => {
    // A listener keeps alive a signal that follows others: the last to go takes it along.
    if (!own.delete(entry) || own.size > 0 || listening.get(signal) !== own) return;
    listening.delete(signal);
    signal.removeEventListener("abort", callAll);
  };
}

function callAll(this: AbortSignal): void {
  const callbacks = listening.get(this);
  listening.delete(this);
  for (const callback of callbacks ?? []) callback();
}
