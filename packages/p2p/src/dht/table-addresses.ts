import type { PeerId } from "@gstore/core";

/** With which address each member of the routing table is connected: so many of one address, and no more. */
export class TableAddresses {
  readonly #max: number;
  readonly #addresses = new Map<PeerId, string>();
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a member in, or anew at another address. False where there are enough of this address. */
  enter(peer: PeerId, address: string): boolean {
    if (this.#addresses.get(peer) === address) return true;
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#max) return false;
    this.leave(peer);
    this.#addresses.set(peer, address);
    this.#counts.set(address, count + 1);
    return true;
  }

  leave(peer: PeerId): void {
    const address = this.#addresses.get(peer);
    if (address === undefined) return;
    this.#addresses.delete(peer);
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }

  /** Only these are in the table. */
  keepOnly(peers: ReadonlySet<PeerId>): void {
    for (const peer of [...this.#addresses.keys()]) if (!peers.has(peer)) this.leave(peer);
  }
}
