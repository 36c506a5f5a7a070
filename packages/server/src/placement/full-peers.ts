import type { Clock, PeerId } from "@gstore/core";

/** A member that refused copies for want of room is passed over for so long (ms), then asked again. */
const FULL_FOR_MS = 5 * 60_000;

/** Members that said that they are full, not long ago. What this node alone knows: the placement itself stays the same. */
export class FullPeers {
  readonly #clock: Clock;
  /** At most as many as there are members. */
  readonly #until = new Map<PeerId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A member refused a copy. */
  add(peer: PeerId): void {
    this.#until.set(peer, this.#clock.monotonic() + FULL_FOR_MS);
  }

  /** A member took one. */
  delete(peer: PeerId): void {
    this.#until.delete(peer);
  }

  now(): ReadonlySet<PeerId> {
    const now = this.#clock.monotonic();
    for (const [peer, until] of this.#until) if (until <= now) this.#until.delete(peer);
    return new Set(this.#until.keys());
  }
}
