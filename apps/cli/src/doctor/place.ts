import { GstoreError } from "@gstore/gateway/client";

/** Where something listens or is dialled. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

const MULTIADDR =
  /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})(?:\/tls|\/wss?|\/tls\/ws)?(?:\/p2p\/[^/]+)?$/;
const HOST_AND_PORT = /^(?:\[([0-9a-f:.]+)\]|([^/:\s[\]]+)):(\d{1,5})$/i;
const URL_OF_WEB = /^(wss?):\/\/(?:\[([0-9a-f:.]+)\]|([^/:\s[\]]+))(?::(\d{1,5}))?(?:\/|\/gstore)?$/i;
const PORT_MAX = 65_535;

/**
 * Host and port of an address, without what it takes to know all of multiaddrs: that is half a second of libp2p. Throws
 * `INVALID_ARGUMENT`.
 */
export function placeOf(address: string): Place {
  const long = MULTIADDR.exec(address);
  const short = HOST_AND_PORT.exec(address);
  const [, web, ip6, name, webPort = web === "wss" ? "443" : "80"] = URL_OF_WEB.exec(address) ?? [];
  if (web !== undefined && Number(webPort) <= PORT_MAX)
    return { host: ip6 ?? name ?? "", port: Number(webPort) };
  const host = long?.[1] ?? short?.[1] ?? short?.[2];
  const port = Number(long?.[2] ?? short?.[3]);
  if (host !== undefined && port <= PORT_MAX) return { host, port };
  const shown = JSON.stringify(address.slice(0, 200));
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `${shown} is no address of a node. Write /ip4/192.0.2.7/tcp/4000, 192.0.2.7:4000, host:4000 or wss://host.`,
  );
}

/** Whether an address is that of a WebSocket. */
export function isWebAddress(address: string): boolean {
  return URL_OF_WEB.test(address) || /\/tcp\/\d+\/(?:wss?|tls\/ws)(?:\/|$)/.test(address);
}

/** Where an HTTP proxy is; null where that is no address of one. */
export function proxyPlace(proxy: string): Place | null {
  const url = URL.parse(proxy);
  if (url === null || url.protocol !== "http:" || url.hostname === "") return null;
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) };
}
