import { createCipheriv, createSecretKey } from "node:crypto";
import type { BenchContext } from "../benchmark.ts";
import type { Limit } from "../report.ts";
import { megabytesPerSecond, microsecondsEach } from "../timing.ts";
import { makeSpace, randomBytes } from "./inputs.ts";

export async function run({ report }: BenchContext): Promise<void> {
  const { keys } = makeSpace();
  for (const kib of [4, 64, 256, 1024]) {
    const bytes = randomBytes(kib * 1024);
    const chunk = { bytes, codec: "none", plainSize: bytes.length } as const;
    const rate = (call: () => unknown): number =>
      megabytesPerSecond(bytes.length, microsecondsEach(call) / 1000);
    const limit = bareGcm(bytes, rate);
    report.figure({ name: `seal ${kib} KiB`, value: rate(() => keys.sealChunk(chunk)), unit: "MB/s", limit });
    const { blob, secret } = keys.sealChunk(chunk);
    const sealed = Buffer.from(blob);
    report.figure({
      name: `open ${kib} KiB`,
      value: rate(() => keys.openChunk(sealed, secret)),
      unit: "MB/s",
      limit,
    });
  }
}

/** The cipher alone: no key derived, nothing hashed. */
function bareGcm(bytes: Uint8Array, rate: (call: () => unknown) => number): Limit {
  const key = createSecretKey(Buffer.alloc(32, 5));
  const nonce = Buffer.alloc(12);
  const value = rate(() => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    cipher.update(bytes);
    cipher.final();
    cipher.getAuthTag();
  });
  return { name: "node:crypto AES-256-GCM alone", value };
}
