import {
  ADDRESS_FORGOTTEN_MS,
  ADDRESSES_LEARNED_MAX,
  networkIdOfRootKey,
  RECONNECT_DELAY_MAX_MS,
} from "@gstore/core";
import { generateIdentity, signAddressRecord } from "@gstore/crypto";
import { ManualClock, SeededRandom } from "@gstore/testing";
import { beforeEach, expect, test } from "vitest";
import { AddressBook } from "../src/discovery/address-book.ts";
import { ownAddresses } from "../src/discovery/own-addresses.ts";
import { silentLogger } from "../src/logger.ts";

const HOUR_MS = 3600_000;
const [HOME, AWAY] = ["/ip4/192.168.1.7/tcp/4000", "/ip4/10.1.2.3/tcp/4000"] as const;
const random = new SeededRandom("address book");
const identity = generateIdentity(random);
const peer = identity.peerId;
const networkId = networkIdOfRootKey(new Uint8Array(32));
const recordOf = (sequence: number, ...addresses: string[]) =>
  signAddressRecord(identity, { network: networkId, sequence, addresses });
let clock: ManualClock;
let book: AddressBook;
let stored: Uint8Array | null;
const file = {
  path: "addresses.json",
  read: async () => stored,
  replace: async (bytes: Uint8Array) => {
    stored = bytes;
  },
};
const open = () => AddressBook.open({ file, networkId, clock, random, logger: silentLogger });
const known = () => book.addresses(peer).map(({ address }) => address);
const waitMs = () => (book.addresses(peer)[0]?.retryAtMs ?? 0) - clock.monotonic();

beforeEach(async () => {
  clock = new ManualClock();
  stored = null;
  book = await open();
});

test("an address that fails is tried again after longer and longer, up to a minute", () => {
  book.take(recordOf(1, HOME));
  const waits = Array.from({ length: 12 }, () => {
    book.failed(peer, HOME, { isOnline: true });
    return waitMs();
  });
  expect(waits[0]).toBeLessThanOrEqual(250);
  expect(waits[5]).toBeGreaterThan(2000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(RECONNECT_DELAY_MAX_MS);
  book.worked(peer, HOME);
  expect(waitMs()).toBeLessThanOrEqual(0);
});

/** As an address of a machine that is gone: tried every ten minutes. */
function failFor(days: number, isOnline: boolean): void {
  for (let tries = 0; tries < days * 24 * 6; tries++) {
    book.failed(peer, HOME, { isOnline });
    clock.advance(HOUR_MS / 6);
  }
}

test("a WebSocket is tried after plain TCP and before a relay, whatever worked last", () => {
  const [web, relayed] = ["/dns/a.example/tcp/443/wss", `/p2p/${peer}/p2p-circuit`];
  book.take(recordOf(1, relayed, web, HOME));
  book.worked(peer, relayed);
  clock.advance(1000);
  book.worked(peer, web);
  expect(known()).toEqual([HOME, web, relayed]);
});

test("one that failed for a week is forgotten, until a new record names it", () => {
  book.take(recordOf(1, HOME, AWAY));
  failFor(6, true);
  expect(known()).toContain(HOME);
  expect(waitMs()).toBeLessThan(HOUR_MS);
  failFor(2, true);
  expect(known()).toEqual([AWAY]);
  expect(book.record(peer)?.body.addresses).toEqual([HOME, AWAY]);
  book.take(recordOf(2, HOME, AWAY));
  expect(known()).toEqual([HOME, AWAY]);
});

test("nothing is forgotten while this node reaches nobody, or because its clock jumped", () => {
  book.take(recordOf(1, HOME));
  failFor(1, true);
  failFor(30, false);
  book.failed(peer, HOME, { isOnline: true });
  expect(known()).toEqual([HOME]);
  book.worked(peer, HOME);
  book.failed(peer, HOME, { isOnline: true });
  clock.jumpTo(clock.now() + 2 * ADDRESS_FORGOTTEN_MS);
  book.failed(peer, HOME, { isOnline: true });
  expect(known()).toEqual([HOME]);
});

test("where a member was reached comes first, and stays though its record names it no more", () => {
  book.take(recordOf(1, HOME, AWAY));
  book.worked(peer, AWAY);
  expect(known()).toEqual([AWAY, HOME]);
  book.take(recordOf(2, HOME));
  expect(known().sort()).toEqual([AWAY, HOME]);
});

test("an address behind a relay comes last, though the member was reached there", () => {
  const relayed = `/p2p/${generateIdentity(random).peerId}/p2p-circuit`;
  book.take(recordOf(1, relayed, HOME));
  book.worked(peer, relayed);
  expect(known()).toEqual([HOME, relayed]);
});

test("what neighbours say never takes the place of what worked, and is bounded", () => {
  book.worked(peer, HOME);
  for (let host = 1; host <= 250; host++) book.learn(peer, `/ip4/10.0.0.${host}/tcp/4000`, "lan");
  expect(known()).toHaveLength(ADDRESSES_LEARNED_MAX);
  expect(known()[0]).toBe(HOME);
});

test("it is on the disk a moment later, and read again as it was", async () => {
  book.take(recordOf(1, HOME, AWAY));
  book.worked(peer, AWAY);
  await book.close();
  const before = book.addresses(peer);
  book = await open();
  expect(book.addresses(peer)).toEqual(before.map((one) => ({ ...one, retryAtMs: 0 })));
  expect(book.sourceOf(peer, AWAY)).toBe("book");
});

test("a record on the disk that somebody else signed makes the book begin anew", async () => {
  book.take(recordOf(1, HOME));
  await book.close();
  const other = generateIdentity(random).peerId;
  stored = Buffer.from(
    Buffer.from(stored ?? [])
      .toString()
      .replace(peer, other),
  );
  book = await open();
  expect(book.count).toBe(0);
});

test("a node tells others of its addresses but loopback and link-local ones, unless it has no others", () => {
  const elsewhere = ["/ip4/192.168.1.7/tcp/4000/p2p/x", "/ip6/fd00::7/tcp/4000/p2p/x"];
  const here = ["/ip4/127.0.0.1/tcp/4000/p2p/x", "/ip6/::1/tcp/4000/p2p/x"];
  expect(ownAddresses([...elsewhere, ...here, "/ip6/fe80::7/tcp/4000/p2p/x"])).toEqual([
    "/ip4/192.168.1.7/tcp/4000",
    "/ip6/fd00::7/tcp/4000",
  ]);
  expect(ownAddresses(here)).toEqual(["/ip4/127.0.0.1/tcp/4000", "/ip6/::1/tcp/4000"]);
});
