import { randomBytes } from "node:crypto";
import type { BenchContext } from "../benchmark.ts";
import { syncedAppend } from "../limits/synced-write.ts";
import { startNetwork } from "../node/bench-network.ts";
import type { NodeProcess } from "../node/node-process.ts";
import { quantile, timed } from "../timing.ts";

const WARM_UP = 20;
const PUTS = 500;

export async function run({ report, scratch }: BenchContext): Promise<void> {
  const limit = syncedAppend(scratch.path("appended"));
  const { nodes, measured, stop } = await startNetwork(scratch, 2);
  const [a, b] = nodes as [NodeProcess, NodeProcess];
  const times: number[] = [];
  const putAndGet = async (index: number): Promise<void> => {
    const bytes = randomBytes(4096);
    const key = `small/${index}`;
    await a.call("put", bytes, key);
    if (!bytes.equals(await b.call("get", key))) throw new Error("other bytes came back");
  };
  for (let index = 0; index < WARM_UP; index++) await putAndGet(index);
  const { processes } = await measured(async () => {
    for (let index = WARM_UP; index < WARM_UP + PUTS; index++)
      times.push(await timed(() => putAndGet(index)));
  });
  report.figure({ name: "put until read there, median", value: quantile(times, 0.5), unit: "ms", limit });
  report.figure({
    name: "put until read there, 99th percentile",
    value: quantile(times, 0.99),
    unit: "ms",
    limit,
    processes,
  });
  await stop();
}
