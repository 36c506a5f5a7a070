/**
 * What counts as one address where addresses are counted: an IPv4 address, or the /64 out of which an IPv6 host may pick
 * as many addresses as it likes. Takes the text that the system gives for a socket.
 */
export function addressGroup(host: string): string {
  const [address = ""] = host.split("%");
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [left = [], right = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
