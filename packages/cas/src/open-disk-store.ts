import { join } from "node:path";
import {
  type BlobStore,
  type Clock,
  type DiskStore,
  type DiskUsage,
  type EntryStore,
  GstoreError,
  type MembershipStore,
  type NameIndex,
  type Random,
  type ScrubOptions,
  type ScrubStep,
  systemClock,
  systemRandom,
  type WholeVersion,
} from "@gstore/core";
import { type CompactionReport, Compactor } from "./compactor.ts";
import { COMPACT_DELAY_MS } from "./constants.ts";
import { DiskBlobStore } from "./disk-blob-store.ts";
import { DiskEntryStore } from "./disk-entry-store.ts";
import { diskError, storeClosed } from "./disk-errors.ts";
import { type DiskFiles, nodeDiskFiles } from "./disk-files.ts";
import { DiskMembershipStore } from "./disk-membership-store.ts";
import { DiskNameIndex } from "./disk-name-index.ts";
import { HeldBlobs } from "./held-blobs.ts";
import type { OpenByteDatabase } from "./index/byte-database.ts";
import { LmdbFolder } from "./index/lmdb-folder.ts";
import { KnownDamage } from "./known-damage.ts";
import { type OpenedIndex, openIndex } from "./open-index.ts";
import { LogWriter } from "./pack/log-writer.ts";
import { SegmentFiles } from "./pack/segment-files.ts";
import { SpaceTags } from "./pack/space-tags.ts";
import { Staging } from "./pack/staging.ts";
import { PendingChanges } from "./pending-changes.ts";
import { scrubStep } from "./scrub-step.ts";
import type { StoreContext } from "./store-context.ts";
import { readStoreId } from "./store-folder.ts";
import type { StoreGround } from "./store-ground.ts";
import { lockStore, type StoreLock } from "./store-lock.ts";

export interface OpenDiskStoreOptions {
  /** The store's folder; made (0700) where it is missing. */
  readonly dir: string;
  /** Names this process in the error that another one gets. Default: its program and first argument. */
  readonly holder?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told while packs are read to bring the index up to them: so many bytes of so many. */
  readonly scanned?: (bytes: number, totalBytes: number) => void;
  /** Told once, and waited for before the index is past it, where packs are damaged in a place that may have held an entry. */
  readonly entryLost?: () => Promise<void>;
  /** For tests: the file system of the packs. */
  readonly files?: DiskFiles;
  /** For tests: smaller segments. */
  readonly segmentBytesMax?: number;
  /** For tests: indexes above so many bytes are not checked as a whole when they are opened. */
  readonly indexCheckBytesMax?: number;
}

/** A {@link DiskStore} with what its upkeep needs. */
export interface CasStore extends DiskStore {
  /** Frees the space of deleted blobs now, as far as it is worth it. Runs by itself after deletions. */
  compact(): Promise<CompactionReport>;
}

/**
 * Opens the store in a folder, or makes one. Rejects with `STORE_LOCKED` where another process has it open,
 * `UNSUPPORTED_VERSION` where a newer gstore wrote it, `STORE_READ_ONLY`, `STORE_FULL` or `STORE_IO` where the disk refuses.
 */
export async function openDiskStore(options: OpenDiskStoreOptions): Promise<CasStore> {
  const files = options.files ?? nodeDiskFiles;
  return await openStoreOn(
    { files, lock: lockStore, openDatabase: (given) => LmdbFolder.open(given) },
    options,
  );
}

/** {@link openDiskStore} on other ground than the machine's. */
export async function openStoreOn(
  ground: StoreGround,
  options: Omit<OpenDiskStoreOptions, "files">,
): Promise<CasStore> {
  const { dir, clock = systemClock, random = systemRandom } = options;
  const { openDatabase } = ground;
  const files = new SegmentFiles(join(dir, "packs"), ground.files);
  await ground.files.makeFolder(files.folder).catch((cause) => {
    throw diskError(cause, dir);
  });
  const holder = options.holder ?? process.argv.slice(1, 3).join(" ");
  const lock = await ground.lock(dir, { holder, clock });
  let index: OpenedIndex | undefined;
  try {
    const storeId = await readStoreId(dir, { files, random });
    const staging = await Staging.open(ground.files, files.folder);
    index = await openIndex({
      folder: join(dir, "index"),
      files,
      staging,
      storeId,
      openDatabase,
      clock,
      random,
      ...{ scanned: options.scanned, entryLost: options.entryLost },
      checkBytesMax: options.indexCheckBytesMax,
    });
    return new OpenStore({
      ...{ dir, clock, random, openDatabase, storeId, files, staging, lock, index },
      segmentBytesMax: options.segmentBytesMax,
      checkBytesMax: options.indexCheckBytesMax,
    });
  } catch (error) {
    await index?.close().catch(() => undefined);
    await files.close();
    lock.release();
    throw error;
  }
}

interface Parts {
  readonly dir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly openDatabase: OpenByteDatabase;
  readonly storeId: Uint8Array;
  readonly files: SegmentFiles;
  readonly staging: Staging;
  readonly lock: StoreLock;
  readonly index: OpenedIndex;
  readonly segmentBytesMax: number | undefined;
  readonly checkBytesMax: number | undefined;
}

