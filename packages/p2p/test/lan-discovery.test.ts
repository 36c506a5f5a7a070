import { networkIdOfRootKey } from "@gstore/core";
import { expect, test } from "vitest";
import { isOnLink, lanServiceName } from "../src/lan-discovery.ts";

test("the service name of a network is one that DNS-SD allows, and does not hold its id", () => {
  const network = networkIdOfRootKey(new Uint8Array(32));
  const name = lanServiceName(network);
  expect(name).toMatch(/^_gs[0-9a-f]{12}\._udp\.local$/);
  expect(name).not.toBe(lanServiceName(networkIdOfRootKey(new Uint8Array(32).fill(1))));
  for (let at = 0; at + 12 <= network.length; at++) expect(name).not.toContain(network.slice(at, at + 12));
});

test("an address is on the local network where an interface has its subnet", () => {
  const interfaces = () => ({
    eth0: [
      { cidr: "192.0.2.2/24", family: "IPv4" as const },
      { cidr: "2001:db8::2/64", family: "IPv6" as const },
      { cidr: null, family: "IPv4" as const },
    ] as never[],
  });
  const near = ["192.0.2.7", "2001:db8::7"];
  const far = ["192.0.3.7", "127.0.0.1", "2001:db8:0:1::7", "nas.local", ""];
  expect(near.filter((host) => isOnLink(host, interfaces))).toEqual(near);
  expect(far.filter((host) => isOnLink(host, interfaces))).toEqual([]);
});
