import { join } from "node:path";
import { GstoreError, type Random } from "@gstore/core";
import { FOLDER_VERSION, SEGMENT_HEADER_BYTES } from "./constants.ts";
import { diskError } from "./disk-errors.ts";
import type { SegmentFiles } from "./pack/segment-files.ts";
import { decodeSegmentHeader, STORE_ID_BYTES } from "./pack/segment-format.ts";

const STORE_ID = /^[0-9a-f]{32}$/;

/**
 * The id of the store in `dir`, from `format.json`; without that from the packs; for an empty folder a new one. Rejects
 * with `UNSUPPORTED_VERSION` where a newer gstore made the folder, before anything is changed.
 */
export async function readStoreId(
  dir: string,
  { files, random }: { files: SegmentFiles; random: Random },
): Promise<Uint8Array> {
  const path = join(dir, "format.json");
  const known = await readFormat(path, files);
  if (known) return known;
  const storeId = (await storeIdOfPacks(files)) ?? random.bytes(STORE_ID_BYTES);
  await writeFormat(path, storeId, files).catch((cause) => {
    throw diskError(cause, path);
  });
  await files.disk.syncFolder(dir).catch((cause) => {
    throw diskError(cause, dir);
  });
  return storeId;
}

async function readFormat(path: string, { disk }: SegmentFiles): Promise<Uint8Array | undefined> {
  let format: { version?: unknown; storeId?: unknown };
  try {
    const bytes = await disk.readWhole(path);
    // Missing or garbled: the packs know it too.
    if (bytes === null) return undefined;
    format = JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw diskError(cause, path);
  }
  const { version, storeId } = format;
  if (typeof version === "number" && version > FOLDER_VERSION) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      `The store ${path} has format version ${version}; this gstore reads ${FOLDER_VERSION}. Update gstore.`,
      { path },
    );
  }
  const isValid = version === FOLDER_VERSION && typeof storeId === "string" && STORE_ID.test(storeId);
  return isValid ? Buffer.from(storeId, "hex") : undefined;
}

async function storeIdOfPacks(files: SegmentFiles): Promise<Uint8Array | undefined> {
  let hasRecords = false;
  for (const number of await files.numbers()) {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES + 1);
    const count = await files.use(number, (file) => file.read(bytes, 0));
    const header = decodeSegmentHeader(bytes.subarray(0, count), files.path(number));
    if (header) return header.storeId;
    hasRecords ||= count > SEGMENT_HEADER_BYTES;
  }
  // With a new id none of their records could be told from garbage.
  if (hasRecords) {
    throw new GstoreError(
      "STORE_DAMAGED",
      `The store's id is lost; put format.json back beside ${files.folder}.`,
      {
        path: files.folder,
      },
    );
  }
  return undefined;
}

async function writeFormat(path: string, storeId: Uint8Array, { disk }: SegmentFiles): Promise<void> {
  const format = {
    format: "gstore disk store",
    version: FOLDER_VERSION,
    storeId: Buffer.from(storeId).toString("hex"),
  };
  await disk.replace(path, Buffer.from(`${JSON.stringify(format)}\n`));
}
