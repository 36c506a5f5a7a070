// Request round trips per second over loopback between two processes, against bare node:tls in the same run.
// node --conditions=@gstore/source packages/p2p/bench/requests.bench.mjs [count]
import { once } from "node:events";
import { connect } from "node:tls";
import { createPeerNetwork } from "../src/index.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { best, credentialsOf, idleHandlers, nodeOptions, report, startPeerProcess } from "./shared.mjs";

const count = Number(process.argv[2] ?? 40_000);
const message = Buffer.alloc(200, 7);
const { child, node, port } = await startPeerProcess();
const { identity, options } = nodeOptions(Buffer.alloc(32, 3));
const network = createPeerNetwork(options);
await network.start(idleHandlers);
const peer = await network.connect(node);

/** Keeps `parallel` calls going until `total` are done. */
async function loop(total, parallel, call) {
  let left = total;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

/** Echoes in order over one bare socket: what a round trip costs without any protocol. */
async function bareEcho() {
  const socket = connect({ port, host: "127.0.0.1", ...credentialsOf(createTlsCredentials(identity)) });
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  const order = Buffer.alloc(9);
  order[0] = 2;
  socket.write(order);
  await once(socket, "data");
  const waiting = [];
  let received = 0;
  socket.on("data", (bytes) => {
    received += bytes.length;
    for (; received >= message.length; received -= message.length) waiting.shift()();
  });
  return {
    call: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        socket.write(message);
      }),
    close: () => socket.destroy(),
  };
}

for (const parallel of [1, 64, 256]) {
  const total = parallel === 1 ? count / 10 : count;
  const bare = await bareEcho();
  report(
    `bare node:tls, ${parallel} at once`,
    "req/s",
    await best(3, total, () => loop(total, parallel, bare.call)),
  );
  bare.close();
  const call = () => network.request(peer, "entries", message);
  report(
    `gstore request, ${parallel} at once`,
    "req/s",
    await best(3, total, () => loop(total, parallel, call)),
  );
}

await network.stop();
child.disconnect();
