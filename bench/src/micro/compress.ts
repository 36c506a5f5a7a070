import { decodeChunk, encodeChunk } from "@gstore/crypto";
import type { BenchContext } from "../benchmark.ts";
import { memoryCopy } from "../limits/memory-copy.ts";
import { megabytesPerSecond, microsecondsEach } from "../timing.ts";
import { randomBytes, textBytes } from "./inputs.ts";

const CHUNK_BYTES = 256 * 1024;

export async function run({ report }: BenchContext): Promise<void> {
  const limit = await memoryCopy();
  for (const [name, bytes] of [
    ["random", randomBytes(CHUNK_BYTES)],
    ["text", textBytes(CHUNK_BYTES)],
  ] as const) {
    const rate = (call: () => unknown): number =>
      megabytesPerSecond(bytes.length, microsecondsEach(call) / 1000);
    const encoded = encodeChunk(bytes);
    const stored = Buffer.from(encoded.bytes);
    const { codec } = encoded;
    const share = `${((100 * stored.length) / bytes.length).toFixed(0)} % left`;
    report.figure({
      name: `encode 256 KiB, ${name} (${share})`,
      value: rate(() => encodeChunk(bytes)),
      unit: "MB/s",
      limit,
    });
    if (codec === "none") continue;
    const decode = (): unknown => decodeChunk(stored, codec, bytes.length);
    report.figure({ name: `decode 256 KiB, ${name}`, value: rate(decode), unit: "MB/s", limit });
  }
}
