import { GstoreError, type PeerId, parsePeerId } from "@gstore/core";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";

/** That a node is reached by a WebSocket, in clear or in the TLS of a web server before it; what is inside is the same. */
export type Web = "ws" | "wss";

/** Where a node listens or is dialled. */
export interface PeerAddress {
  /** An IP address, or a name for the resolver of the machine; the relay's id where there is a relay. */
  readonly host: string;
  /** 0 where there is a relay. */
  readonly port: number;
  /** Through whom the node is reached; null for itself. */
  readonly relay: PeerId | null;
  /** Null for plain TCP. */
  readonly web: Web | null;
  /** Who is expected there; null where the address does not say. */
  readonly peer: PeerId | null;
  /** The address as multiaddr, with `/p2p/…` where the peer is known. */
  readonly multiaddr: Multiaddr;
}

const HOST_PROTOCOLS = ["ip4", "ip6", "dns", "dns4", "dns6"];
const WEB_URL = /^(wss?):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^/:\s[\]]+))(?::(\d{1,5}))?(?:\/|\/gstore)?$/;
/** What stands in a URL and means a host alone: a name, or an IP address. */
const WEB_HOST = /^(?:[A-Za-z0-9._-]+|[0-9a-fA-F:.]+)$/;
/** What may stand behind the port. */
const WAYS: Readonly<Record<string, Web | null>> = {
  "": null,
  tls: null,
  ws: "ws",
  wss: "wss",
  "tls/ws": "wss",
};
const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^/:\s[\]]+)):(\d{1,5})$/;

/** Reads `/ip4/192.0.2.7/tcp/4000`, `/dns4/host/tcp/4000/p2p/12D3Koo…`, `192.0.2.7:4000`, `[::1]:4000`, `host:4000` or `wss://host`. */
export function parsePeerAddress(text: string): PeerAddress {
  const short = HOST_AND_PORT.exec(text);
  if (short) {
    const host = short[1] ?? short[2] ?? "";
    const port = Number(short[3]);
    if (port <= 65_535) return addressOf({ host, port, peer: null });
  }
  const [, web, ip6, name, ownPort = web === "wss" ? "443" : "80"] = WEB_URL.exec(text) ?? [];
  if (web !== undefined && Number(ownPort) <= 65_535)
    return addressOf({ host: ip6 ?? name ?? "", port: Number(ownPort), peer: null, web: web as Web });
  if (!text.startsWith("/")) throw invalidAddress(text);
  return parseMultiaddr(text);
}

/** The address of a host, a port and perhaps a peer; plain TCP where nothing else is said. */
export function addressOf(parts: {
  host: string;
  port: number;
  peer: PeerId | null;
  web?: Web | null;
}): PeerAddress {
  const { host, port, peer, web = null } = parts;
  if (web !== null && !WEB_HOST.test(host)) throw invalidAddress(`${host}:${port}`);
  const suffix = `${web === null ? "" : `/${web}`}${peer === null ? "" : `/p2p/${peer}`}`;
  try {
    const text = `/${protocolOf(host)}/${host}/tcp/${port}${suffix}`;
    return { host, port, peer, relay: null, web, multiaddr: multiaddr(text) };
  } catch (cause) {
    throw invalidAddress(`${host}:${port}`, cause);
  }
}

/** The address of a node behind a relay. */
export function relayedAddressOf({ relay, peer }: { relay: PeerId; peer: PeerId | null }): PeerAddress {
  const suffix = peer === null ? "" : `/p2p/${peer}`;
  return {
    host: relay,
    port: 0,
    peer,
    relay,
    web: null,
    multiaddr: multiaddr(`/p2p/${relay}/p2p-circuit${suffix}`),
  };
}

/** Reads a multiaddr of one of the supported forms, a text or libp2p's own object. */
export function parseMultiaddr(address: string | Multiaddr): PeerAddress {
  const text = String(address);
  let parts: { name: string; value?: string | undefined }[];
  try {
    parts = (typeof address === "string" ? multiaddr(address) : address).getComponents();
  } catch (cause) {
    throw invalidAddress(text, cause);
  }
  const [host, tcp, ...rest] = parts;
  if (tcp?.name === "p2p-circuit") return parseRelayed(parts, text);
  const last = rest.at(-1);
  const peer = last?.name === "p2p" && last.value !== undefined ? parsePeerId(last.value) : null;
  const between = rest.slice(0, peer === null ? rest.length : -1).map((part) => part.name);
  const web = WAYS[between.join("/")];
  const supported = host && HOST_PROTOCOLS.includes(host.name) && tcp?.name === "tcp" && web !== undefined;
  if (!supported || host.value === undefined) throw invalidAddress(text);
  return addressOf({ host: host.value, port: Number(tcp.value), peer, web });
}

function parseRelayed(
  [relay, , peer, ...more]: readonly { name: string; value?: string | undefined }[],
  text: string,
): PeerAddress {
  const isNode = (part: typeof relay): boolean => part?.name === "p2p" && part.value !== undefined;
  if (!isNode(relay) || (peer !== undefined && !isNode(peer)) || more.length > 0) throw invalidAddress(text);
  return relayedAddressOf({
    relay: parsePeerId(relay?.value as string),
    peer: peer === undefined ? null : parsePeerId(peer.value as string),
  });
}

function protocolOf(host: string): string {
  if (host.includes(":")) return "ip6";
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? "ip4" : "dns";
}

function invalidAddress(text: string, cause?: unknown): GstoreError {
  return new GstoreError(
    "INVALID_ARGUMENT",
    `"${text.slice(0, 200)}" is no address of a node. Write /ip4/192.0.2.7/tcp/4000, 192.0.2.7:4000, host:4000 or wss://host.`,
    { address: text.slice(0, 200), cause },
  );
}
