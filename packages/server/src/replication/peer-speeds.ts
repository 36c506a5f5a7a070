import type { ConnectedPeer, PeerId } from "@gstore/core";

/** Share of the newest blob in what is known of a peer: an answer that was late once is soon forgotten. */
const NEWEST_SHARE = 0.2;
/** A blob takes at least this long (ms), so that of peers that are all quick the least busy is asked. */
const QUICKEST_MS = 0.05;

/** How long members take for a blob, by those that they gave: who is near and quick is asked for more than who is not. */
export class PeerSpeeds {
  readonly #msPerBlob = new Map<PeerId, number>();

  /** A peer gave a blob this long (ms) after it was asked, or after the one before it. */
  note(peer: PeerId, ms: number): void {
    const known = this.#msPerBlob.get(peer);
    this.#msPerBlob.set(peer, known === undefined ? ms : known + NEWEST_SHARE * (ms - known));
  }

  /** How long (ms) it will take until a peer that has `load` blobs to give has given one more. By its round trip where it gave none yet. */
  wait({ peer, roundTripMs }: Pick<ConnectedPeer, "peer" | "roundTripMs">, load: number): number {
    const msPerBlob = this.#msPerBlob.get(peer) ?? roundTripMs ?? 0;
    return (load + 1) * Math.max(QUICKEST_MS, msPerBlob);
  }

  /** Forgets those that are connected no more. */
  keep(connected: readonly Pick<ConnectedPeer, "peer">[]): void {
    if (this.#msPerBlob.size <= connected.length) return;
    const peers = new Set(connected.map(({ peer }) => peer));
    for (const peer of this.#msPerBlob.keys()) if (!peers.has(peer)) this.#msPerBlob.delete(peer);
  }
}
