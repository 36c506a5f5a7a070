import type { Limit } from "../report.ts";
import { fastest, megabytesPerSecond } from "../timing.ts";

const MIB = 2 ** 20;
const TOTAL_BYTES = 256 * MIB;

let known: Promise<Limit> | undefined;

/** Copying bytes that are in no cache, a MiB at a time; MB/s. Measured once a run. */
export function memoryCopy(): Promise<Limit> {
  known ??= measure();
  return known;
}

async function measure(): Promise<Limit> {
  const source = new Uint8Array(TOTAL_BYTES).fill(1);
  const target = new Uint8Array(MIB);
  const took = await fastest(5, () => {
    for (let at = 0; at < TOTAL_BYTES; at += MIB) target.set(source.subarray(at, at + MIB));
  });
  return { name: "memory copy", value: megabytesPerSecond(TOTAL_BYTES, took) };
}
