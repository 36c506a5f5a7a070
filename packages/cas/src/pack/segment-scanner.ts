import { throwIfAborted } from "@gstore/core";
import { RECORD_HEADER_BYTES, SCAN_WINDOW_BYTES, SKIM_WINDOW_BYTES } from "../constants.ts";
import type { DiskFile } from "../disk-files.ts";
import { decodeRecordHeader, isBodyOf, MARK_BYTES, type RecordHeader } from "./record-format.ts";
import { WindowReader } from "./window-reader.ts";

/** A record with an intact header. Its body was checked unless the scan was told to pass over it. */
export interface ScannedRecord {
  readonly type: "record";
  readonly header: RecordHeader;
  readonly offset: number;
  /** Null where the body was passed over. Valid until the next step of the scan. */
  readonly body: Uint8Array | null;
  /** False where the body was read and is not what the header speaks of. */
  readonly intact: boolean;
}

/** Bytes that hold no record; `isTail` where nothing intact follows up to the end. */
export interface BadSpan {
  readonly type: "bad";
  readonly offset: number;
  readonly bytes: number;
  readonly isTail: boolean;
}

export interface ScanOptions {
  readonly file: DiskFile;
  readonly mark: Uint8Array;
  /** Where to begin: the end of the segment's header, or of some record. */
  readonly from: number;
  /** Where the segment ends. */
  readonly to: number;
  /** Whether to read and check this record's body. Others are passed over. */
  readonly wantsBody: (header: RecordHeader, offset: number) => boolean;
  /** Set where most bodies are passed over: reads little at a time. */
  readonly isSkim?: boolean;
  /** Whether the next window is read while this one is looked at. Default: unless it skims. */
  readonly readsAhead?: boolean;
  readonly signal?: AbortSignal;
}

/** Every record of a segment in order, and what lies between them. */
export async function* scanSegment(options: ScanOptions): AsyncGenerator<ScannedRecord | BadSpan> {
  const { file, mark, from, to, signal } = options;
  const windowBytes = options.isSkim ? SKIM_WINDOW_BYTES : SCAN_WINDOW_BYTES;
  const reader = new WindowReader(file, {
    to,
    windowBytes,
    readsAhead: options.readsAhead ?? !options.isSkim,
  });
  try {
    let offset = from;
    while (offset < to) {
      throwIfAborted(signal);
      const header = await headerAt(reader, { mark, offset, to });
      if (header === undefined) {
        const next = await findRecord(reader, { mark, from: offset + 1, to });
        yield { type: "bad", offset, bytes: (next ?? to) - offset, isTail: next === undefined };
        if (next === undefined) return;
        offset = next;
        continue;
      }
      const body = options.wantsBody(header, offset) ? await bodyAt(reader, header, offset) : null;
      yield { type: "record", header, offset, body, intact: body === null || isBodyOf(header, body) };
      offset += RECORD_HEADER_BYTES + header.bodyBytes;
    }
  } finally {
    await reader.stop();
  }
}

async function headerAt(
  reader: WindowReader,
  { mark, offset, to }: { mark: Uint8Array; offset: number; to: number },
): Promise<RecordHeader | undefined> {
  if (offset + RECORD_HEADER_BYTES > to) return undefined;
  const header = decodeRecordHeader(await reader.bytes(offset, RECORD_HEADER_BYTES), mark);
  return header && offset + RECORD_HEADER_BYTES + header.bodyBytes <= to ? header : undefined;
}

function bodyAt(reader: WindowReader, header: RecordHeader, offset: number): Promise<Uint8Array> {
  return reader.bytes(offset + RECORD_HEADER_BYTES, header.bodyBytes);
}

/** The offset of the next record with an intact header and body at or behind `from`. */
async function findRecord(
  reader: WindowReader,
  { mark, from, to }: { mark: Uint8Array; from: number; to: number },
): Promise<number | undefined> {
  let at = from;
  while (at + RECORD_HEADER_BYTES <= to) {
    const window = await reader.bytes(at, Math.min(SKIM_WINDOW_BYTES, to - at));
    const found = Buffer.from(window.buffer, window.byteOffset, window.length).indexOf(mark);
    if (found < 0) {
      at += Math.max(1, window.length - MARK_BYTES + 1);
      continue;
    }
    at += found;
    const header = await headerAt(reader, { mark, offset: at, to });
    if (header && isBodyOf(header, await bodyAt(reader, header, at))) return at;
    at += 1;
  }
  return undefined;
}
