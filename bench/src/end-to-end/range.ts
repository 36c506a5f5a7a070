import { randomInt } from "node:crypto";
import type { BenchContext } from "../benchmark.ts";
import { keyPlacedOn, startNetwork } from "../node/bench-network.ts";
import type { NodeProcess } from "../node/node-process.ts";
import { quantile, timed } from "../timing.ts";

const READS = 200;
const RANGE_BYTES = 4096;

/** Each read is of a chunk that the reading node has not; 10 GiB with `--file 10G`. */
export async function run({ report, scratch, options }: BenchContext): Promise<void> {
  const path = scratch.randomFile(options.fileBytes);
  const { nodes, measured, stop } = await startNetwork(scratch, 2);
  const [holder, reader] = nodes as [NodeProcess, NodeProcess];
  const key = await keyPlacedOn(holder, reader);
  await holder.call("addHere", path, key);
  await reader.call("knows", key, options.fileBytes);
  scratch.remove(path);
  const read = async (): Promise<void> => {
    const start = randomInt(options.fileBytes - RANGE_BYTES);
    const bytes = await reader.call("drain", key, { start, end: start + RANGE_BYTES - 1 });
    if (bytes !== RANGE_BYTES) throw new Error(`${bytes} bytes came`);
  };
  await read();
  const times: number[] = [];
  const { processes } = await measured(async () => {
    for (let index = 0; index < READS; index++) times.push(await timed(read));
  });
  // A call into the node's process and back is in each figure.
  const limit = { name: "a call into the process", value: await emptyCall(reader) };
  report.figure({ name: "4 KiB at random, median", value: quantile(times, 0.5), unit: "ms", limit });
  report.figure({
    name: "4 KiB at random, 99th percentile",
    value: quantile(times, 0.99),
    unit: "ms",
    limit,
    processes,
  });
  await stop();
}

async function emptyCall(node: NodeProcess): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 100; index++) times.push(await timed(() => node.call("connect", [])));
  return quantile(times, 0.5);
}
