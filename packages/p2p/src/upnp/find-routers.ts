import { createSocket } from "node:dgram";
import type { Clock } from "@gstore/core";
import { UPNP_ROUTERS_MAX, UPNP_SEARCH_MS } from "../limits.ts";

export interface RouterSearch {
  readonly clock: Clock;
  /** The address of this machine on the local network that is asked. */
  readonly from: string;
  /** Where to ask; the group of SSDP unless a test says else. */
  readonly to?: { readonly host: string; readonly port: number } | undefined;
  readonly signal: AbortSignal;
}

const GROUP = { host: "239.255.255.250", port: 1900 };
const TARGETS = [1, 2].map((version) => `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`);

/**
 * Asks the local network for routers that forward ports (SSDP), and gives where they describe themselves. Anybody there may
 * answer: who does can name nobody but itself, and only so many are listened to. Never rejects: where there is no multicast
 * there is no router.
 */
export function findRouters({ clock, from, to = GROUP, signal }: RouterSearch): Promise<URL[]> {
  return new Promise((resolve) => {
    const found = new Map<string, URL>();
    const socket = createSocket("udp4");
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      try {
        socket.close();
      } catch {
        // It could not even be bound.
      }
      resolve([...found.values()]);
    };
    const cancel = clock.after(UPNP_SEARCH_MS, end);
    signal.addEventListener("abort", end, { once: true });
    socket.on("error", end);
    socket.on("message", (bytes, { address }) => {
      const location = locationOf(bytes.toString("latin1"), address);
      if (location !== null) found.set(location.href, location);
      if (found.size >= UPNP_ROUTERS_MAX) end();
    });
    socket.bind({ address: from, port: 0 }, () => {
      try {
        socket.setMulticastTTL(2);
        socket.setMulticastInterface(from);
      } catch {
        end();
        return;
      }
      for (const target of TARGETS) socket.send(question(target, to), to.port, to.host, () => {});
    });
    if (signal.aborted) end();
  });
}

function question(target: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return [
    "M-SEARCH * HTTP/1.1",
    `HOST: ${host}:${port}`,
    'MAN: "ssdp:discover"',
    "MX: 1",
    `ST: ${target}`,
    "",
    "",
  ].join("\r\n");
}

function locationOf(answer: string, sender: string): URL | null {
  const text = /^location:[ \t]*(\S+)/im.exec(answer)?.[1];
  if (!answer.startsWith("HTTP/1.1 200") || text === undefined) return null;
  try {
    const url = new URL(text);
    return url.protocol === "http:" && url.hostname === sender ? url : null;
  } catch {
    return null;
  }
}
