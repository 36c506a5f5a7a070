import { once } from "node:events";
import { createServer as createWebServer, type IncomingMessage, request } from "node:http";
import { connect, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { HANDSHAKE_TIMEOUT_MS, isGstoreError, PENDING_CONNECTIONS_PER_ADDRESS_MAX } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { parsePeerAddress } from "../src/address.ts";
import { requestAsStranger } from "../src/index.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { ManualClock } from "./manual-clock.ts";
import { rejectionOf, startNode, type TestNode, type TestNodeOptions } from "./network-fixture.ts";
import { rawTcp } from "./raw-peer.ts";

const startWeb = (options: TestNodeOptions = {}): Promise<TestNode> =>
  startNode({ listen: ["ws://127.0.0.1:0"], ...options });
const portOf = (node: TestNode): number => parsePeerAddress(node.address()).port;
const key = { "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
const upgrade = { connection: "Upgrade", upgrade: "websocket", ...key };

/** What a node says to one HTTP request: the status, and its head. */
async function asked(node: TestNode, path: string, headers: object): Promise<IncomingMessage> {
  const outgoing = request({
    host: "127.0.0.1",
    port: portOf(node),
    path,
    headers: { ...headers },
    agent: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once("response", resolve).once("error", reject);
  outgoing.once("upgrade", (response, socket) => {
    socket.destroy();
    resolve(response);
  });
  outgoing.end();
  return await promise;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

function join(left: Socket, right: Socket, seen: (bytes: Buffer) => void = () => {}): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.on("data", seen).on("error", () => {});
    from.pipe(to);
    from.once("close", () => to.destroy());
  }
}

/** A proxy that knows CONNECT alone, and what it was asked for. */
async function startProxy(refusal?: number): Promise<{ port: number; heads: string[]; bytes: Buffer[] }> {
  const heads: string[] = [];
  const bytes: Buffer[] = [];
  const server = createWebServer();
  server.on("connect", ({ url = "", headers }, socket: Socket) => {
    heads.push(`${url} ${headers["proxy-authorization"]}`);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
      return;
    }
    const [host = "", port] = url.split(":");
    const to = connect({ host, port: Number(port) }, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      join(socket, to, (chunk) => bytes.push(chunk));
    });
  });
  return { port: await listening(server), heads, bytes };
}

/** A web server with TLS before a node, as one that passes a path on. */
async function startFront(before: TestNode): Promise<number> {
  const server = createTlsServer(createTlsCredentials(generateIdentity()), (socket) =>
    join(socket, connect({ host: "127.0.0.1", port: portOf(before) })),
  );
  return await listening(server);
}

test("a page in a browser, another path and a plain request are refused", async () => {
  const node = await startWeb();
  for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${portOf(node)}`])
    expect((await asked(node, "/gstore", { ...upgrade, origin })).statusCode).toBe(403);
  expect((await asked(node, "/", upgrade)).statusCode).toBe(404);
  expect((await asked(node, "/gstore?x", upgrade)).statusCode).toBe(404);
  expect((await asked(node, "/gstore", {})).statusCode).toBe(404);
  const taken = await asked(node, "/gstore", {
    ...upgrade,
    "sec-websocket-extensions": "permessage-deflate",
  });
  expect(taken.statusCode).toBe(101);
  expect(taken.headers["sec-websocket-extensions"]).toBeUndefined();
});

test("a message that is too large or text ends the connection, before it is kept", async () => {
  // No time passes, so that nothing is closed for want of a handshake.
  const node = await startWeb({ clock: new ManualClock() });
  for (const message of [new Uint8Array(64 * 1024 + 1), "text"]) {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(node)}/gstore`);
    await once(socket, "open");
    socket.send(message);
    await once(socket, "close");
  }
  const giant = rawTcp(node.address());
  const head = Object.entries(upgrade).map(([name, value]) => `${name}: ${value}\r\n`);
  giant.socket.write(`GET /gstore HTTP/1.1\r\nhost: x\r\n${head.join("")}\r\n`);
  await once(giant.socket, "data");
  // A frame of one byte too many, of which the first few come.
  giant.socket.write(Buffer.from("82ff00000000000100010000000000000000", "hex"));
  await giant.closed;
});

test("a stranger in HTTP is counted and timed as one on TCP", async () => {
  const clock = new ManualClock();
  const node = await startWeb({ clock });
  const waiting = Array.from({ length: PENDING_CONNECTIONS_PER_ADDRESS_MAX }, () => rawTcp(node.address()));
  await Promise.all(waiting.map(({ socket }) => once(socket, "connect")));
  for (const { socket } of waiting) socket.write("GET /gstore HTTP/1.1\r\n");
  expect(await rawTcp(node.address()).closed).toHaveLength(0);
  clock.advance(HANDSHAKE_TIMEOUT_MS);
  await Promise.all(waiting.map(({ closed }) => closed));
  expect((await asked(node, "/", {})).statusCode).toBe(404);
});

