import { ADDRESS_BYTES_MAX, ADDRESSES_PER_RECORD_MAX, type PeerId } from "@gstore/core";

/** What of the addresses that a node listens on is of use to others. */
export function ownAddresses(listening: readonly string[]): string[] {
  const addresses = listening.map(withoutPeer).filter((address) => address.length <= ADDRESS_BYTES_MAX);
  // A link-local address of IPv6 means nothing without the name of an interface.
  const global = addresses.filter((address) => !/^\/ip6\/fe[89ab]/i.test(address));
  const elsewhere = global.filter((address) => !isLoopback(address));
  return (elsewhere.length > 0 ? elsewhere : global).slice(0, ADDRESSES_PER_RECORD_MAX);
}

/** An address that means the machine itself, whichever it is. */
export function isLoopback(address: string): boolean {
  return /^\/ip4\/(?:127|0)\.|^\/ip6\/::1?(?:\/|$)|^\/dns[46]?\/localhost\//i.test(address);
}

/** The member through which an address leads; null for one that leads to its node directly. */
export function relayOf(address: string): PeerId | null {
  return (/^\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1] ?? null) as PeerId | null;
}

/** Whether an address is that of a WebSocket. */
export function isWeb(address: string): boolean {
  return /\/tcp\/\d+(?:\/tls)?\/wss?(?:\/|$)/.test(address);
}

export function withoutPeer(address: string): string {
  return address.replace(/\/p2p\/[^/]*$/, "");
}
