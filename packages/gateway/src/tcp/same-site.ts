import type { IncomingMessage } from "node:http";
import { GstoreError } from "@gstore/core";

/** What a port is reached as. */
export interface OwnNames {
  readonly scheme: "http" | "https";
  /** Names and addresses in lower case, without a port. */
  readonly names: ReadonlySet<string>;
}

/**
 * Refuses what a web page of somebody else's has a browser ask for. A page whose name was made to mean our address (DNS
 * rebinding) is told by Host, any other by Origin or Sec-Fetch-Site. `isLink` lets in what a link on another page leads to.
 */
export function refuseForeignPages(
  { headers, socket }: IncomingMessage,
  { scheme, names }: OwnNames,
  { isLink }: { readonly isLink: boolean },
): void {
  const host = headers.host ?? "";
  const name = hostnameOf(host);
  if (name === undefined || !(names.has(name) || name === plainAddress(socket.localAddress))) {
    const shown = JSON.stringify(host.slice(0, 80));
    throw refused(`This node does not answer as ${shown}. gstore up --http-host NAME adds a name.`);
  }
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `${scheme}://${host.toLowerCase()}`) {
    throw refused("The request comes from a web page of another origin.");
  }
  const site = headers["sec-fetch-site"];
  const isForeign = site === "cross-site" || site === "same-site";
  if (isForeign && !(isLink && headers["sec-fetch-mode"] === "navigate")) {
    throw refused("The request comes from a web page of another site.");
  }
}

/** The name in a Host header, in lower case and without a port or brackets; undefined for what is none. */
function hostnameOf(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** An address as a URL has it: one of IPv4 that came in by IPv6 is one of IPv4. */
function plainAddress(address: string | undefined): string | undefined {
  return address
    ?.toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, "")
    .replace(/%.*$/, "");
}

function refused(message: string): GstoreError {
  return new GstoreError("REQUEST_REFUSED", message);
}
