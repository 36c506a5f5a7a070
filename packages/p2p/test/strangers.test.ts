import { randomBytes, webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:tls";
import "reflect-metadata";
import {
  encodeCbor,
  encodeCertificateChain,
  HANDSHAKE_BYTES_MAX,
  HANDSHAKE_TIMEOUT_MS,
  isGstoreError,
  PENDING_CONNECTIONS_PER_ADDRESS_MAX,
} from "@gstore/core";
import { createNetworkSecrets, generateIdentity } from "@gstore/crypto";
import { X509CertificateGenerator } from "@peculiar/x509";
import { expect, test } from "vitest";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { ManualClock, until } from "./manual-clock.ts";
import { certificateOf, rejectionOf, sharedSecrets, startNode, startPair } from "./network-fixture.ts";
import { helloFrame, rawTcp, rawTls } from "./raw-peer.ts";

const refusal = (code: number): Buffer => Buffer.from(encodeFrame(encodeCbor([1, 2, code])));
const HANDSHAKE_FAILED = 72;
const WRONG_NETWORK = 53;

test("a node that is not the one dialled is refused, and is told nothing", async () => {
  const impostor = generateIdentity();
  const heard: Buffer[] = [];
  const server = createServer(
    {
      ...createTlsCredentials(impostor),
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ["gstore/1"],
    },
    (socket) => socket.on("data", (bytes) => heard.push(bytes)).on("error", () => {}),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const a = await startNode();
  const expected = generateIdentity().peerId;
  const error = await rejectionOf(a.network.connect(`/ip4/127.0.0.1/tcp/${port}/p2p/${expected}`));
  expect(isGstoreError(error, "PEER_MISMATCH")).toBe(true);
  expect((error as Error).message).toContain(`127.0.0.1/tcp/${port}`);
  expect((error as Error).message).toContain(impostor.peerId);
  expect(Buffer.concat(heard)).toHaveLength(0);
  server.close();
});

test("a member of another network is refused by a bare code, and says so in its error", async () => {
  const other = createNetworkSecrets();
  const b = await startNode();
  const stranger = await startNode({ secrets: other });
  const error = await rejectionOf(stranger.network.connect(b.address()));
  expect(isGstoreError(error, "WRONG_NETWORK")).toBe(true);
  expect((error as Error).message).toContain(b.address());
  const identity = generateIdentity();
  const raw = rawTls(b.address(), { identity });
  await once(raw.socket, "secureConnect");
  raw.socket.write(
    helloFrame(raw.socket, {
      identity,
      network: other.networkId,
      certificate: certificateOf(identity, other),
    }),
  );
  expect(await raw.closed).toEqual(refusal(WRONG_NETWORK));
  expect([...b.events, ...stranger.events]).toEqual([]);
});

test("a proven member of another network is refused even where nothing else would refuse it", async () => {
  const b = await startNode({ admit() {} });
  const stranger = await startNode({ secrets: createNetworkSecrets(), admit() {} });
  expect(isGstoreError(await rejectionOf(stranger.network.connect(b.address())), "WRONG_NETWORK")).toBe(true);
  expect([...b.events, ...stranger.events]).toEqual([]);
});

test("who is no member cannot find out which network a node is in", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const elsewhere = createNetworkSecrets();
  for (const network of [sharedSecrets.networkId, elsewhere.networkId, createNetworkSecrets().networkId]) {
    const raw = rawTls(b.address(), { identity });
    await once(raw.socket, "secureConnect");
    const certificate = certificateOf(generateIdentity(), elsewhere);
    raw.socket.write(helloFrame(raw.socket, { identity, network, certificate }));
    expect(await raw.closed).toEqual(refusal(HANDSHAKE_FAILED));
  }
});

test("another member's certificate is refused", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const raw = rawTls(b.address(), { identity });
  await once(raw.socket, "secureConnect");
  const certificate = certificateOf(generateIdentity());
  raw.socket.write(helloFrame(raw.socket, { identity, network: sharedSecrets.networkId, certificate }));
  expect(await raw.closed).toEqual(refusal(HANDSHAKE_FAILED));
});

test("a hello that was recorded on another TLS session, or said in the other role, is refused", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const says = { identity, network: sharedSecrets.networkId, certificate: certificateOf(identity) };
  const first = rawTls(b.address(), { identity });
  await once(first.socket, "secureConnect");
  const recorded = helloFrame(first.socket, says);
  first.socket.write(recorded);
  await until(() => first.received().length > 100);
  expect(b.events).toEqual([`connected ${identity.peerId}`]);
  first.socket.destroy();
  const second = rawTls(b.address(), { identity });
  await once(second.socket, "secureConnect");
  second.socket.write(recorded);
  expect(await second.closed).toEqual(refusal(HANDSHAKE_FAILED));
  const third = rawTls(b.address(), { identity });
  await once(third.socket, "secureConnect");
  third.socket.write(helloFrame(third.socket, { ...says, role: "listener" }));
  expect(await third.closed).toEqual(refusal(HANDSHAKE_FAILED));
});

