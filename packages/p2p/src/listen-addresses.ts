import type { PeerId } from "@gstore/core";
import { getThinWaistAddresses } from "@libp2p/utils";
import type { Multiaddr } from "@multiformats/multiaddr";
import { addressOf, parseMultiaddr } from "./address.ts";

/** The addresses a node listens on as others dial it: those of all interfaces for a wildcard, each once, loopback last. */
export function expandListenAddresses(bound: readonly Multiaddr[], self: PeerId): string[] {
  const texts = bound
    .flatMap((address) => {
      const { web } = parseMultiaddr(address);
      return getThinWaistAddresses(address).map((plain) => ({ ...parseMultiaddr(plain), web }));
    })
    // Plain TCP first.
    .sort((a, b) => Number(a.web !== null) - Number(b.web !== null))
    .map((address) => String(addressOf({ ...address, peer: self }).multiaddr));
  return [...new Set(texts)].sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
}

/** The port that a node listens on for others, by plain TCP; 0 where it listens nowhere. */
export function portOf(bound: readonly Multiaddr[]): number {
  return bound.map(parseMultiaddr).find(({ web }) => web === null)?.port ?? 0;
}

/** Where a node listens on local networks of IPv4. */
export function localPlaces(bound: readonly Multiaddr[], self: PeerId): { host: string; port: number }[] {
  return expandListenAddresses(bound, self)
    .map(parseMultiaddr)
    .filter(({ host, web }) => web === null && LOCAL.test(host))
    .map(({ host, port }) => ({ host, port }));
}

/** Private addresses (RFC 1918), and those that providers share out (RFC 6598). */
const LOCAL = /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;

/** Whether a node's own address can be reached from its machine alone. */
export function isLoopback(address: string): boolean {
  return /^\/ip4\/127\.|^\/ip6\/::1\//.test(address);
}
