import { BlockList, isIP } from "node:net";
import { PUNCH_PORT_MIN } from "../limits.ts";
import type { SeenAt } from "./relay-messages.ts";

// One list for each family: node:net takes an IPv4 address for one of ::ffff:0:0/96 as well.
const NOT_OUTSIDE_4 = listOf("ipv4", [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
]);
// Unspecified, loopback and IPv4 in other clothes; unique local, link-local, multicast.
const NOT_OUTSIDE_6 = listOf("ipv6", [
  ["::", 8],
  ["64:ff9b::", 16],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 9],
  ["ff00::", 8],
]);

/**
 * Whether a node connects to where a relay says that it sees a member: an address outside all local networks, so that no relay
 * sends it against what only it can reach, and a port that a router may have given away.
 */
export function isPunchable({ host, port }: SeenAt): boolean {
  return port >= PUNCH_PORT_MIN && isOutside(host);
}

/** Whether that is an address outside all local networks. */
export function isOutside(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return false;
  return family === 4 ? !NOT_OUTSIDE_4.check(host, "ipv4") : !NOT_OUTSIDE_6.check(host, "ipv6");
}

function listOf(
  family: "ipv4" | "ipv6",
  networks: readonly (readonly [network: string, bits: number])[],
): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
}
