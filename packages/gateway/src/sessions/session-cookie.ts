import type { IncomingMessage } from "node:http";
import type { OwnNames } from "../tcp/same-site.ts";

/** The header that the page sends its session's key in. */
export const SESSION_KEY_HEADER = "x-gstore-session-key";

/**
 * The name of the cookie. Cookies don't know ports: that of another node of the machine is to be another one. With TLS
 * browsers hold the prefix to its promise: set by this host, for this host alone.
 */
function cookieName({ scheme }: OwnNames, { socket }: IncomingMessage): string {
  return `${scheme === "https" ? "__Host-" : ""}gstore-${socket.localPort}`;
}

/** The session's cookie in a request; undefined where there is none. */
export function cookieOf(request: IncomingMessage, port: OwnNames): string | undefined {
  const name = cookieName(port, request);
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [given, value] = pair.trim().split("=", 2);
    if (given === name) return value;
  }
  return undefined;
}

/** The header that gives a browser the cookie, or with an age of 0 takes it away. */
export function setCookie(
  request: IncomingMessage,
  port: OwnNames,
  { value, maxAgeSeconds }: { readonly value: string; readonly maxAgeSeconds: number },
): string {
  const secure = port.scheme === "https" ? "; Secure" : "";
  const name = cookieName(port, request);
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}
