import type { Clock, PeerId } from "@gstore/core";

/** A member that refused a copy for want of room is passed over for so long (ms), then asked again. */
const FULL_FOR_MS = 5 * 60_000;

/**
 * Members that said, not long ago, that they are full. That is what this node alone heard: the placement itself is the same
 * on every node, and copies that such a member has already go on counting.
 */
export class FullPeers {
  readonly #clock: Clock;
  /** At most as many as there are members: only these are asked. */
  readonly #until = new Map<PeerId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A member refused a copy. */
  add(peer: PeerId): void {
    this.#until.set(peer, this.#clock.monotonic() + FULL_FOR_MS);
  }

  has(peer: PeerId): boolean {
    const until = this.#until.get(peer);
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#until.delete(peer);
    return false;
  }
}
