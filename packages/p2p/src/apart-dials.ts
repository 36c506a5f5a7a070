import { GstoreError, type PeerId } from "@gstore/core";
import type { Libp2p } from "@libp2p/interface";
import { addressOf, type PeerAddress } from "./address.ts";
import { dialPeer } from "./dial-peer.ts";

/**
 * Dials of several addresses of one peer at once. libp2p joins dials that name the same peer and tries their addresses one
 * after the other, so that one which swallows all packets holds up the rest for ten seconds. So it is given the addresses
 * without the peer, and the transport asks here who is expected: nobody else is told who dials.
 */
export class ApartDials {
  readonly #expected: Map<string, PeerId> = new Map();

  /** Who is to answer at an address that names nobody; null for anybody. */
  expectedAt(address: string): PeerId | null {
    return this.#expected.get(address) ?? null;
  }

  /** As {@link dialPeer}. Rejects with `TOO_BUSY` while another peer is dialled at the same address. */
  async dial(
    node: Libp2p,
    address: PeerAddress & { readonly peer: PeerId },
    options: Parameters<typeof dialPeer>[2],
  ): Promise<PeerId> {
    const { peer } = address;
    const plain = addressOf({ ...address, peer: null });
    const key = String(plain.multiaddr);
    if (this.#expected.has(key)) {
      throw new GstoreError("TOO_BUSY", `The address ${key} is being dialled already.`, { retryable: true });
    }
    this.#expected.set(key, peer);
    try {
      return await dialPeer(node, plain, options);
    } finally {
      this.#expected.delete(key);
    }
  }
}
