import type { PeerId } from "@gstore/core";
import { DHT_ADDRESSES_PER_ANSWER_MAX, DHT_ADDRESSES_PER_HINT_MAX, DHT_HINTS_MAX } from "./dht-limits.ts";

/** Where members are said to be by others: to be dialled, which proves who is there, and nothing more. */
export class AddressHints {
  /** Oldest first. */
  readonly #addresses = new Map<PeerId, string[]>();

  /** Takes note of what somebody says. Of what is said of one member, the latest stays. */
  note(peer: PeerId, addresses: readonly string[]): void {
    if (addresses.length === 0) return;
    const heard = addresses.slice(0, DHT_ADDRESSES_PER_ANSWER_MAX);
    const known = this.of(peer).filter((address) => !heard.includes(address));
    this.#addresses.delete(peer);
    this.#addresses.set(peer, [...heard, ...known].slice(0, DHT_ADDRESSES_PER_HINT_MAX));
    if (this.#addresses.size <= DHT_HINTS_MAX) return;
    const [oldest] = this.#addresses.keys();
    if (oldest !== undefined) this.#addresses.delete(oldest);
  }

  of(peer: PeerId): readonly string[] {
    return this.#addresses.get(peer) ?? [];
  }

  /** Nobody, or somebody else, is there. */
  drop(peer: PeerId, address: string): void {
    const left = this.of(peer).filter((known) => known !== address);
    if (left.length > 0) this.#addresses.set(peer, left);
    else this.#addresses.delete(peer);
  }
}
