import { DIGEST_BYTES, type Digest, digestOf, digestToBytes } from "@gstore/core";
import { RECORD_HEADER_BYTES } from "./constants.ts";
import { diskError } from "./disk-errors.ts";
import { DIGEST_AT } from "./pack/record-format.ts";
import { isSegmentGone, type SegmentFiles, segmentGone } from "./pack/segment-files.ts";

/** Where a record is; compared to see whether it was moved. */
interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly size: number;
}

/** Lookups of one record: each finds its file gone only because compaction moved the record meanwhile. */
const ATTEMPTS_MAX = 16;

/** A record's header and body, as they are on the disk. */
export interface StoredRecord<P extends Place> {
  readonly place: P;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * Reads a record from where `lookUp` says it is, and looks again when compaction has moved it. Undefined where there is
 * none. The caller verifies the bytes.
 */
export async function readStored<P extends Place>(
  files: SegmentFiles,
  lookUp: () => P | undefined,
): Promise<StoredRecord<P> | undefined> {
  for (let attempt = 1; ; attempt++) {
    const place = lookUp();
    if (place === undefined) return undefined;
    try {
      // Not from Buffer's pool: the caller may keep it.
      const buffer = Buffer.allocUnsafeSlow(RECORD_HEADER_BYTES + place.size);
      const bytes = buffer.subarray(0, await files.read(place.segment, buffer, place.offset));
      return {
        place,
        header: bytes.subarray(0, RECORD_HEADER_BYTES),
        body: bytes.subarray(RECORD_HEADER_BYTES),
      };
    } catch (cause) {
      if (!isSegmentGone(cause)) throw diskError(cause, files.path(place.segment));
      if (attempt === ATTEMPTS_MAX) throw segmentGone(files.path(place.segment));
    }
  }
}

/** Whether a stored record's body is the one that its header names. */
export function isRecordIntact({ header, body }: { header: Uint8Array; body: Uint8Array }): boolean {
  const digest = header.subarray(DIGEST_AT, DIGEST_AT + DIGEST_BYTES);
  return Buffer.compare(digestToBytes(digestOf(body)), digest) === 0;
}

/** Whether `bytes` are the blob, entry or record of this digest. */
export function isIntact(bytes: Uint8Array, digest: Digest): boolean {
  return digestOf(bytes) === digest;
}
