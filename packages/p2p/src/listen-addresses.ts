import type { PeerId } from "@gstore/core";
import type { Multiaddr } from "@multiformats/multiaddr";
import { addressOf, parseMultiaddr } from "./address.ts";

/** The addresses a node listens on as others dial it: each once, with its PeerId, loopback last. */
export function expandListenAddresses(bound: readonly Multiaddr[], self: PeerId): string[] {
  const texts = bound.map((address) => {
    const { host, port } = parseMultiaddr(address);
    return String(addressOf({ host, port, peer: self }).multiaddr);
  });
  const isLoopback = (text: string): number => (/^\/ip4\/127\.|^\/ip6\/::1\//.test(text) ? 1 : 0);
  return [...new Set(texts)].sort((a, b) => isLoopback(a) - isLoopback(b));
}