test("a TLS session is never resumed", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const first = rawTls(b.address(), { identity });
  const [session] = (await once(first.socket, "session")) as [Buffer];
  first.socket.destroy();
  const second = rawTls(b.address(), { identity, session });
  await once(second.socket, "secureConnect");
  expect(second.socket.isSessionReused()).toBe(false);
  second.socket.destroy();
});

test("no certificate, an RSA one or an ECDSA one closes the connection before anything is said", async () => {
  const b = await startNode();
  const without = rawTls(b.address());
  expect(await without.closed).toHaveLength(0);
  for (const algorithm of [
    {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  ]) {
    const raw = rawTls(b.address(), await foreignCredentials(algorithm));
    expect(await raw.closed).toHaveLength(0);
  }
  expect(b.events).toEqual([]);
});

test("TLS 1.2, no ALPN name and an unknown one are refused", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const attempts = [
    rawTls(b.address(), { identity, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }),
    rawTls(b.address(), { identity, alpn: "h2" }),
    rawTls(b.address(), { identity, ALPNProtocols: [] }),
  ];
  for (const raw of attempts) expect(await raw.closed).toHaveLength(0);
});

test("garbage on the port does no harm", async () => {
  const [a, b] = await startPair();
  const identity = generateIdentity();
  const garbage = [
    randomBytes(1),
    randomBytes(300),
    randomBytes(65_536),
    Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  ];
  for (const bytes of garbage) {
    const raw = rawTcp(b.address());
    raw.socket.end(bytes);
    await raw.closed;
  }
  const hello = (bytes: Uint8Array): Uint8Array => encodeFrame(bytes);
  const afterTls = [
    randomBytes(65_536),
    frameHeader(HANDSHAKE_BYTES_MAX + 1),
    hello(randomBytes(500)),
    hello(encodeCbor([])),
    hello(
      encodeCbor([
        1,
        1,
        randomBytes(32),
        encodeCertificateChain(certificateOf(identity)),
        "x",
        randomBytes(63),
      ]),
    ),
    hello(encodeCbor([1, 2, HANDSHAKE_FAILED])),
  ];
  for (const bytes of afterTls) {
    for (const alpn of ["gstore/1", "gstore-bulk/1"]) {
      const raw = rawTls(b.address(), { identity, alpn });
      await once(raw.socket, "secureConnect");
      raw.socket.write(bytes);
      expect(await raw.closed).toEqual(refusal(HANDSHAKE_FAILED));
    }
  }
  for (let i = 0; i < 2 * PENDING_CONNECTIONS_PER_ADDRESS_MAX; i++) {
    const raw = rawTcp(b.address());
    raw.socket.write(randomBytes(100));
    await raw.closed;
  }
  expect(await a.network.request(b.identity.peerId, "entries", Buffer.from("x"))).toHaveLength(1);
  expect(b.events).toEqual([`connected ${a.identity.peerId}`]);
});

test("a handshake of a newer version is refused as such", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const raw = rawTls(b.address(), { identity });
  await once(raw.socket, "secureConnect");
  raw.socket.write(encodeFrame(encodeCbor([2, 1, "something", "new"])));
  expect(await raw.closed).toEqual(refusal(21));
});

test("who says nothing, before TLS or after it, is disconnected in time", async () => {
  const clock = new ManualClock();
  const b = await startNode({ clock });
  const identity = generateIdentity();
  const silent = [
    rawTcp(b.address()),
    rawTls(b.address(), { identity }),
    rawTls(b.address(), { identity, alpn: "gstore-bulk/1" }),
  ];
  await once((silent[0] as ReturnType<typeof rawTcp>).socket, "connect");
  for (const raw of silent.slice(1)) await once(raw.socket, "secureConnect");
  // One timer from the first byte on, one more from TLS on.
  await until(() => clock.pending === 5);
  clock.advance(HANDSHAKE_TIMEOUT_MS - 1);
  expect(silent.some(({ socket }) => socket.closed)).toBe(false);
  clock.advance(1);
  await Promise.all(silent.map((raw) => raw.closed));
  expect(clock.pending).toBe(0);
});

test("one address has only so many connections in the handshake, and they make room when they go", async () => {
  const b = await startNode();
  const max = PENDING_CONNECTIONS_PER_ADDRESS_MAX;
  const waiting = Array.from({ length: max }, () => rawTcp(b.address()));
  for (const { socket } of waiting) await once(socket, "connect");
  await rawTcp(b.address()).closed;
  const a = await startNode();
  const error = await rejectionOf(a.network.connect(b.address()));
  expect(isGstoreError(error, "PEER_UNREACHABLE", "HANDSHAKE_FAILED")).toBe(true);
  for (const { socket } of waiting) socket.destroy();
  await Promise.all(waiting.map((raw) => raw.closed));
  let connected = false;
  while (!connected) {
    connected = await a.network.connect(b.address()).then(
      () => true,
      () => false,
    );
  }
  expect(b.events).toEqual([`connected ${a.identity.peerId}`]);
});

async function foreignCredentials(algorithm: object): Promise<{ cert: string; key: string }> {
  const keys = (await webcrypto.subtle.generateKey(algorithm as never, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: "CN=x", keys: keys as never, signingAlgorithm: algorithm as never, serialNumber: "01" },
    webcrypto as never,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    cert: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}
