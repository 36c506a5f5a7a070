import { randomInt, type X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { beforeAll, expect, test } from "vitest";
import { HostilePeer } from "./support/hostile-peer.ts";
import { Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { type Heard, hear, talk, talkTls } from "./support/raw-client.ts";
import { STRANGERS } from "./support/stranger-certificates.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

// What outsiders hear that speak libp2p, half of our own protocol, lesser TLS or something else altogether.

/** Strangers are closed after 10 s; a busy machine gets some more. */
const CLOSED_MS_MAX = 16_000;
/** What is refused before a stranger has said anything is not left to wait. */
const CLOSED_AT_ONCE_MS_MAX = 5_000;
const DRIBBLE_MS = 500;
const SIGNATURE_BYTES = 64;
const REFUSED = "HANDSHAKE_FAILED";
/** A TLS alert or a refusal fits; anything that tells something does not. */
const TOLD_BYTES_MAX = 64;
/** Connections in the handshake: of one address and of all (docs/spec/transport.md). */
const PENDING_PER_ADDRESS_MAX = 16;
const PENDING_MAX = 64;

const ALPNS = ["gstore/1", "gstore-bulk/1", "gstore-join/1"];
const select = (protocol: string): Buffer => Buffer.concat([line("/multistream/1.0.0"), line(protocol)]);
const yamux = (type: number, flags: number): Buffer =>
  Buffer.from([0, type, 0, flags, 0, 0, 0, 1, 0, 0, 0, 0]);
const GARBAGE = pseudoBytes("garbage", 64 * 1024);
const NOT_OURS: Readonly<Record<string, Buffer>> = {
  "64 KiB of garbage": GARBAGE,
  "a TLS record of garbage": Buffer.concat([Buffer.from([0x16, 0x03, 0x01]), GARBAGE]),
  "an HTTP request": Buffer.from(
    "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n",
  ),
};
const HALF_TLS: Readonly<Record<string, Buffer>> = {
  "half a TLS record": Buffer.from([0x16, 0x03, 0x01, 0x02]),
  "the first byte of TLS": Buffer.from([0x16]),
  silence: Buffer.alloc(0),
};
const LIBP2P: Readonly<Record<string, Buffer>> = {
  "multistream-select for noise": select("/noise"),
  "multistream-select for TLS": select("/tls/1.0.0"),
  identify: select("/ipfs/id/1.0.0"),
  ping: Buffer.concat([select("/ipfs/ping/1.0.0"), Buffer.alloc(32, 7)]),
  "the DHT": select("/ipfs/kad/1.0.0"),
  "a relay": select("/libp2p/circuit/relay/0.2.0/hop"),
  "requests of ours": select("/gstore/1/membership"),
  "a Noise handshake": Buffer.concat([Buffer.from([0, 32]), Buffer.alloc(32, 9)]),
  "a yamux ping": yamux(2, 1),
  // Read as a length this is 65,537: so much has to come before it is known to be nothing.
  "a yamux stream": Buffer.concat([yamux(1, 1), select("/ipfs/id/1.0.0"), Buffer.alloc(65_537)]),
};
/** Each a length that announces more than comes. */
const HALF_HELLOS: Readonly<Record<string, Buffer>> = {
  "half a hello": Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(100)]),
  "the length of a hello": Buffer.from([0, 1, 0x40, 0]),
  "half a length": Buffer.from([0, 0]),
  silence: Buffer.alloc(0),
  "a hello that is too long": Buffer.from([0, 1, 0x40, 1]),
};
const UNFIT: Readonly<Record<string, ConnectionOptions>> = {
  "an RSA certificate": STRANGERS.rsa,
  "an ECDSA certificate": STRANGERS.p256,
  "no certificate": {},
  "TLS 1.2": { ...STRANGERS.ed25519, maxVersion: "TLSv1.2", minVersion: "TLSv1.2" },
  "TLS 1.2 without forward secrecy": {
    ...STRANGERS.rsa,
    ...{ maxVersion: "TLSv1.2", minVersion: "TLSv1.2", ciphers: "AES128-SHA:@SECLEVEL=0" },
  },
  "a cipher suite of TLS 1.3 that is none of ours": {
    ...STRANGERS.ed25519,
    ...{ minVersion: "TLSv1.3", ciphers: "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256" },
  },
};

