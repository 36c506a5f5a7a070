import { PENDING_CONNECTIONS_MAX, PENDING_CONNECTIONS_PER_ADDRESS_MAX } from "@gstore/core";
import { expect, test } from "vitest";
import { LinkGate } from "../src/link-gate.ts";

function enter(gate: LinkGate, host: string): (() => void) | null {
  try {
    return gate.enter(host, () => {});
  } catch (error) {
    expect(error).toMatchObject({ code: "TOO_BUSY", retryable: true });
    return null;
  }
}

test("the addresses of one IPv6 network count as one in the handshake", () => {
  const gate = new LinkGate();
  const leaves = Array.from({ length: 100 }, (_, host) => enter(gate, `2001:db8::${host.toString(16)}`));
  expect(leaves.filter((leave) => leave !== null)).toHaveLength(PENDING_CONNECTIONS_PER_ADDRESS_MAX);
  expect(enter(gate, "2001:db8:0:1::1")).not.toBeNull();
  leaves[0]?.();
  leaves[0]?.();
  expect(enter(gate, "2001:db8::1")).not.toBeNull();
  expect(enter(gate, "2001:db8::1")).toBeNull();
});

test("all addresses together have a bound in the handshake", () => {
  const gate = new LinkGate();
  const leaves = Array.from({ length: 200 }, (_, host) => enter(gate, `192.0.2.${host}`));
  expect(leaves.filter((leave) => leave !== null)).toHaveLength(PENDING_CONNECTIONS_MAX);
});
