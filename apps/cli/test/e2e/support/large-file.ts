import { expect } from "vitest";
import { feed, startGstore } from "./gstore.ts";
import { ProcessWatch } from "./process-watch.ts";
import { digestOf, pseudoStream } from "./pseudo-bytes.ts";
import type { TestNode } from "./test-node.ts";

/** The limit on anonymous memory of a process under any load (docs: conventions of the project). */
export const MEMORY_MIB_MAX = 300;

/** Puts pseudo-random bytes by the command line while `watched` nodes' memory is looked at. */
export async function putLarge(
  node: TestNode,
  {
    key,
    size,
    args = [],
    watched,
  }: {
    readonly key: string;
    readonly size: number;
    readonly args?: readonly string[];
    readonly watched: readonly TestNode[];
  },
): Promise<void> {
  const put = startGstore(["put", "--dir", node.dir, "-", key, "--json", ...args]);
  await measured(`put on ${node.name}`, { size, pids: { ...pidsOf(watched), client: put.pid } }, async () => {
    await feed(put, pseudoStream(key, size));
    const { code } = await put.ended;
    if (code !== 0) throw new Error(`put ended with ${code}: ${put.stderr}`);
  });
  expect(JSON.parse(put.stdout)).toMatchObject({ key, size });
}

/** Reads it by the command line, compares its digest, and looks at the memory. */
export async function getLarge(
  node: TestNode,
  {
    key,
    size,
    watched,
  }: { readonly key: string; readonly size: number; readonly watched: readonly TestNode[] },
): Promise<void> {
  const expected = await digestOf(pseudoStream(key, size));
  const get = startGstore(["get", "--dir", node.dir, key, "-o", "-"], { collectStdout: false });
  await measured(`get on ${node.name}`, { size, pids: { ...pidsOf(watched), client: get.pid } }, async () => {
    expect(await digestOf(get.process.stdout)).toEqual(expected);
    expect((await get.ended).code).toBe(0);
  });
}

/** Does the work and says what it cost; fails where a process had too much memory. */
export async function measured(
  step: string,
  { size, pids }: { readonly size: number; readonly pids: Readonly<Record<string, number>> },
  work: () => Promise<void>,
): Promise<void> {
  const watch = new ProcessWatch(pids);
  const begun = performance.now();
  await work().finally(() => watch.stop());
  const mbPerSecond = Math.round(size / 1e3 / (performance.now() - begun));
  const used = watch.stop();
  console.log(JSON.stringify({ step, mbPerSecond, ...used }));
  for (const [name, { mib }] of Object.entries(used)) {
    expect(mib, `MiB of anonymous memory of ${name} during ${step}`).toBeLessThanOrEqual(MEMORY_MIB_MAX);
  }
}

export function pidsOf(nodes: readonly TestNode[]): Record<string, number> {
  return Object.fromEntries(nodes.map(({ name, pid }) => [name, pid]));
}