const lab = Lab.forThisFile();
const hostile = HostilePeer.start(lab);
const [anna] = (await lab.init("anna")) as [TestNode];
await anna.up({ verbose: true });
const berta = await lab.join("berta", anna);
await lab.start([anna, berta]);
/** They are left to wait, all the while that the tests before theirs run. */
const waiting = beginHalfHandshakes();

beforeAll(async () => {
  await hostile.join("writer", anna, { role: "writer" });
});

/** A text with its length in front, as multistream-select has it. */
function line(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length + 1), Buffer.from(`${text}\n`)]);
}

async function expectServing(key: string): Promise<void> {
  const stored = await anna.client.put(key, Buffer.from(key), { copies: 2, wait: "all" });
  expect(stored.copies).toBeGreaterThanOrEqual(2);
  await waitFor("berta shows it", async () => (await berta.keys()).includes(key));
}

/** An address of this machine's own for each connection: of one address only so many may be in the handshake. */
function ownAddress(): { readonly localAddress: string } {
  return { localAddress: `127.0.${1 + randomInt(100)}.${1 + randomInt(250)}` };
}

function asStranger(alpn: string): ConnectionOptions {
  return { ...STRANGERS.ed25519, ...ownAddress(), minVersion: "TLSv1.3", ALPNProtocols: [alpn] };
}

/** Sends a hello byte by byte, so that it is never idle. */
function dribble(socket: Socket): Promise<Heard> {
  socket.write(Buffer.of(0, 0, 1, 0));
  const timer = setInterval(() => socket.write(Buffer.of(0)), DRIBBLE_MS);
  socket.once("close", () => clearInterval(timer));
  return hear(socket);
}

type Told = readonly [what: string, told: Promise<Heard>];

function beginHalfHandshakes(): Told[] {
  const { port } = anna;
  const bare = Object.entries(HALF_TLS).map(([what, bytes]): Told => [what, talk(port, bytes, ownAddress())]);
  const inTls = ALPNS.flatMap((alpn) => {
    const options = { host: "127.0.0.1", port, rejectUnauthorized: false, ...asStranger(alpn) };
    const halves = Object.entries(HALF_HELLOS).map(
      ([what, bytes]): Told => [`${what} on ${alpn}`, talkTls(port, bytes, asStranger(alpn))],
    );
    return [...halves, [`bytes that dribble on ${alpn}`, dribble(connectTls(options))]] as Told[];
  });
  return [...bare, ...inTls];
}

async function expectToldNothing(...all: readonly Told[]): Promise<void> {
  for (const [what, told] of all) {
    const { bytes, ms } = await told;
    expect(ms, what).toBeLessThan(CLOSED_MS_MAX);
    expect(bytes.length, `${what}: ${bytes.toString("latin1")}`).toBeLessThanOrEqual(TOLD_BYTES_MAX);
    expect(bytes.includes("multistream"), what).toBe(false);
  }
}

test("an outsider that speaks libp2p, HTTP or garbage, inside TLS or without, is told nothing", async () => {
  const { port } = anna;
  for (const alpn of ALPNS) {
    const inTls = Object.entries({ ...LIBP2P, ...NOT_OURS }).map(([what, bytes]): Told => {
      return [`${what} on ${alpn}`, talkTls(port, bytes, asStranger(alpn))];
    });
    await expectToldNothing(...inTls);
    for (const [what, told] of inTls) expect((await told).isSecured, what).toBe(true);
  }
  await expectToldNothing(
    ...Object.entries({ ...LIBP2P, ...NOT_OURS }).map(([what, bytes]): Told => {
      return [what, talk(port, bytes, ownAddress())];
    }),
  );
  await expectServing("after those that speak something else");
});

test("TLS that is less than 1.3 with Ed25519 on both sides is refused at once, whatever it is for", async () => {
  const unfit = Object.entries(UNFIT).flatMap(([what, options]) =>
    ALPNS.map((alpn) => ({ what, options, alpn })),
  );
  const unknown = ["h2", "libp2p"].map((alpn) => ({
    what: "a fit stranger",
    options: asStranger(alpn),
    alpn,
  }));
  const all = [...unfit, ...unknown].map(({ what, options, alpn }): Told => {
    const given = { ...options, ...ownAddress(), ALPNProtocols: [alpn] };
    return [`${what} on ${alpn}`, talkTls(anna.port, Buffer.alloc(100), given)];
  });
  for (const [what, told] of all) {
    const { bytes, ms } = await told;
    expect(ms, what).toBeLessThan(CLOSED_AT_ONCE_MS_MAX);
    expect(bytes.length, `${what}: ${bytes.toString("latin1")}`).toBe(0);
  }
});

