import { once } from "node:events";
import type { BenchContext } from "../benchmark.ts";
import { fastest, megabytesPerSecond } from "../timing.ts";
import { FRAME_BYTES, ORDER, type OtherProcess, startOtherProcess } from "./two-processes.ts";

const TOTAL_BYTES = 512 * 2 ** 20;
const payload = Buffer.alloc(FRAME_BYTES, 7);

export async function run(context: BenchContext): Promise<void> {
  const { report } = context;
  const other = await startOtherProcess(context);
  const rate = async (work: () => Promise<void>): Promise<number> =>
    megabytesPerSecond(TOTAL_BYTES, await fastest(3, work));
  const bareSending = { name: "bare node:tls, sending", value: await rate(() => bareSend(other)) };
  const bareReceiving = { name: "bare node:tls, receiving", value: await rate(() => bareReceive(other)) };
  report.figure({
    name: "bulk, sending",
    unit: "MB/s",
    value: await rate(() => bulkSend(other)),
    limit: bareSending,
  });
  report.figure({
    name: "bulk, receiving",
    unit: "MB/s",
    value: await rate(() => bulkReceive(other)),
    limit: bareReceiving,
  });
  await other.stop();
}

async function bareSend({ bareConnection }: OtherProcess): Promise<void> {
  const socket = await bareConnection(ORDER.take, TOTAL_BYTES);
  for (let sent = 0; sent < TOTAL_BYTES; sent += payload.length) {
    if (!socket.write(payload)) await once(socket, "drain");
  }
  await once(socket, "data");
  socket.destroy();
}

async function bareReceive({ bareConnection }: OtherProcess): Promise<void> {
  const socket = await bareConnection(ORDER.send, TOTAL_BYTES);
  const all = Promise.withResolvers<void>();
  let received = 0;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length;
    // What came along with the byte that says that it begins was not counted.
    if (received >= TOTAL_BYTES - payload.length) all.resolve();
  });
  await all.promise;
  socket.destroy();
}

async function bulkSend({ network, peer }: OtherProcess): Promise<void> {
  const channel = await network.openBulk(peer);
  await channel.send(Buffer.from(JSON.stringify({ send: 0 })));
  for (let sent = 0; sent < TOTAL_BYTES; sent += payload.length) await channel.send(payload);
  await channel.end();
  if ((await channel.receive()) !== null) throw new Error("the peer answered");
}

async function bulkReceive({ network, peer }: OtherProcess): Promise<void> {
  const channel = await network.openBulk(peer);
  await channel.send(Buffer.from(JSON.stringify({ send: TOTAL_BYTES })));
  let received = 0;
  for (let frame = await channel.receive(); frame !== null; frame = await channel.receive())
    received += frame.length;
  if (received < TOTAL_BYTES) throw new Error(`only ${received} bytes came`);
  await channel.end();
}
