import { GstoreError, networkIdOfRootKey, type PeerNetwork } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { ManualClock, SeededRandom } from "@gstore/testing";
import { expect, test } from "vitest";
import { AddressBook } from "../src/discovery/address-book.ts";
import { MemberDialer } from "../src/discovery/member-dialer.ts";
import { silentLogger } from "../src/logger.ts";
import { turns } from "./support/waiting.ts";

const random = new SeededRandom("member versions");
const [self, peer] = [generateIdentity(random).peerId, generateIdentity(random).peerId];
const unsupported = (fields: object) => new GstoreError("UNSUPPORTED_VERSION", "It is another one.", fields);

test.each([
  ["newer", unsupported({ actual: 2, limit: 1 })],
  ["older", unsupported({})],
  [null, new GstoreError("PEER_UNREACHABLE", "Nobody answers.")],
])("a member that can't connect for its protocol is known as %s until it does", async (expected, error) => {
  const clock = new ManualClock();
  const logger = silentLogger;
  const networkId = networkIdOfRootKey(new Uint8Array(32));
  const book = await AddressBook.open({ file: null, networkId, clock, random, logger });
  book.learn(peer, "/ip4/192.0.2.7/tcp/4000", "lan");
  const network = { self, peers: () => [], connect: () => Promise.reject(error) } as unknown as PeerNetwork;
  const all = { wanted: () => [peer], isDialable: () => true, unreached() {} };
  const dialer = new MemberDialer({ network, book, clock, random, logger, ...all });
  dialer.start();
  clock.advance(5000);
  await turns(5);
  expect(dialer.incompatibility(peer)).toBe(expected);
  dialer.connected(peer);
  expect(dialer.incompatibility(peer)).toBeNull();
  dialer.stop();
});
