import { createTarPacker } from "modern-tar";
import type { ArchiveFile, OpenFile } from "./archive-files.ts";
import { inBatches } from "./in-batches.ts";

/** The files as a tar, one after the other; names and sizes beyond the old format's in extended headers (POSIX pax). */
export function tarArchive(files: readonly ArchiveFile[], open: OpenFile): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  async function pack(): Promise<void> {
    for (const file of files) {
      const { name, size, mode, modifiedMs } = file;
      const mtime = new Date(Math.max(0, modifiedMs));
      const body = controller.add({ name, size, mode, mtime, type: "file" });
      await (await open(file)).pipeTo(body);
    }
    controller.finalize();
  }
  pack().catch((error: unknown) => controller.error(error));
  return ReadableStream.from(inBatches(readable));
}
