// The other end of the benchmarks of links, in a process of its own: a node's network part and a bare node:tls server.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { BulkChannel } from "@gstore/core";
import { bareTlsOptions, FRAME_BYTES, idleHandlers, networkOfSeed, ORDER } from "./two-processes.ts";

const payload = Buffer.alloc(FRAME_BYTES, 7);
const network = networkOfSeed(2, ["127.0.0.1:0"]);

await network.start({
  ...idleHandlers,
  request: async (_from, _purpose, message) => message,
  bulk: (_from, channel) => serveBulk(channel),
});

const server = createServer({ ...bareTlsOptions(process.argv[2] as string), requestCert: true }, (socket) => {
  serveBare(socket).catch(() => socket.destroy());
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ address: network.addresses()[0], port: (server.address() as AddressInfo).port });
});
process.on("disconnect", () => process.exit(0));

async function serveBulk(channel: BulkChannel): Promise<void> {
  const order = JSON.parse(Buffer.from((await channel.receive()) ?? []).toString()) as { send: number };
  for (let sent = 0; sent < order.send; sent += payload.length) await channel.send(payload);
  if (order.send > 0) await channel.end();
  else while ((await channel.receive()) !== null);
}

/** One byte back says that it begins; after what was ordered to be taken, one more. */
async function serveBare(socket: TLSSocket): Promise<void> {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  const [order] = (await once(socket, "data")) as [Buffer];
  const total = order.readDoubleBE(1);
  let received = 0;
  if (order[0] !== ORDER.send) {
    socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
      if (order[0] === ORDER.echo) socket.write(bytes);
      else if (received >= total) socket.write(Buffer.alloc(1));
    });
  }
  socket.write(Buffer.alloc(1));
  for (let sent = 0; order[0] === ORDER.send && sent < total; sent += payload.length) {
    if (!socket.write(payload)) await once(socket, "drain");
  }
}
