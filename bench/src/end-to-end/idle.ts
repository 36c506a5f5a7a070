import { readFileSync } from "node:fs";
import type { BenchContext } from "../benchmark.ts";
import { NodeProcess } from "../node/node-process.ts";
import { ProcessMeter } from "../node/process-meter.ts";
import { stockNode } from "../node/stock-node.ts";
import { timed } from "../timing.ts";

const KEYS = 100_000;
/** A node that was started looks once for garbage and for who holds what, a minute or so later: not what is measured. */
const SETTLE_MS = 120_000;
const IDLE_MS = 60_000;
const CHANGES = 10;

/**
 * Two nodes with 100,000 keys each that are in sync: what they use when nothing happens, and what it takes them to agree
 * again after one was away for 10 changes. `--max-keys` bounds the keys.
 */
export async function run({ report, scratch, options }: BenchContext): Promise<void> {
  const keys = Math.min(KEYS, Math.max(options.maxKeys, 1000));
  const dirs = { a: scratch.path("a"), b: scratch.path("b") };
  await made(dirs.a);
  await stockNode(dirs.a, { from: 0, to: keys });
  const first = { a: await NodeProcess.spawn(), b: await NodeProcess.spawn() };
  await first.a.call("start", { dir: dirs.a, name: "a", isNew: false });
  const ticket = await first.a.call("invite");
  const tookMs = await timed(async () => {
    await first.b.call("start", { dir: dirs.b, name: "b", ticket });
    await first.b.call("inSync", await first.a.call("counts"));
  });
  report.figure({ name: `${keys} keys: a new node has all`, value: tookMs / 1000, unit: "s" });
  await first.b.stop();
  await first.a.stop();

  const a = await NodeProcess.spawn();
  const b = await NodeProcess.spawn();
  // With all that looks for members: the DHT, address records, dialling back, and multicast DNS, which is the system's to count.
  const everywhere = { isNew: false, listen: "0.0.0.0:0" };
  const address = await a.call("start", { dir: dirs.a, name: "a", ...everywhere });
  await b.call("start", { dir: dirs.b, name: "b", ...everywhere });
  await b.call("connect", [address]);
  await b.call("inSync", await a.call("counts"));
  await sleep(SETTLE_MS);
  const meter = new ProcessMeter(
    new Map([
      ["a", a.pid],
      ["b", b.pid],
    ]),
  );
  const before = { links: await b.call("peerBytes"), multicast: multicastBytes() };
  await sleep(IDLE_MS);
  const bytes = (await b.call("peerBytes")) - before.links;
  const multicast = multicastBytes() - before.multicast;
  const uses = meter.end();
  report.figure({
    name: `${keys} keys: idle, between the two`,
    value: (1000 * bytes) / IDLE_MS,
    unit: "B/s",
    processes: uses,
  });
  report.figure({
    name: `${keys} keys: idle, multicast sent by the machine`,
    value: (1000 * multicast) / IDLE_MS,
    unit: "B/s",
  });
  for (const [name, { cpuSeconds, rssAnonPeakMiB, rssPeakMiB }] of Object.entries(uses)) {
    const share = (100_000 * cpuSeconds) / IDLE_MS;
    report.note(
      `idle ${name}: ${share.toFixed(2)} % of a core, ${rssAnonPeakMiB} MiB (${rssPeakMiB} with files)`,
    );
  }

  await b.stop();
  // Not with putMany: it would wait for the one that is away, or place the only copy on the one that is not.
  await a.call("putAlone", "away/", CHANGES);
  const back = await NodeProcess.spawn();
  await back.call("start", { dir: dirs.b, name: "b", isNew: false });
  const agreeMs = await timed(async () => {
    await back.call("connect", [address]);
    await back.call("inSync", await a.call("counts"));
  });
  report.figure({ name: `${keys} keys, ${CHANGES} changes: until both agree`, value: agreeMs, unit: "ms" });
  report.figure({
    name: `${keys} keys, ${CHANGES} changes: bytes between the two`,
    value: await back.call("peerBytes"),
    unit: "B",
  });
  await back.stop();
  await a.stop();
}

/** A folder of a new network, whose node does not run. */
async function made(dir: string): Promise<void> {
  const node = await NodeProcess.spawn();
  await node.call("start", { dir, name: "a" });
  await node.stop();
}

/** What this machine, or this network namespace, has sent to multicast addresses. */
function multicastBytes(): number {
  const lines = readFileSync("/proc/net/netstat", "utf8").split("\n");
  const [names, values] = lines.filter((line) => line.startsWith("IpExt:")).map((line) => line.split(" "));
  return Number(values?.[names?.indexOf("OutMcastOctets") ?? -1] ?? 0);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
