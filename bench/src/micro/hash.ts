import { createDigestStream, digestOf } from "@gstore/core";
import type { BenchContext } from "../benchmark.ts";
import { memoryCopy } from "../limits/memory-copy.ts";
import { opensslSha256 } from "../limits/openssl-sha256.ts";
import { megabytesPerSecond, microsecondsEach } from "../timing.ts";
import { randomBytes } from "./inputs.ts";

const KIB = 1024;
const FILE_BYTES = 256 * KIB * KIB;

export async function run({ report, scratch }: BenchContext): Promise<void> {
  const path = scratch.randomFile(FILE_BYTES);
  const openssl = await opensslSha256(path, FILE_BYTES);
  scratch.remove(path);
  report.figure({ name: "memory copy", unit: "MB/s", value: (await memoryCopy()).value });
  for (const kib of [4, 64, 256, 1024]) {
    const bytes = randomBytes(kib * KIB);
    const each = microsecondsEach(() => digestOf(bytes));
    const value = megabytesPerSecond(bytes.length, each / 1000);
    report.figure({ name: `digestOf, ${kib} KiB`, value, unit: "MB/s", limit: openssl });
  }
  const slice = randomBytes(512 * KIB);
  const digest = createDigestStream();
  const each = microsecondsEach(() => digest.update(slice));
  const value = megabytesPerSecond(slice.length, each / 1000);
  report.figure({ name: "digest stream, slices of 512 KiB", value, unit: "MB/s", limit: openssl });
}
