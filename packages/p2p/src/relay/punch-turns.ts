import { type Clock, GstoreError, type PeerId, type Random } from "@gstore/core";
import {
  PUNCH_DELAY_MS,
  PUNCH_LASTING_MS,
  PUNCH_PEERS_MAX,
  PUNCH_RETRY_MAX_MS,
  PUNCH_RETRY_MIN_MS,
  PUNCHES_AT_ONCE_MAX,
} from "../limits.ts";

/** What is remembered of the tries with a peer. */
interface Tries {
  failed: number;
  endedAtMs: number;
  isRunning: boolean;
}

/** When which peers may be punched to: so many at once, and ever less often where it fails, whoever asks for it. */
export class PunchTurns {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #peers = new Map<PeerId, Tries>();
  #running = 0;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How long (ms) this node waits before it begins a try with a peer; null while one is under way. */
  delayMs(peer: PeerId): number | null {
    const tries = this.#peers.get(peer);
    if (tries?.isRunning) return null;
    const restMs = this.#restMs(tries);
    return PUNCH_DELAY_MS + restMs + this.#random.below(Math.ceil(restMs / 4) + 1);
  }

  /** Begins a try. Throws `TOO_BUSY` where one is under way, there are enough, or the last that failed is too short ago. */
  begin(peer: PeerId): void {
    const tries = this.#peers.get(peer);
    // Half of what honest peers wait, whose clocks and counts are not ours.
    const isEarly = this.#restMs(tries) > this.#periodMs(tries) / 2;
    if (tries?.isRunning || isEarly || this.#running >= PUNCHES_AT_ONCE_MAX)
      throw new GstoreError("TOO_BUSY", "This node punches enough.", { peer, retryable: true });
    this.#running++;
    // Put last: the one that is forgotten first is the one tried longest ago.
    this.#peers.delete(peer);
    this.#peers.set(peer, { failed: tries?.failed ?? 0, endedAtMs: 0, isRunning: true });
    for (const [other, { isRunning }] of this.#peers) {
      if (this.#peers.size <= PUNCH_PEERS_MAX) break;
      if (!isRunning) this.#peers.delete(other);
    }
  }

  /** A try is over. Each counts as failed until its way has lasted. */
  end(peer: PeerId): void {
    const tries = this.#peers.get(peer);
    if (!tries?.isRunning) return;
    this.#running--;
    tries.isRunning = false;
    tries.failed++;
    tries.endedAtMs = this.#clock.monotonic();
  }

  /** A punched way to a peer is gone again. */
  lost(peer: PeerId): void {
    const tries = this.#peers.get(peer);
    if (tries === undefined || tries.isRunning) return;
    if (this.#clock.monotonic() - tries.endedAtMs >= PUNCH_LASTING_MS) tries.failed = 0;
  }

  #periodMs(tries: Tries | undefined): number {
    const failed = tries?.failed ?? 0;
    return failed === 0 ? 0 : Math.min(PUNCH_RETRY_MIN_MS * 2 ** (failed - 1), PUNCH_RETRY_MAX_MS);
  }

  #restMs(tries: Tries | undefined): number {
    if (tries === undefined) return 0;
    return Math.max(0, tries.endedAtMs + this.#periodMs(tries) - this.#clock.monotonic());
  }
}
