import type { GatewayClient, PutOptions, StoreAnswer } from "@gstore/gateway/client";
import type { DiskPace } from "./disk-pace.ts";
import { openSourceFile, type SourceFile } from "./source-file.ts";
import { readWholeFile } from "./whole-file.ts";

/** Small files: one of a folder is read in one go, on this thread where its disk is quick. */
export const SMALL_BYTES_MAX: number = 64 * 1024;
/** Files up to this size are sent in one piece: a stream costs more than they do. */
const WHOLE_BYTES_MAX = 256 * 1024;

interface FileToStore {
  readonly path: string;
  readonly key: string;
  /** Of the disk, where the file seemed small. */
  readonly pace?: DiskPace;
}

/** Stores one file of the disk, with its modification time and permission bits. */
export async function uploadFile(
  client: GatewayClient,
  file: FileToStore,
  { onBytes, ...options }: PutOptions & { readonly onBytes: (bytes: number) => void },
): Promise<StoreAnswer> {
  const small = file.pace?.isQuick ? file.pace.timed(() => readWholeFile(file.path, SMALL_BYTES_MAX)) : null;
  if (small !== null) {
    const { bytes, modifiedMs, mode } = small;
    onBytes(bytes.length);
    return await client.put(file.key, bytes, { ...options, modifiedMs, mode });
  }
  const source = await openSourceFile(file.path);
  try {
    const { size, modifiedMs, mode } = source;
    const about: PutOptions = {
      ...options,
      ...(modifiedMs === undefined ? {} : { modifiedMs }),
      ...(mode === undefined ? {} : { mode }),
    };
    if (size !== null && size <= WHOLE_BYTES_MAX) {
      return await client.put(file.key, await readWhole(source, onBytes), about);
    }
    const sized = size === null ? about : { ...about, size };
    return await client.put(file.key, counted(source.bytes(), onBytes), sized);
  } finally {
    await source.close();
  }
}

/** Passes bytes on and counts them. */
export async function* counted(
  parts: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    yield part;
    onBytes(part.length);
  }
}

async function readWhole(source: SourceFile, onBytes: (bytes: number) => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of counted(source.bytes(), onBytes)) parts.push(part);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