class OpenStore implements CasStore {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly membership: MembershipStore;
  readonly #parts: Parts;
  readonly #log: LogWriter;
  readonly #context: StoreContext;
  readonly #compactor: Compactor;
  readonly #closing = new AbortController();
  #names: Promise<DiskNameIndex> | undefined;
  #cancelCompaction: (() => void) | undefined;
  #exclusive: Promise<unknown> = Promise.resolve();
  #compaction: Promise<CompactionReport> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { index, files, staging, storeId } = parts;
    this.#parts = parts;
    const pending = new PendingChanges();
    this.#log = new LogWriter({
      files,
      staging,
      storeId,
      ...index.recovered,
      ...(parts.segmentBytesMax === undefined ? {} : { segmentBytesMax: parts.segmentBytesMax }),
      indexRoom: () => index.tables.index.room(),
      advanced: () => {
        if (!this.#log.hasUnsealed) pending.failedDeletions.clear();
      },
    });
    index.follow(() => ({ checkpoint: this.#log.position, nextSequence: this.#log.nextSequence }));
    this.#context = {
      ...parts,
      spaceTags: new SpaceTags(storeId),
      tables: index.tables,
      log: this.#log,
      pending,
      held: new HeldBlobs(parts.random),
      damage: new KnownDamage(),
      exclusively: (work) => this.#exclusively(work),
      emptySegments: () => this.#compactor.empty(this.#closing.signal),
      scheduleCompaction: () => this.#scheduleCompaction(),
      opened: () => this.#opened(),
    };
    this.#compactor = new Compactor(this.#context);
    this.blobs = new DiskBlobStore(this.#context);
    this.entries = new DiskEntryStore(this.#context, index.arrivalEpoch);
    this.membership = new DiskMembershipStore(this.#context);
    if (index.tables.segments.numbers().some((segment) => index.tables.segments.isEmptying(segment))) {
      this.#scheduleCompaction();
    }
  }

  async appendVersions(versions: readonly WholeVersion[]): Promise<boolean[]> {
    const log = this.#log;
    const puts: Promise<boolean>[] = [];
    let isQueued = true;
    for (const { entry, blob } of versions) {
      if (blob === null) {
        puts.push(Promise.resolve(false));
        continue;
      }
      // With room in the log the record is queued before `put` returns.
      isQueued &&= log.hasRoom;
      const { space } = entry.body;
      puts.push(this.blobs.put(blob.digest, blob.bytes, { digestChecked: true, space }));
    }
    // Queued in one turn, blobs before entries, so that one sync is for all. The log keeps their order, and what fails takes
    // along what is queued behind it: no entry is there without its blob (I3). Otherwise the blobs are awaited.
    if (!isQueued || !log.hasRoom) await Promise.all(puts);
    const entries = versions.map(({ entry }) => entry);
    const [areNew] = await Promise.all([Promise.all(puts), this.entries.append(entries, { complete: true })]);
    return areNew;
  }

  async openNameIndex(encryptionKey: Uint8Array): Promise<NameIndex> {
    const { dir, clock } = this.#opened();
    const { random, checkBytesMax, openDatabase, files } = this.#parts;
    if (this.#names) throw new GstoreError("ALREADY_RUNNING", "The name index is open already.");
    const folder = join(dir, "names");
    const freeBytes = () => files.disk.freeBytes(folder);
    const given = { folder, encryptionKey, clock, random, checkBytesMax, openDatabase, freeBytes };
    this.#names = DiskNameIndex.open(given);
    this.#names.catch(() => {
      this.#names = undefined;
    });
    return this.#names;
  }

  async diskUsage(): Promise<DiskUsage> {
    const { dir, files } = this.#opened();
    // A segment that compaction removes meanwhile, or a name index that was never opened, uses nothing.
    const sizeOf = (path: string): Promise<number> => files.disk.size(path).catch(() => 0);
    const bytesOf = async (paths: readonly string[]): Promise<number> =>
      (await Promise.all(paths.map(sizeOf))).reduce((sum, size) => sum + size, 0);
    try {
      const packBytes = await bytesOf((await files.numbers()).map((segment) => files.path(segment)));
      const indexBytes = await bytesOf(["index", "names"].map((folder) => join(dir, folder, "data.mdb")));
      return { usedBytes: packBytes + indexBytes, indexBytes, freeBytes: await files.disk.freeBytes(dir) };
    } catch (cause) {
      throw diskError(cause, dir);
    }
  }

  compact(): Promise<CompactionReport> {
    this.#opened();
    this.#compaction ??= this.#compactor.run(this.#closing.signal).finally(() => {
      this.#compaction = undefined;
    });
    return this.#compaction;
  }

  async scrub(options: ScrubOptions): Promise<ScrubStep> {
    return await scrubStep(this.#opened(), options);
  }

  async retireDamagedPacks(): Promise<number> {
    this.#opened();
    return await this.#compactor.retireDamaged(this.#closing.signal);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { files, index, lock } = this.#parts;
    this.#closing.abort();
    this.#cancelCompaction?.();
    try {
      await this.#log.close();
      await this.#exclusive;
      await this.#compaction?.catch(() => undefined);
      await (await this.#names?.catch(() => undefined))?.close();
      await index.close();
      await files.close();
    } finally {
      lock.release();
    }
  }

  #opened(): StoreContext {
    if (this.#closing.signal.aborted) throw storeClosed(this.#parts.dir);
    return this.#context;
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#exclusive.then(work);
    this.#exclusive = result.catch(() => undefined);
    return result;
  }

  #scheduleCompaction(): void {
    if (this.#cancelCompaction) return;
    this.#cancelCompaction = this.#parts.clock.after(COMPACT_DELAY_MS, () => {
      this.#cancelCompaction = undefined;
      // Where it fails, the next deletion tries again; nothing is lost meanwhile but space.
      if (!this.#closing.signal.aborted) this.compact().catch(() => undefined);
    });
  }
}
