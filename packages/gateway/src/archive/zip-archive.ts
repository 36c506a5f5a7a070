import { crc32 } from "node:zlib";
import { GstoreError } from "@gstore/core";
import type { ArchiveFile, OpenFile } from "./archive-files.ts";
import { inBatches } from "./in-batches.ts";
import {
  centralRecord,
  type Directory,
  descriptor,
  directoryEnd,
  directoryEndBytes,
  localHeader,
  sizesOf,
} from "./zip-records.ts";

/** The files as a zip, one after the other and not compressed: its length is known before it begins. */
export function zipArchive(
  files: readonly ArchiveFile[],
  open: OpenFile,
): { readonly stream: ReadableStream<Uint8Array>; readonly length: number } {
  const directory: Directory = {
    offsets: new Float64Array(files.length),
    checksums: new Uint32Array(files.length),
  };
  let [length, directoryBytes] = [0, 0];
  for (const [index, file] of files.entries()) {
    directory.offsets[index] = length;
    const { local, central } = sizesOf(file, length);
    length += local;
    directoryBytes += central;
  }
  const end = { count: files.length, offset: length, bytes: directoryBytes };
  const stream = ReadableStream.from(inBatches(parts(files, { open, directory, end })));
  return { stream, length: length + directoryBytes + directoryEndBytes(end) };
}

async function* parts(
  files: readonly ArchiveFile[],
  { open, directory, end }: { open: OpenFile; directory: Directory; end: Parameters<typeof directoryEnd>[0] },
): AsyncGenerator<Uint8Array> {
  for (const [index, file] of files.entries()) {
    const content = await open(file);
    yield localHeader(file);
    let [checksum, bytes] = [0, 0];
    for await (const part of content) {
      checksum = crc32(part, checksum);
      bytes += part.length;
      yield part;
    }
    if (bytes !== file.size) throw new GstoreError("INTERNAL", `A file of ${file.size} bytes gave ${bytes}.`);
    directory.checksums[index] = checksum;
    yield descriptor(file, checksum);
  }
  for (const [index, file] of files.entries()) yield centralRecord(file, directory, index);
  yield directoryEnd(end);
}
