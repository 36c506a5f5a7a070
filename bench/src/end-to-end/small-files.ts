import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { BenchContext } from "../benchmark.ts";
import { startNetwork } from "../node/bench-network.ts";
import type { NodeProcess } from "../node/node-process.ts";
import { timed } from "../timing.ts";

const FILES = 10_000;
const FILE_BYTES = 4096;

export async function run({ report, scratch }: BenchContext): Promise<void> {
  const tree = scratch.randomTree({ files: FILES, bytes: FILE_BYTES });
  const perSecond = (milliseconds: number): number => (1000 * FILES) / milliseconds;
  const copy = scratch.path("copy");
  const copied = await timed(() => {
    execFileSync("cp", ["-r", tree, copy]);
    execFileSync("sync", ["-f", copy]);
  });
  const limit = { name: "cp -r + sync", value: perSecond(copied) };
  const { nodes, measured, stop } = await startNetwork(scratch, 2);
  const [a, b] = nodes as [NodeProcess, NodeProcess];
  const put = await measured(async () => {
    const stored = await a.call("addDir", tree);
    await b.call("fetchDir", stored);
  });
  report.figure({
    name: "put, synced on two nodes",
    value: perSecond(put.ms),
    unit: "/s",
    limit,
    processes: put.processes,
  });
  const out = join(scratch.folder("out"), "tree");
  const got = await measured(() => b.call("exportDir", { key: "tree/", versions: [] }, out));
  report.figure({
    name: "get on the other node, into files",
    value: perSecond(got.ms),
    unit: "/s",
    limit,
    processes: got.processes,
  });
  const difference = execFileSync("diff", ["-rq", tree, out]).toString();
  if (difference !== "") throw new Error(`the files differ: ${difference}`);
  await stop();
  for (const path of [tree, copy, out]) scratch.remove(path);
}
