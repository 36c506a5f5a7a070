import { type Digest, digestOf, type PeerId } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dhtProtocol, recordKey } from "../../src/dht/dht-keys.ts";
import { DHT_ASKED_PER_LOOKUP_MAX, DHT_REQUESTS_BURST } from "../../src/dht/dht-limits.ts";
import { type DhtMessage, dhtMessages, encodeRecord, MESSAGE, type NamedMember } from "./dht-messages.ts";
import { type MemoryMember, MemoryMembers } from "./memory-members.ts";
import { MemoryStream } from "./memory-stream.ts";
import { recordOf } from "./records.ts";

let members: MemoryMembers;
let seeker: MemoryMember;
let sought: MemoryMember;
let liar: MemoryMember;
const digest: Digest = digestOf(Buffer.from("a blob"));

beforeEach(async () => {
  members = new MemoryMembers();
  const honest = await members.add();
  seeker = await members.add();
  sought = await members.add();
  liar = await members.add();
  members.connect(seeker, honest);
  members.connect(sought, honest);
  await sought.dht.refresh();
  await sought.dht.tellHolding(digest);
  members.connect(seeker, liar);
});
afterEach(() => members.stop());

/** From now on the liar answers whatever it is asked with this. */
function lie(answer: (key: Uint8Array) => Partial<DhtMessage>): void {
  liar.handlers.set(dhtProtocol(members.networkId), async (stream) => {
    const { read, write } = dhtMessages(stream);
    const request = await read();
    await write({ ...request, ...answer(request.key) }).catch(() => {});
  });
}

const named = (peer: PeerId, ...addresses: string[]): NamedMember => ({
  id: peerIdFromString(peer).toMultihash().bytes,
  multiaddrs: addresses.map((address) => multiaddr(address).bytes),
});

/** What is sought is found, whatever the liar says. */
async function findsAll(): Promise<void> {
  expect(await seeker.dht.findRecords(sought.id)).toContainEqual(sought.records.get(sought.id));
  expect(seeker.records.get(sought.id)).toEqual(sought.records.get(sought.id));
  expect(await seeker.dht.findHolders(digest)).toContain(sought.id);
}

const refused = () => seeker.dht.status().refused;

