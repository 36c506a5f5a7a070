import type { BenchContext } from "../benchmark.ts";
import { opensslSha256 } from "../limits/openssl-sha256.ts";
import { syncedWrite } from "../limits/synced-write.ts";
import { keyPlacedOn, startNetwork } from "../node/bench-network.ts";
import type { NodeProcess } from "../node/node-process.ts";
import { megabytesPerSecond } from "../timing.ts";

export async function run({ report, scratch, options }: BenchContext): Promise<void> {
  const { fileBytes } = options;
  const path = scratch.randomFile(fileBytes);
  const openssl = await opensslSha256(path, fileBytes);
  const write = await syncedWrite(scratch.path("plain"), fileBytes);
  const { nodes, measured, stop } = await startNetwork(scratch, 2);
  const [a, b] = nodes as [NodeProcess, NodeProcess];
  const show = async (name: string, limit: typeof write, work: () => Promise<unknown>): Promise<void> => {
    const { ms, processes } = await measured(work);
    report.figure({ name, value: megabytesPerSecond(fileBytes, ms), unit: "MB/s", limit, processes });
  };
  await show("put, synced on two nodes", write, () => a.call("add", path, "both"));
  await show("put again, every chunk known", openssl, () => a.call("add", path, "again"));
  await show("get on the node that put it", openssl, () => a.call("drain", "both"));
  await show("get on the other node, which holds it", openssl, () => b.call("drain", "both"));
  const other = scratch.randomFile(fileBytes);
  const { nodes: pair, measured: measuredPair, stop: stopPair } = await startNetwork(scratch, 2);
  const [holder, reader] = pair as [NodeProcess, NodeProcess];
  const key = await keyPlacedOn(holder, reader);
  await holder.call("addHere", other, key);
  await reader.call("knows", key, fileBytes);
  const { ms, processes } = await measuredPair(() => reader.call("drain", key));
  const value = megabytesPerSecond(fileBytes, ms);
  report.figure({
    name: "get of what only another node holds",
    value,
    unit: "MB/s",
    limit: openssl,
    processes,
  });
  await stopPair();
  await stop();
  for (const file of [path, other]) scratch.remove(file);
}