test("through a proxy by CONNECT, who sees nothing of what is inside, and bulk transfers go that way too", async () => {
  const proxy = await startProxy();
  const [a, b] = await Promise.all([
    startNode({ listen: [], proxy: `http://user:p%40ss@127.0.0.1:${proxy.port}`, agent: "gstore/7.7.7" }),
    startWeb(),
  ]);
  await a.network.connect(b.address());
  const channel = await a.network.openBulk(b.identity.peerId);
  await channel.send(Buffer.alloc(100_000, "plain text"));
  expect(await channel.receive()).toHaveLength(100_000);
  const back = await b.network.openBulk(a.identity.peerId);
  await back.send(Buffer.from("back"));
  expect(await back.receive()).toHaveLength(4);
  const authorization = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
  expect(proxy.heads).toEqual(Array(3).fill(`127.0.0.1:${portOf(b)} ${authorization}`));
  const seen = Buffer.concat(proxy.bytes);
  expect(seen.length).toBeGreaterThan(200_000);
  for (const secret of ["plain text", "gstore/7.7.7"]) expect(seen.includes(secret)).toBe(false);
  expect(b.network.peers()[0]?.address).toContain("/ws/");
});

test.each([
  [407, "http://USER:PASSWORD@HOST:PORT"],
  [403, "refuses (403)"],
])("a proxy that says %i is told of, its password is not", async (status, said) => {
  const proxy = await startProxy(status);
  const b = await startWeb();
  const a = await startNode({ listen: [], proxy: `http://user:secret@127.0.0.1:${proxy.port}` });
  const error = await rejectionOf(a.network.connect(b.address()));
  expect(isGstoreError(error, "PEER_UNREACHABLE")).toBe(true);
  expect((error as Error).message).toContain(said);
  expect(JSON.stringify(error) + String(error)).not.toContain("secret");
});

test("a proxy's address that is none is refused", async () => {
  for (const proxy of ["https://a:1", "a:1", "http://a:1/path", "http://", "socks5://a:1"])
    await expect(() => startNode({ proxy })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("by the TLS of a web server, whose certificate is nobody's, to the node behind it and no other", async () => {
  const b = await startWeb();
  const port = await startFront(b);
  const a = await startNode({ listen: [] });
  const wrong = generateIdentity().peerId;
  const error = await rejectionOf(a.network.connect(`/ip4/127.0.0.1/tcp/${port}/wss/p2p/${wrong}`));
  expect(isGstoreError(error, "PEER_MISMATCH")).toBe(true);
  await a.network.connect(`wss://127.0.0.1:${port}/gstore`);
  expect(a.network.peers()[0]?.address).toBe(`/ip4/127.0.0.1/tcp/${port}/wss/p2p/${b.identity.peerId}`);
  const channel = await a.network.openBulk(b.identity.peerId);
  await channel.send(Buffer.from("hello"));
  expect(await channel.receive()).toHaveLength(5);
});

test("a web server that knows of no gstore is told apart", async () => {
  const server = createWebServer((_asked, answer) => answer.writeHead(502).end());
  const port = await listening(server);
  const a = await startNode({ listen: [] });
  const error = await rejectionOf(a.network.connect(`ws://127.0.0.1:${port}`));
  expect(error).toMatchObject({ code: "HANDSHAKE_FAILED", message: expect.stringContaining("502") });
});

test("who is no member yet may ask by a WebSocket too", async () => {
  const node = await startWeb({ stranger: async (_from, message) => message });
  const answer = await requestAsStranger({
    identity: generateIdentity(),
    address: node.address(),
    peer: node.identity.peerId,
    message: () => Buffer.from("let me in"),
  });
  expect(Buffer.from(answer).toString()).toBe("let me in");
});

test("a node listens by TCP and WebSockets at once, and is told of with TCP first", async () => {
  const node = await startNode({ listen: ["ws://127.0.0.1:0", "127.0.0.1:0"] });
  const [first, second] = node.network.addresses();
  expect(first).not.toContain("/ws");
  expect(second).toContain("/ws/");
  const error = await rejectionOf(startNode({ listen: ["wss://127.0.0.1:0"] }));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining("web server") });
});

test.each([
  ["ws://host:81", "/dns/host/tcp/81/ws"],
  ["wss://host", "/dns/host/tcp/443/wss"],
  ["ws://[::1]/gstore", "/ip6/::1/tcp/80/ws"],
  ["/dns4/host/tcp/443/tls/ws", "/dns/host/tcp/443/wss"],
])("%s is %s", (text, address) => expect(String(parsePeerAddress(text).multiaddr)).toBe(address));

test.each([
  "ws://host/other",
  "http://host",
  "wss://host:70000",
  "/dns4/host/tcp/1/ws/tls",
  "wss://u@host",
  "/dns4/u@host/tcp/1/ws",
])("%s is no address", (text) => expect(() => parsePeerAddress(text)).toThrow("is no address"));
