// MB/s of bulk transfers over loopback between two processes, against bare node:tls in the same run.
// node --conditions=@gstore/source packages/p2p/bench/bulk.bench.mjs [MiB]
import { once } from "node:events";
import { connect } from "node:tls";
import { createPeerNetwork } from "../src/index.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import {
  best,
  CHUNK_BYTES,
  credentialsOf,
  idleHandlers,
  nodeOptions,
  report,
  startPeerProcess,
} from "./shared.mjs";

const totalBytes = Number(process.argv[2] ?? 1024) * 1024 * 1024;
const payload = Buffer.alloc(CHUNK_BYTES, 7);
const { child, node, port } = await startPeerProcess();
const { identity, options } = nodeOptions(Buffer.alloc(32, 3));
const network = createPeerNetwork(options);
await network.start(idleHandlers);
const peer = await network.connect(node);

async function bareConnection(kind) {
  const socket = connect({ port, host: "127.0.0.1", ...credentialsOf(createTlsCredentials(identity)) });
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  const order = Buffer.alloc(9);
  order[0] = kind;
  order.writeDoubleBE(totalBytes, 1);
  socket.write(order);
  await once(socket, "data");
  return socket;
}

async function bareSend() {
  const socket = await bareConnection(0);
  for (let sent = 0; sent < totalBytes; sent += payload.length) {
    if (!socket.write(payload)) await once(socket, "drain");
  }
  await once(socket, "data");
  socket.destroy();
}

async function bareReceive() {
  const socket = await bareConnection(1);
  let received = 0;
  const done = Promise.withResolvers();
  socket.on("data", (bytes) => {
    received += bytes.length;
    if (received >= totalBytes - payload.length) done.resolve();
  });
  await done.promise;
  socket.destroy();
}

async function bulkSend() {
  const channel = await network.openBulk(peer);
  await channel.send(Buffer.from(JSON.stringify({ send: false })));
  for (let sent = 0; sent < totalBytes; sent += payload.length) await channel.send(payload);
  await channel.end();
  if ((await channel.receive()) !== null) throw new Error("the peer answered");
}

async function bulkReceive() {
  const channel = await network.openBulk(peer);
  await channel.send(Buffer.from(JSON.stringify({ send: true, bytes: totalBytes })));
  let received = 0;
  for (let frame = await channel.receive(); frame !== null; frame = await channel.receive()) {
    received += frame.length;
  }
  if (received < totalBytes) throw new Error(`received ${received}`);
  await channel.end();
}

const runs = { bareSend, bareReceive, bulkSend, bulkReceive };
for (const [name, run] of Object.entries(runs)) report(name, "MB/s", await best(3, totalBytes / 1e6, run));
await network.stop();
child.disconnect();
