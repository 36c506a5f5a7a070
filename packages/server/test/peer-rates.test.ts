import type { ConnectedPeer } from "@gstore/core";
import { expect, test } from "vitest";
import { PeerRates } from "../src/discovery/peer-rates.ts";

const peer = (bytesSent: number, bytesReceived: number) =>
  ({ peer: "12D3KooWBerta", bytesSent, bytesReceived }) as unknown as ConnectedPeer;
const id = peer(0, 0).peer;

test("a rate is what moved since one last looked; a new connection counts from zero, and one that is gone has none", () => {
  const rates = new PeerRates();
  rates.look([peer(1000, 0)], 0);
  expect(rates.of(id)).toEqual({ sentPerSecond: 0, receivedPerSecond: 0 });
  rates.look([peer(5000, 300)], 2000);
  expect(rates.of(id)).toEqual({ sentPerSecond: 2000, receivedPerSecond: 150 });
  rates.look([peer(800, 300)], 4000);
  expect(rates.of(id)).toEqual({ sentPerSecond: 400, receivedPerSecond: 0 });
  rates.look([], 6000);
  expect(rates.of(id)).toEqual({ sentPerSecond: 0, receivedPerSecond: 0 });
});