test("the certificate that a stranger is shown says the node's key and nothing else", async () => {
  const [ours, theirs] = await Promise.all([anna, berta].map(certificateOf));
  expect(ours?.key).not.toEqual(theirs?.key);
  expect(ours?.rest).toEqual(theirs?.rest);
});

/** The key in the certificate that a node shows, and what else is in it, but for the signature at its end. */
async function certificateOf({ port }: TestNode): Promise<{ key: Buffer; rest: Buffer }> {
  const options = { host: "127.0.0.1", port, rejectUnauthorized: false, ...asStranger("gstore/1") };
  const socket = connectTls(options).on("error", () => {});
  await once(socket, "secureConnect");
  const { raw, publicKey } = socket.getPeerX509Certificate() as X509Certificate;
  socket.destroy();
  const key = publicKey.export({ type: "spki", format: "der" });
  expect(raw.indexOf(key)).toBeGreaterThan(0);
  const rest = [
    raw.subarray(0, raw.indexOf(key)),
    raw.subarray(raw.indexOf(key) + key.length, -SIGNATURE_BYTES),
  ];
  return { key, rest: Buffer.concat(rest) };
}

test("certificates that are another's, of another network, or by who may not admit are refused", async () => {
  const ways = { "own network": "WRONG_NETWORK", "own root": REFUSED, borrowed: REFUSED, issued: REFUSED };
  for (const [way, code] of Object.entries(ways)) {
    const as = way.replace(" ", "-");
    await hostile.do("pretend", { as, of: "writer", with: way as "issued" });
    for (const node of [anna, berta]) {
      const got = await hostile.codeOf("connect", { as, address: node.address });
      expect({ way, code: got }).toEqual({ way, code });
    }
  }
  expect((await anna.client.peers()).filter(({ connected }) => connected)).toHaveLength(2);
  await expectServing("after certificates");
});

test("half a handshake, however slowly it goes on, is closed within 10 s and told nothing", async () => {
  await expectToldNothing(...waiting);
  for (const [what, told] of waiting) expect((await told).isSecured, what).toBe(what.includes(" on gstore"));
  await expectServing("after half handshakes");
});

test("so many of one address and so many of all may be in the handshake, and those that are members go on", async () => {
  const { port } = anna;
  const flood = (localAddress: string, count: number): Socket[] =>
    Array.from({ length: count }, () =>
      connect({ host: "127.0.0.1", port, localAddress }).on("error", () => {}),
    );
  const closed = (sockets: readonly Socket[]) => sockets.filter((socket) => socket.closed).length;
  const all: Socket[] = [];
  const perAddress = PENDING_PER_ADDRESS_MAX;
  for (let address = 1; address <= PENDING_MAX / perAddress; address++) {
    const sockets = flood(`127.0.2.${address}`, 3 * perAddress);
    all.push(...sockets);
    await waitFor("the surplus is closed", () => closed(sockets) >= 2 * perAddress);
  }
  expect(closed(all)).toBe(all.length - PENDING_MAX);
  const late = flood("127.0.2.200", 5);
  await waitFor("one more is closed", () => closed(late) === late.length);
  await expectServing("during a flood");
  expect(closed(all)).toBe(all.length - PENDING_MAX);
  const refused = anna.stderr.split("\n").filter((line) => line.includes("refused a connection"));
  const said = new Set(
    refused.map((line) => JSON.parse(line)).map(({ level, error }) => `${level}: ${error.message}`),
  );
  const more = "and takes no more. Try again later.";
  expect(said).toContain(`warn: This node has 16 connections in the handshake from this address, ${more}`);
  expect(said).toContain(`debug: This node has 64 connections in the handshake, ${more}`);
  expect(refused.filter((line) => line.includes("warn"))).toHaveLength(1);
  for (const socket of all) socket.destroy();
  // A stranger's TLS is done again, as a member's would be.
  await waitFor("a stranger is heard again", async () => {
    return (await talkTls(port, Buffer.alloc(100, 1), asStranger("gstore/1"))).isSecured;
  });
  await expectServing("after a flood");
});
