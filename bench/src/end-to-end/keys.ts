import type { BenchContext } from "../benchmark.ts";
import { NodeProcess } from "../node/node-process.ts";
import { ProcessMeter } from "../node/process-meter.ts";
import { quantile } from "../timing.ts";

const PREFIX = "many/";
const FIRST_KEYS = 1000;
const LISTINGS = 50;

/** At each decade of keys: the rate of puts on the way there, a listing, and a start. `--max-keys 1000000` for a million. */
export async function run({ report, scratch, options }: BenchContext): Promise<void> {
  const dir = scratch.path("node");
  let node = await NodeProcess.spawn();
  await node.call("start", { dir, name: "a" });
  let empty: { name: string; value: number } | undefined;
  for (let keys = 0, next = FIRST_KEYS; next <= options.maxKeys; keys = next, next *= 10) {
    const meter = new ProcessMeter(new Map([["node", node.pid]]));
    const half = Math.floor((next - keys) / 2);
    await node.call("putMany", PREFIX, keys, next - keys - half);
    // The later half of the way: the rate with so many keys there.
    const took = await node.call("putMany", PREFIX, next - half, half);
    const value = (1000 * half) / took;
    report.figure({ name: `${next} keys: puts`, value, unit: "/s", limit: empty, processes: meter.end() });
    empty ??= { name: `the rate at ${next} keys`, value };
    const times: number[] = [];
    for (let index = 0; index < LISTINGS; index++) {
      const after = `${PREFIX}${String(Math.floor((index * Math.max(1, next - 1000)) / LISTINGS)).padStart(9, "0")}`;
      times.push((await node.call("listPage", PREFIX, after)).ms);
    }
    report.figure({
      name: `${next} keys: a listing of 1000, median`,
      value: quantile(times, 0.5),
      unit: "ms",
    });
    await node.stop();
    node = await NodeProcess.spawn();
    const starting = new ProcessMeter(new Map([["node", node.pid]]));
    const started = performance.now();
    await node.call("start", { dir, name: "a", isNew: false });
    const ms = performance.now() - started;
    report.figure({ name: `${next} keys: start`, value: ms, unit: "ms", processes: starting.end() });
  }
  await node.stop();
  scratch.remove(dir);
}
