import type { BenchContext } from "../benchmark.ts";
import { NodeProcess } from "../node/node-process.ts";
import { ProcessMeter } from "../node/process-meter.ts";
import { stockFolder, stockNode } from "../node/stock-node.ts";
import { quantile, timed } from "../timing.ts";

const PUT_PREFIX = "put/";
const FIRST_KEYS = 1000;
const LISTINGS = 50;
const PUTS = 3000;

/**
 * At each decade of keys: what is measured stands beside the same of an empty node. Most keys are written into the store
 * directly; those that are timed are put through the node. `--max-keys 1000000` for a million.
 */
export async function run({ report, scratch, options }: BenchContext): Promise<void> {
  const dir = scratch.path("node");
  let puts = 0;
  const putSome = async (node: NodeProcess): Promise<number> => {
    const took = await node.call("putMany", PUT_PREFIX, puts, PUTS);
    puts += PUTS;
    return (1000 * PUTS) / took;
  };
  const first = await NodeProcess.spawn();
  await first.call("start", { dir, name: "a" });
  // The code is compiled by then.
  await putSome(first);
  const value = await putSome(first);
  report.figure({ name: "empty: puts", value, unit: "/s" });
  const empty = { name: "an empty node's", value };
  await first.stop();
  for (let keys = 0, next = FIRST_KEYS; next <= options.maxKeys; keys = next, next *= 10) {
    const stocked = await timed(() => stockNode(dir, { from: keys, to: next }));
    report.note(`${next} keys: written in ${Math.round(stocked / 1000)} s`);
    const naming = await withNode(dir, async () => {});
    report.figure({
      name: `${next} keys: first start, which reads names`,
      value: naming.startMs,
      unit: "ms",
      processes: naming.processes,
    });
    const times: number[] = [];
    let rate = 0;
    const { startMs, processes } = await withNode(dir, async (node) => {
      for (let index = 0; index < LISTINGS; index++) {
        const folder = stockFolder(Math.floor((index * next) / LISTINGS));
        const { ms, items } = await node.call("listPage", folder, "");
        if (items !== 1000) throw new Error(`${folder} has ${items} keys`);
        times.push(ms);
      }
      await putSome(node);
      rate = await putSome(node);
    });
    report.figure({ name: `${next} keys: start`, value: startMs, unit: "ms" });
    report.figure({
      name: `${next} keys: a listing of 1000, median`,
      value: quantile(times, 0.5),
      unit: "ms",
    });
    report.figure({ name: `${next} keys: puts`, value: rate, unit: "/s", limit: empty, processes });
  }
  scratch.remove(dir);
}

/** Starts the node, works with it, and stops it; the milliseconds of its start, and what its process used in all. */
async function withNode(dir: string, work: (node: NodeProcess) => Promise<void>) {
  const node = await NodeProcess.spawn();
  const meter = new ProcessMeter(new Map([["node", node.pid]]));
  const startMs = await timed(() => node.call("start", { dir, name: "a", isNew: false }));
  await work(node);
  const processes = meter.end();
  await node.stop();
  return { startMs, processes };
}
