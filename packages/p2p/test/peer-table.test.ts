import type { ConnectedPeer, PeerId } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { multiaddr } from "@multiformats/multiaddr";
import { expect, test } from "vitest";
import { DUPLICATE_GRACE_MS } from "../src/limits.ts";
import { type PeerConnection, PeerTable } from "../src/peer-table.ts";
import { ManualClock } from "./manual-clock.ts";

const [SMALL, LARGE] = [generateIdentity().peerId, generateIdentity().peerId].sort() as [PeerId, PeerId];

function table(self: PeerId) {
  const clock = new ManualClock();
  const events: string[] = [];
  const busy = new Set<unknown>();
  const closed: string[] = [];
  const peer = self === SMALL ? LARGE : SMALL;
  const peers = new PeerTable({
    self,
    clock,
    connected: ({ direction }: ConnectedPeer) => void events.push(`connected ${direction}`),
    connectedAgain: ({ direction }: ConnectedPeer) => void events.push(`again ${direction}`),
    disconnected: () => void events.push("disconnected"),
    links: () => [],
    isIdle: (connection) => !busy.has(connection),
  });
  const add = (name: string, direction: "inbound" | "outbound"): PeerConnection => {
    const close = async (): Promise<void> => {
      closed.push(name);
      peers.remove(connection);
    };
    const link = { peer, direction, address: multiaddr("/ip4/127.0.0.1/tcp/1") };
    const connection = {
      connection: { close },
      link,
      certificate: [],
      roundTripMs: null,
    } as unknown as PeerConnection;
    peers.add(connection);
    return connection;
  };
  return { clock, events, busy, closed, peer, peers, add };
}

test("several connections are one peer: connected with the first, disconnected with the last", () => {
  const { events, peers, add } = table(SMALL);
  const first = add("first", "inbound");
  const second = add("second", "outbound");
  peers.remove(first);
  peers.remove(first);
  // The preferred connection's direction: the second one's, from now on.
  expect(events).toEqual(["connected inbound", "again outbound"]);
  peers.remove(second);
  expect(events).toEqual(["connected inbound", "again outbound", "disconnected"]);
});

test("both ends prefer what the node with the smaller PeerId dialled, and of several the newest", () => {
  for (const [self, wanted, other] of [
    [SMALL, "outbound", "inbound"],
    [LARGE, "inbound", "outbound"],
  ] as const) {
    const { peers, peer, add } = table(self);
    const only = add("only", other);
    expect(peers.preferred(peer)).toBe(only);
    const old = add("old", wanted);
    expect(peers.preferred(peer)).toBe(old);
    const newest = add("newest", wanted);
    add("another", other);
    expect(peers.preferred(peer)).toBe(newest);
  }
});

test("who dialled a surplus connection closes it, once it is idle and the grace is over", () => {
  const { clock, closed, busy, add, events } = table(LARGE);
  const surplus = add("surplus", "outbound");
  add("wanted", "inbound");
  busy.add(surplus.connection);
  clock.advance(DUPLICATE_GRACE_MS * 3);
  expect(closed).toEqual([]);
  busy.clear();
  clock.advance(DUPLICATE_GRACE_MS - 1);
  expect(closed).toEqual([]);
  clock.advance(1);
  expect(closed).toEqual(["surplus"]);
  expect(events).toEqual(["connected outbound", "again inbound"]);
  clock.advance(DUPLICATE_GRACE_MS);
  expect(clock.pending).toBe(0);
});

test("what the other node dialled is left to it", () => {
  const { clock, closed, add } = table(SMALL);
  add("its own", "inbound");
  add("ours", "outbound");
  clock.advance(DUPLICATE_GRACE_MS * 10);
  expect(closed).toEqual([]);
});
