import type { Clock, Random } from "@gstore/core";
import { diskError } from "./disk-errors.ts";
import type { ByteDatabase, OpenByteDatabase } from "./index/byte-database.ts";
import { KeyValueIndex } from "./index/key-value-index.ts";
import type { SegmentFiles } from "./pack/segment-files.ts";
import type { Staging } from "./pack/staging.ts";
import { type Recovered, type RecoveryOptions, recover } from "./recovery.ts";
import { type IndexState, IndexTables } from "./tables/index-tables.ts";

export interface OpenIndexOptions {
  readonly folder: string;
  readonly files: SegmentFiles;
  readonly staging: Staging;
  readonly storeId: Uint8Array;
  readonly openDatabase: OpenByteDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly checkBytesMax?: number | undefined;
  readonly scanned?: RecoveryOptions["scanned"];
  readonly entryLost?: RecoveryOptions["entryLost"];
}

type Progress = Omit<IndexState, "arrivalEpoch">;

/** The index, brought up to the packs. */
export interface OpenedIndex {
  readonly tables: IndexTables;
  readonly arrivalEpoch: string;
  readonly recovered: Recovered;
  /** From now on commits state what `progress` says. */
  follow(progress: () => Progress): void;
  close(): Promise<void>;
}

const EPOCH_BYTES = 12;
const FROM_START: Progress = { checkpoint: { segment: 0, offset: 0 }, nextSequence: 1 };
/** A new layout of the index takes a new number: older ones are then rebuilt. */
const INDEX_VERSION = 2;

/** Opens the index, or rebuilds it from the packs where it is missing, damaged, of another store, or ahead of them. */
export async function openIndex(options: OpenIndexOptions): Promise<OpenedIndex> {
  const opened = await openAsItIs(options);
  if (opened) return opened;
  return build(options, await open(options, "rebuilt"));
}

async function openAsItIs(options: OpenIndexOptions): Promise<OpenedIndex | undefined> {
  const database = await open(options, "as it is");
  if (database.isNew) return build(options, database);
  const kept = makeTables(options, database);
  let state: IndexState | undefined;
  try {
    state = kept.tables.load();
  } catch {
    // Not what this gstore wrote.
  }
  if (state && (await isWithinPacks(options.files, state, kept.tables)))
    return finish(options, { ...kept, database, state });
  await database.close({ isConsistent: false });
  return undefined;
}

function open(
  { folder, storeId, clock, checkBytesMax, openDatabase }: OpenIndexOptions,
  how: "as it is" | "rebuilt",
): Promise<ByteDatabase> {
  const tag = `index v${INDEX_VERSION} ${Buffer.from(storeId).toString("hex")}`;
  return openDatabase({ folder, tag, clock, checkBytesMax, startsEmpty: how === "rebuilt" });
}

function build(options: OpenIndexOptions, database: ByteDatabase): Promise<OpenedIndex> {
  const arrivalEpoch = Buffer.from(options.random.bytes(EPOCH_BYTES)).toString("hex");
  return finish(options, {
    ...makeTables(options, database),
    database,
    state: { ...FROM_START, arrivalEpoch },
  });
}

interface Made {
  readonly tables: IndexTables;
  /** What commits state; set once it is known. */
  readonly current: { progress: (() => Progress) | undefined; arrivalEpoch: string };
}

function makeTables({ folder, files, clock }: OpenIndexOptions, database: ByteDatabase): Made {
  const current: Made["current"] = { progress: undefined, arrivalEpoch: "" };
  const beforeCommit = (): void => {
    if (current.progress) tables.save({ ...current.progress(), arrivalEpoch: current.arrivalEpoch });
  };
  const freeBytes = () => files.disk.freeBytes(folder);
  const index = new KeyValueIndex({ committed: database, folder, freeBytes, clock, beforeCommit });
  const tables = new IndexTables(index, clock);
  return { tables, current };
}

async function finish(
  { files, staging, storeId, scanned, entryLost }: OpenIndexOptions,
  { tables, current, database, state }: Made & { database: ByteDatabase; state: IndexState },
): Promise<OpenedIndex> {
  let progress: Progress = state;
  current.arrivalEpoch = state.arrivalEpoch;
  current.progress = () => progress;
  const advanced = (checkpoint: Progress["checkpoint"], nextSequence: number): void => {
    progress = { checkpoint, nextSequence };
  };
  try {
    const recovered = await recover({ files, staging, storeId, tables, state, advanced, scanned, entryLost });
    return {
      tables,
      arrivalEpoch: state.arrivalEpoch,
      recovered,
      follow: (next) => {
        current.progress = next;
      },
      close: () => closeIndex(tables, database),
    };
  } catch (error) {
    tables.index.close();
    await database.close({ isConsistent: false });
    throw error;
  }
}

async function closeIndex(tables: IndexTables, database: ByteDatabase): Promise<void> {
  tables.index.close();
  // What can't be committed now is read from the packs at the next opening.
  await tables.index.commit().catch(() => undefined);
  await database.close({ isConsistent: true });
}

/** Whether every segment is there that the index speaks of, as far as it goes. */
async function isWithinPacks(
  files: SegmentFiles,
  { checkpoint }: IndexState,
  tables: IndexTables,
): Promise<boolean> {
  const present = new Set(await files.numbers());
  for (const segment of tables.segments.numbers()) {
    if (present.has(segment)) continue;
    if (tables.segments.liveBytes(segment) > 0) return false;
    // Removed by compaction right before a crash.
    tables.segments.remove(segment);
  }
  if (!present.has(checkpoint.segment)) return true;
  const size = await files.disk.size(files.path(checkpoint.segment)).catch((cause) => {
    throw diskError(cause, files.path(checkpoint.segment));
  });
  return size >= checkpoint.offset;
}
