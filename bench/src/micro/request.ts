import type { BenchContext } from "../benchmark.ts";
import { fastest, sideBySide } from "../timing.ts";
import { ORDER, type OtherProcess, startOtherProcess } from "./two-processes.ts";

const COUNT = 20_000;
const message = Buffer.alloc(200, 7);

export async function run(context: BenchContext): Promise<void> {
  const { report } = context;
  const other = await startOtherProcess(context);
  for (const atOnce of [1, 64, 256]) {
    const count = atOnce === 1 ? COUNT / 10 : COUNT;
    const rate = async (call: () => Promise<unknown>): Promise<number> =>
      (1000 * count) / (await fastest(3, () => sideBySide(count, atOnce, call)));
    const bare = await bareEcho(other);
    const limit = { name: "bare node:tls", value: await rate(bare.call) };
    bare.close();
    const value = await rate(() => other.network.request(other.peer, "entries", message));
    report.figure({ name: `requests of 200 bytes, ${atOnce} at once`, value, unit: "/s", limit });
  }
  await other.stop();
}

/** Echoes in order on one socket: what a round trip costs without any protocol. */
async function bareEcho({
  bareConnection,
}: OtherProcess): Promise<{ call: () => Promise<void>; close: () => void }> {
  const socket = await bareConnection(ORDER.echo, 0);
  const waiting: (() => void)[] = [];
  let received = 0;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length;
    for (; received >= message.length; received -= message.length) waiting.shift()?.();
  });
  const call = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      socket.write(message);
    });
  return { call, close: () => socket.destroy() };
}
