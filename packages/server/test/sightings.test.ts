import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectedPeer, PeerId } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { ManualClock, SeededRandom } from "@gstore/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Sightings } from "../src/membership/sightings.ts";
import { TestNetwork } from "./support/test-network.ts";

const MINUTE_MS = 60_000;
const random = new SeededRandom("sightings");
const berta = generateIdentity(random).peerId;
const clara = generateIdentity(random).peerId;

let dir: string;
let path: string;
let clock: ManualClock;
let sightings: Sightings;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "gstore-sightings-"));
  path = join(dir, "sightings.json");
  clock = new ManualClock();
  sightings = await Sightings.open({ path, clock });
});
afterEach(async () => {
  await sightings.close();
  await rm(dir, { recursive: true, force: true });
});

const reopened = () => Sightings.open({ path, clock });

function peer(id: PeerId, address: string, direction: ConnectedPeer["direction"]): ConnectedPeer {
  const connection = { connectedAtMs: 0, roundTripMs: null, punched: false, bytesSent: 0, bytesReceived: 0 };
  return { peer: id, certificate: [], agent: "gstore", address, direction, ...connection };
}

test("a member is seen as long as it is connected, and then it was", async () => {
  expect(sightings.of(berta)).toBeUndefined();
  sightings.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
  clock.advance(5000);
  expect(sightings.of(berta)?.lastSeenMs).toBe(clock.now());
  const goneMs = clock.now();
  sightings.disconnected(berta);
  clock.advance(5000);
  expect(sightings.of(berta)).toEqual({ lastSeenMs: goneMs, address: "/ip4/192.0.2.1/tcp/4000" });
});

test("it survives a restart, and a crash but for the last minute", async () => {
  sightings.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
  for (let minute = 0; minute < 5; minute++) {
    clock.advance(MINUTE_MS);
    // Written by now, without an orderly end.
    await vi.waitFor(async () => {
      expect((await reopened()).of(berta)?.lastSeenMs).toBe(clock.now());
    });
  }
  clock.advance(1000);
  sightings.disconnected(berta);
  await sightings.close();
  expect((await reopened()).of(berta)?.lastSeenMs).toBe(clock.now());
  expect((await stat(path)).mode & 0o077).toBe(0);
});

test("many events in a minute are one write, and none without an event", async () => {
  for (let event = 0; event < 100; event++) {
    sightings.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
    sightings.disconnected(berta);
  }
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  clock.advance(MINUTE_MS);
  await vi.waitFor(async () => await stat(path));
  await rm(path);
  clock.advance(10 * MINUTE_MS);
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test("an address that was dialled is not replaced by where a connection came from", async () => {
  sightings.connected(peer(berta, "/ip4/192.0.2.9/tcp/51234", "inbound"));
  expect(sightings.of(berta)?.address).toBe("/ip4/192.0.2.9/tcp/51234");
  sightings.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
  sightings.connected(peer(berta, "/ip4/192.0.2.9/tcp/51299", "inbound"));
  expect(sightings.of(berta)?.address).toBe("/ip4/192.0.2.1/tcp/4000");
});

test("only members are kept", async () => {
  sightings.keepFor((id) => id === berta);
  sightings.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
  sightings.connected(peer(clara, "/ip4/192.0.2.2/tcp/4000", "outbound"));
  await sightings.close();
  const again = await reopened();
  expect([again.of(berta) === undefined, again.of(clara)]).toEqual([false, undefined]);
});

test.each(["", "[]", '{"version":1,"seen":[{"peer":1}]}', '{"version":2,"seen":[]}', "\u0000"])(
  "a damaged file (%j) begins anew",
  async (text) => {
    await writeFile(path, text);
    const again = await reopened();
    expect(again.of(berta)).toBeUndefined();
    again.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
    await again.close();
    expect(JSON.parse(await readFile(path, "utf8")).seen).toHaveLength(1);
  },
);

test("a clock that was set back shows no time to come", async () => {
  sightings.connected(peer(berta, "/ip4/192.0.2.1/tcp/4000", "outbound"));
  clock.advance(5000);
  await sightings.close();
  const earlier = new ManualClock();
  const again = await Sightings.open({ path, clock: earlier });
  expect(again.of(berta)?.lastSeenMs).toBeLessThanOrEqual(earlier.now());
});

test("a node tells of each member when it last saw it", async () => {
  const network = new TestNetwork();
  const [a, b, c] = await network.mesh("a", "b", "c");
  if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes");
  const goneMs = network.clock.now();
  network.hub.disconnect(a.id, b.id);
  network.clock.advance(3 * MINUTE_MS);
  const nowMs = network.clock.now();
  expect(a.node.members().map(({ name, connected, lastSeenMs }) => [name, connected, lastSeenMs])).toEqual([
    ["a", true, nowMs],
    ["b", false, goneMs],
    ["c", true, nowMs],
  ]);
  const [, fromB] = a.node.members();
  expect(fromB?.address).toContain(b.id);
  await network.stop();
});
