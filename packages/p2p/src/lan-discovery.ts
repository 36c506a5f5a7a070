import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import {
  type Digest,
  digestOf,
  digestToBytes,
  type NetworkId,
  type PeerHandlers,
  type PeerId,
  type PeerNetwork,
  parsePeerId,
  type Random,
} from "@gstore/core";
import { mdns } from "@libp2p/mdns";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { parseMultiaddr } from "./address.ts";
import { LAN_ADDRESSES_MAX, LAN_QUERY_INTERVAL_MS } from "./limits.ts";
import { isLoopback } from "./listen-addresses.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import type { PeerNetworkOptions } from "./peer-network-options.ts";

export interface LanDiscoveryOptions {
  readonly network: NetworkId;
  readonly self: PeerId;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  /** Where this node listens, as others dial it, with `/p2p/…`. */
  readonly addresses: () => readonly string[];
  /** A node says that it is on the local network, at addresses of the local network. Anybody there can say so. */
  readonly seen: (peer: PeerId, addresses: readonly string[]) => void;
}

type MulticastDns = ReturnType<ReturnType<typeof mdns>>;

const TAG: Uint8Array = Buffer.from("gstore lan v1\0");
/** A service name has at most 15 characters behind its underscore (RFC 6335). */
const SERVICE_CHARACTERS = 12;

/** Tells the local network of this node, and hears of others of the same network, by libp2p's multicast DNS. */
export class LanDiscovery {
  readonly #options: LanDiscoveryOptions;
  #mdns: (MulticastDns & { start?(): unknown; stop?(): unknown }) | null = null;

  constructor(options: LanDiscoveryOptions) {
    this.#options = options;
  }

  /** Where the machine has no multicast, nothing is heard, and the log says so. */
  async start(): Promise<void> {
    const { network, random, addresses, logger } = this.#options;
    const own = (): Multiaddr[] => addresses().map((address) => multiaddr(address));
    const log = quietLogger((error) => logger.debug({ error: String(error) }, "multicast DNS failed"));
    const components = { addressManager: { getAddresses: own }, logger: { forComponent: () => log } };
    this.#mdns = mdns({
      serviceTag: lanServiceName(network),
      peerName: Buffer.from(random.bytes(16)).toString("hex"),
      interval: LAN_QUERY_INTERVAL_MS,
    })(components as unknown as Parameters<ReturnType<typeof mdns>>[0]);
    this.#mdns.addEventListener("peer", ({ detail }) => this.#heard(String(detail.id), detail.multiaddrs));
    await this.#mdns.start?.();
  }

  async stop(): Promise<void> {
    await this.#mdns?.stop?.();
    this.#mdns = null;
  }

  #heard(id: string, multiaddrs: readonly Multiaddr[]): void {
    const { self, seen } = this.#options;
    if (id === self) return;
    const near = multiaddrs
      .slice(0, LAN_ADDRESSES_MAX)
      .flatMap((address) => hostIfTcp(address) ?? [])
      .filter(({ host }) => isOnLink(host))
      .map(({ text }) => text);
    if (near.length > 0) seen(parsePeerId(id), near);
  }
}

/** Begins to look at the local network, where the options say so and this node can be reached from there; null otherwise. */
export async function openLan(
  { mdns: isWanted, networkId, identity, random, logger }: PeerNetworkOptions,
  node: Pick<PeerNetwork, "addresses">,
  handlers: Pick<PeerHandlers, "seenOnLan">,
): Promise<LanDiscovery | null> {
  // What is behind a relay is not on the local network.
  const addresses = () => node.addresses().filter((address) => !address.includes("/p2p-circuit"));
  if (!isWanted || addresses().every(isLoopback)) return null;
  const seen = (peer: PeerId, near: readonly string[]) => handlers.seenOnLan?.(peer, near);
  const self = identity.peerId;
  const lan = new LanDiscovery({ network: networkId, self, random, logger, addresses, seen });
  await lan.start();
  return lan;
}

/** The name under which nodes of a network look for each other: it tells nobody who does not know it which network it is. */
export function lanServiceName(network: NetworkId): string {
  const digest = digestOf(Buffer.concat([TAG, digestToBytes(network as string as Digest)]));
  const text = Buffer.from(digestToBytes(digest)).toString("hex").slice(0, SERVICE_CHARACTERS);
  return `_gs${text}._udp.local`;
}

/** Whether an IP address is in a subnet of one of this machine's interfaces. */
export function isOnLink(host: string, interfaces: typeof networkInterfaces = networkInterfaces): boolean {
  const version = isIP(host);
  if (version === 0) return false;
  const subnets = new BlockList();
  for (const { cidr, family } of Object.values(interfaces()).flatMap((some) => some ?? [])) {
    const [network, prefix] = cidr?.split("/") ?? [];
    const isUsable = network !== undefined && prefix !== undefined;
    if (isUsable) subnets.addSubnet(network, Number(prefix), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return subnets.check(host, version === 6 ? "ipv6" : "ipv4");
}

function hostIfTcp(address: Multiaddr): { host: string; text: string } | null {
  try {
    const { host, multiaddr: plain } = parseMultiaddr(address);
    return { host, text: String(plain) };
  } catch {
    return null;
  }
}

/** A logger of libp2p's form that passes on errors alone. */
function quietLogger(failed: (error: unknown) => void): object {
  const log = (): void => {};
  const error = (_format: string, ...args: unknown[]): void => failed(args.at(-1));
  return Object.assign(log, { error, trace: log, enabled: false, newScope: () => log });
}
