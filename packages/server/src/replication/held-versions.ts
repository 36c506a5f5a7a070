import { abortedError, type Clock, type EntryId, onAbort, type PeerId } from "@gstore/core";

/** Versions whose holders are remembered. Older ones are asked for again when somebody wants to know. */
const VERSIONS_MAX = 10_000;

/** Which members were heard to hold all blobs of a version, and who waits to hear it. */
export class HeldVersions {
  readonly #clock: Clock;
  readonly #holders = new Map<EntryId, Set<PeerId>>();
  readonly #waiting = new Map<EntryId, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note; true where it is news. */
  add(version: EntryId, holder: PeerId): boolean {
    const known = this.#holders.get(version) ?? new Set();
    if (known.has(holder)) return false;
    known.add(holder);
    // Set anew, so that the map's order is that of use.
    this.#holders.delete(version);
    this.#holders.set(version, known);
    if (this.#holders.size > VERSIONS_MAX) this.#forgetOldest();
    for (const check of this.#waiting.get(version) ?? []) check();
    return true;
  }

  /** A member does not hold a version after all. */
  forget(version: EntryId, holder: PeerId): void {
    this.#holders.get(version)?.delete(holder);
  }

  holders(version: EntryId): PeerId[] {
    return [...(this.#holders.get(version) ?? [])];
  }

  /** Versions that somebody waits for. */
  awaited(): EntryId[] {
    return [...this.#waiting.keys()];
  }

  /** Looks again at what all waits need: it may have changed with the peers. */
  recheck(): void {
    for (const checks of this.#waiting.values()) for (const check of checks) check();
  }

  /**
   * Resolves with true as soon as `enough()` is true, with false after `timeoutMs`. Looked at whenever the holders of the
   * version or the peers change.
   */
  wait(
    version: EntryId,
    enough: () => boolean,
    options: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<boolean> {
    const { signal } = options;
    if (enough()) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedError(signal));
      const finish = (settle: () => void) => {
        cancelTimer();
        stopListening();
        const checks = this.#waiting.get(version);
        checks?.delete(check);
        if (checks?.size === 0) this.#waiting.delete(version);
        settle();
      };
      const check = () => {
        if (enough()) finish(() => resolve(true));
      };
      const giveUp = () => finish(() => reject(abortedError(signal as AbortSignal)));
      const cancelTimer = this.#clock.after(options.timeoutMs, () => finish(() => resolve(enough())));
      const stopListening = signal === undefined ? () => {} : onAbort(signal, giveUp);
      const checks = this.#waiting.get(version) ?? new Set();
      checks.add(check);
      this.#waiting.set(version, checks);
    });
  }

  /** A member may name as many versions as it likes: what somebody waits for is not forgotten over them. */
  #forgetOldest(): void {
    for (const version of this.#holders.keys()) {
      if (this.#waiting.has(version)) continue;
      this.#holders.delete(version);
      return;
    }
  }
}
