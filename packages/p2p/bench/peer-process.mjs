// The other end of both benchmarks, in a process of its own: a gstore node and a bare node:tls server.
import { once } from "node:events";
import { createServer } from "node:tls";
import { createPeerNetwork } from "../src/index.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { CHUNK_BYTES, credentialsOf, idleHandlers, nodeOptions } from "./shared.mjs";

const payload = Buffer.alloc(CHUNK_BYTES, 7);
const { identity, options } = nodeOptions(Buffer.alloc(32, 2));
const network = createPeerNetwork(options);

await network.start({
  ...idleHandlers,
  request: async (_from, _purpose, message) => message,
  bulk: async (_from, channel) => {
    const order = JSON.parse(Buffer.from(await channel.receive()).toString());
    if (order.send) {
      for (let sent = 0; sent < order.bytes; sent += payload.length) await channel.send(payload);
      await channel.end();
    } else {
      while ((await channel.receive()) !== null);
    }
  },
});

/** The first nine bytes say what to do: take so many (0), send so many (1), send back (2). One byte says that it begins. */
async function serve(socket) {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  const [order] = await once(socket, "data");
  const total = order.readDoubleBE(1);
  let received = 0;
  if (order[0] !== 1) {
    socket.on("data", (bytes) => {
      received += bytes.length;
      if (order[0] === 2) socket.write(bytes);
      else if (received >= total) socket.write(Buffer.alloc(1));
    });
  }
  socket.write(Buffer.alloc(1));
  for (let sent = 0; order[0] === 1 && sent < total; sent += payload.length) {
    if (!socket.write(payload)) await once(socket, "drain");
  }
}

const server = createServer(
  { ...credentialsOf(createTlsCredentials(identity)), requestCert: true },
  (socket) => {
    serve(socket).catch(() => socket.destroy());
  },
);
server.listen(0, "127.0.0.1", () => {
  process.send({ node: network.addresses()[0], port: server.address().port });
});
process.on("disconnect", () => process.exit(0));