describe("a member that answers", () => {
  test.each([
    ["forged", () => recordOf(generateIdentity(), ["/ip4/192.0.2.1/tcp/1"], { network: members.networkId })],
    ["malformed", () => Buffer.from("no record")],
    [
      "signed by somebody else",
      () => {
        const record = recordOf(sought.identity, ["/ip4/192.0.2.1/tcp/1"], {
          network: members.networkId,
          sequence: 9,
        });
        record[record.length - 1] = (record.at(-1) as number) ^ 1;
        return record;
      },
    ],
  ])("with a record that is %s is not believed, and counted", async (_what, forged) => {
    lie((key) => ({ record: encodeRecord(key, forged()) }));
    await findsAll();
    expect(refused().record).toBeGreaterThan(0);
  });

  test("with an old record does not hide the new one", async () => {
    const old = sought.records.get(sought.id) as Uint8Array;
    sought.records.set(
      sought.id,
      recordOf(sought.identity, [sought.address, "/ip4/192.0.2.9/tcp/9"], {
        network: members.networkId,
        sequence: 2,
      }),
    );
    await sought.dht.refresh();
    lie((key) => ({ record: encodeRecord(key, old) }));
    await findsAll();
  });

  test("with a million entries is broken off, and counted", async () => {
    // Each is two bytes: that a member is named, and nothing of it.
    const more = Buffer.alloc(2_000_000, Buffer.from([(8 << 3) | 2, 0]));
    lie(() => ({ more }));
    await findsAll();
    expect(refused().surplus).toBeGreaterThan(0);
  });

  test("with more than are next to a key is heard no further", async () => {
    const closer = Array.from({ length: 500 }, () =>
      named(generateIdentity().peerId, "/ip4/192.0.2.1/tcp/1"),
    );
    lie(() => ({ closer }));
    await findsAll();
    expect(refused().surplus).toBeGreaterThan(400);
    expect(refused().stranger).toBeGreaterThan(20);
  });

  test("with strangers makes nobody dial them", async () => {
    const strangers = Array.from({ length: 20 }, () => generateIdentity().peerId);
    lie(() => ({ providers: strangers.map((peer) => named(peer, "/ip4/192.0.2.1/tcp/1")) }));
    await findsAll();
    expect(await seeker.dht.findHolders(digest)).toEqual([sought.id]);
    expect(refused().stranger).toBeGreaterThan(0);
    // The honest one, the liar, and who was sought.
    expect(seeker.dht.status().members).toBeLessThanOrEqual(3);
  });

  test("with wrong addresses of members makes them no harder to reach than before", async () => {
    lie(() => ({ closer: [named(sought.id, "/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.2/tcp/2")] }));
    await findsAll();
    await seeker.dht.reach(sought.id);
    expect(seeker.connected.has(sought.id)).toBe(true);
  });

  test("with members that are nowhere is counted", async () => {
    const gone = await Promise.all(Array.from({ length: 20 }, () => members.add()));
    lie(() => ({ closer: gone.map(({ id }) => named(id, "/ip4/192.0.2.1/tcp/1")) }));
    await findsAll();
    for (const text of ["a", "b", "c", "d"]) await seeker.dht.findHolders(digestOf(Buffer.from(text)));
    expect(refused().unreachable).toBeGreaterThan(0);
  });

  test("with ever closer members does not make a lookup endless", async () => {
    const more = await Promise.all(Array.from({ length: 150 }, () => members.add()));
    let at = 0;
    const closer = () =>
      Array.from({ length: 20 }, () => {
        const next = more[at++ % more.length] as MemoryMember;
        return named(next.id, next.address);
      });
    lie(() => ({ closer: closer() }));
    for (const one of more)
      one.handlers.set(dhtProtocol(members.networkId), (stream) => answerOn(stream, closer));
    const careful = await members.add({ limits: { asked: 10 } });
    for (const one of [seeker, careful]) members.connect(one, liar);
    const askedBy = async ({ dht }: MemoryMember): Promise<number> => {
      const before = dht.status().asked;
      await dht.findHolders(digestOf(Buffer.from("nowhere")));
      return dht.status().asked - before;
    };
    expect(await askedBy(seeker)).toBeLessThanOrEqual(DHT_ASKED_PER_LOOKUP_MAX);
    // All of them, as there is always one closer; but no more than it may.
    for (const one of more.slice(0, 20)) members.connect(careful, one);
    await members.settled();
    expect(await askedBy(careful)).toBe(10);
  });

  async function answerOn(
    stream: Parameters<typeof dhtMessages>[0],
    closer: () => NamedMember[],
  ): Promise<void> {
    const { read, write } = dhtMessages(stream);
    const request = await read();
    await write({ ...request, closer: closer() });
  }
});

describe("a member that asks", () => {
  const ask = async (message: DhtMessage): Promise<MemoryStream> => {
    const [here, there] = MemoryStream.pair();
    const handler = seeker.handlers.get(dhtProtocol(members.networkId));
    const served = handler?.(there, liar.id);
    await dhtMessages(here)
      .write(message)
      .catch(() => {});
    await here.close().catch(() => {});
    await served;
    return there;
  };

  test("all the time is not answered any more, and counted", async () => {
    const message: DhtMessage = { type: MESSAGE.findNode, key: recordKey(sought.id) };
    for (let count = 0; count < DHT_REQUESTS_BURST + 50; count++) await ask(message);
    expect(refused().surplus).toBe(50);
  });

  test("with 8 KiB is broken off", async () => {
    const stream = await ask({ type: MESSAGE.findNode, key: Buffer.alloc(64 * 1024) });
    expect(stream.status).toBe("aborted");
    expect(refused().surplus).toBe(1);
  });

  test("to keep a record that does not hold is refused", async () => {
    const key = recordKey(sought.id);
    const record = encodeRecord(key, Buffer.from("no record"));
    await ask({ type: MESSAGE.putValue, key, record });
    expect(refused().record).toBe(1);
    expect(seeker.records.get(sought.id)).not.toEqual(Buffer.from("no record"));
  });

  test("to keep what another member holds is not heard", async () => {
    const before = seeker.dht.status().holderRecords;
    const key = Buffer.concat([Buffer.from([0x12, 32]), Buffer.alloc(32, 7)]);
    await ask({ type: MESSAGE.addProvider, key, providers: [named(sought.id, "/ip4/192.0.2.1/tcp/1")] });
    expect(seeker.dht.status().holderRecords).toBe(before);
    await ask({ type: MESSAGE.addProvider, key, providers: [named(liar.id, "/ip4/192.0.2.1/tcp/1")] });
    expect(seeker.dht.status().holderRecords).toBe(before + 1);
  });
});
