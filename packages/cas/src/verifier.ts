import type { VerifyProgress, VerifyReport } from "@gstore/core";
import { PackCheck } from "./pack-check.ts";
import type { StoreContext } from "./store-context.ts";

interface VerifyOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** Progress is told at most once for so many bytes. */
const PROGRESS_BYTES: number = 8 * 1024 * 1024;

/** Reads all packs from end to end and hashes every record. Damaged blobs are treated as missing from then on. */
export function verifyStore(context: StoreContext, options: VerifyOptions): Promise<VerifyReport> {
  return context.exclusively(() => verify(context, options));
}

async function verify(context: StoreContext, { signal, onProgress }: VerifyOptions): Promise<VerifyReport> {
  const { files, log, tables } = context;
  let toldBytes = 0;
  const check = new PackCheck(context, {
    readsAhead: true,
    ...(signal ? { signal } : {}),
    hashed: () => {
      if (check.blobBytes - toldBytes < PROGRESS_BYTES) return;
      toldBytes = check.blobBytes;
      onProgress?.({ blobs: check.blobs, bytes: check.blobBytes });
    },
  });
  // What is written from now on was verified when it came.
  const until = log.position;
  const numbers = await files.numbers();
  for (const segment of numbers) {
    if (segment > until.segment) break;
    const to = segment === until.segment ? until.offset : undefined;
    await check.check({ segment, from: 0, to, seenBytes: 0, bytesMax: Number.POSITIVE_INFINITY });
  }
  for (const segment of tables.segments.numbers()) {
    const isGone =
      segment <= until.segment && !numbers.includes(segment) && tables.segments.liveBytes(segment) > 0;
    if (isGone) check.missSegment(segment);
  }
  const damage = check.finish();
  onProgress?.({ blobs: check.blobs, bytes: check.blobBytes });
  return { blobs: check.blobs, bytes: check.blobBytes, ...damage };
}
