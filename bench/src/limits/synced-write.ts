import { closeSync, fdatasyncSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import type { Limit } from "../report.ts";
import { fastest, megabytesPerSecond, quantile } from "../timing.ts";

const MIB = 2 ** 20;

/** One file, written a MiB at a time and synced at its end, as `dd conv=fsync` does; MB/s. */
export async function syncedWrite(path: string, bytes: number): Promise<Limit> {
  const part = Buffer.alloc(MIB, 7);
  const took = await fastest(2, () => {
    const file = openSync(path, "w");
    for (let left = bytes; left > 0; left -= part.length)
      writeSync(file, part, 0, Math.min(left, part.length));
    fsyncSync(file);
    closeSync(file);
  });
  rmSync(path);
  return { name: "write + fsync", value: megabytesPerSecond(bytes, took) };
}

/** 4 KiB appended and synced, one after the other; the median in milliseconds. */
export function syncedAppend(path: string, count = 200): Limit {
  const part = Buffer.alloc(4096, 7);
  const file = openSync(path, "w");
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    writeSync(file, part);
    fdatasyncSync(file);
    times.push(performance.now() - started);
  }
  closeSync(file);
  rmSync(path);
  return { name: "write + fdatasync of 4 KiB", value: quantile(times, 0.5) };
}
