import type { Scratch } from "../scratch.ts";
import { NodeProcess } from "./node-process.ts";
import { ProcessMeter, type ProcessUse } from "./process-meter.ts";

/** Nodes of a new network, each in a process of its own, all connected with each other. */
export interface BenchNetwork {
  readonly nodes: readonly NodeProcess[];
  readonly dirs: readonly string[];
  /** Times work, and what each node used for it. */
  readonly measured: (
    work: () => Promise<unknown>,
  ) => Promise<{ ms: number; processes: Record<string, ProcessUse> }>;
  readonly stop: () => Promise<void>;
}

export async function startNetwork(scratch: Scratch, count: number): Promise<BenchNetwork> {
  const nodes: NodeProcess[] = [];
  const dirs: string[] = [];
  const addresses: string[] = [];
  for (let index = 0; index < count; index++) {
    const node = await NodeProcess.spawn();
    nodes.push(node);
    const dir = scratch.path(`node-${index}`);
    dirs.push(dir);
    const ticket = index === 0 ? undefined : await (nodes[0] as NodeProcess).call("invite");
    const name = String.fromCharCode(97 + index);
    addresses.push(await node.call("start", { dir, name, ticket }));
  }
  for (const [index, node] of nodes.entries()) await node.call("connect", addresses.slice(0, index));
  await Promise.all(nodes.map((node) => node.call("connected", count)));
  return {
    nodes,
    dirs,
    measured: (work) => measured(nodes, work),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      for (const dir of dirs) scratch.remove(dir);
    },
  };
}

/** A key whose versions of one copy belong on the holder: what belongs on the reader it fetches by itself. */
export async function keyPlacedOn(holder: NodeProcess, reader: NodeProcess): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const key = `here/${attempt}`;
    // All versions of a key have one place, and a first one shows where it is.
    const version = await holder.call("addProbe", key);
    if (!(await reader.call("comesToHold", version))) return key;
  }
}

async function measured(
  nodes: readonly NodeProcess[],
  work: () => Promise<unknown>,
): Promise<{ ms: number; processes: Record<string, ProcessUse> }> {
  const named = nodes.map((node, index): [string, number] => [
    `node ${String.fromCharCode(65 + index)}`,
    node.pid,
  ]);
  const meter = new ProcessMeter(new Map(named));
  const started = performance.now();
  try {
    await work();
    return { ms: performance.now() - started, processes: meter.end() };
  } catch (error) {
    meter.end();
    throw error;
  }
}
