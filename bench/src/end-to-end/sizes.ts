import type { BenchContext } from "../benchmark.ts";
import { syncedWrite } from "../limits/synced-write.ts";
import { startNetwork } from "../node/bench-network.ts";
import type { NodeProcess } from "../node/node-process.ts";
import { megabytesPerSecond } from "../timing.ts";

const FIRST_BYTES = 2 ** 20;
const FACTOR = 4;
/** Of small files several, so that a figure is no single moment. */
const BYTES_A_SIZE_MIN = 64 * 2 ** 20;

/** Files of made-up bytes from 1 MiB on, each four times the one before, up to `--max-file`. */
export async function run({ report, scratch, options }: BenchContext): Promise<void> {
  const limit = await syncedWrite(scratch.path("plain"), Math.min(options.maxFileBytes, 2 ** 30));
  for (let bytes = FIRST_BYTES; bytes <= options.maxFileBytes; bytes *= FACTOR) {
    const { nodes, measured, stop } = await startNetwork(scratch, 2);
    const [a, b] = nodes as [NodeProcess, NodeProcess];
    const count = Math.max(1, Math.floor(BYTES_A_SIZE_MIN / bytes));
    const each = async (call: (key: string) => Promise<unknown>): Promise<void> => {
      for (let index = 0; index < count; index++) await call(`file/${index}`);
    };
    const size = `${bytes / 2 ** 20} MiB`;
    const put = await measured(() => each((key) => a.call("putMade", key, bytes)));
    const get = await measured(() => each((key) => b.call("drain", key)));
    const rate = (ms: number): number => megabytesPerSecond(count * bytes, ms);
    const { processes } = put;
    report.figure({
      name: `${size}: put, synced on two nodes`,
      value: rate(put.ms),
      unit: "MB/s",
      limit,
      processes,
    });
    report.figure({
      name: `${size}: get on the other node`,
      value: rate(get.ms),
      unit: "MB/s",
      limit,
      processes: get.processes,
    });
    await stop();
  }
}
