import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** As apps/cli/src/node-memory.ts does; to be called before anything of a node is loaded. */
export function sizeYoungMemory(): void {
  setFlagsFromString(`--semi-space-growth-factor=${Math.max(1, Math.floor(8 / youngMebibytes()))}`);
  const used: unknown[] = [];
  while (used.length < 1024 && youngMebibytes() < 8) used.push(new Array(1024).fill(0));
  setFlagsFromString("--semi-space-growth-factor=1");
}

function youngMebibytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  return Math.max(1, (space?.space_size ?? 0) / 2 ** 21);
}
