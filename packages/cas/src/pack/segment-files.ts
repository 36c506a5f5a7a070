import { join } from "node:path";
import { GstoreError } from "@gstore/core";
import { OPEN_SEGMENTS_MAX } from "../constants.ts";
import { diskError, systemCodeOf } from "../disk-errors.ts";
import type { DiskFile, DiskFiles } from "../disk-files.ts";
import { GatheredReads, ReadBuffers } from "./gathered-reads.ts";
import { segmentName, segmentNumberOf } from "./segment-format.ts";

interface OpenSegment {
  readonly file: DiskFile;
  readonly gathered: GatheredReads;
  users: number;
  /** Set once nobody new may use it; the last user closes it. */
  isDropped: boolean;
}

/** The pack files of a store, opened for reading: a bounded number at a time, each shared by all who read it. */
export class SegmentFiles {
  readonly folder: string;
  readonly disk: DiskFiles;
  /** In order of use, the longest unused first. */
  readonly #open = new Map<number, Promise<OpenSegment>>();
  readonly #buffers = new ReadBuffers();

  constructor(folder: string, disk: DiskFiles) {
    this.folder = folder;
    this.disk = disk;
  }

  path(segment: number): string {
    return join(this.folder, segmentName(segment));
  }

  /** The numbers of the segments that are there, ascending. */
  async numbers(): Promise<number[]> {
    const names = await this.disk.list(this.folder).catch((cause) => {
      throw diskError(cause, this.folder);
    });
    return names.flatMap((name) => segmentNumberOf(name) ?? []).sort((left, right) => left - right);
  }

  /** Runs `read` with the segment's file, which stays open until it is done even when the segment is removed meanwhile. */
  use<T>(segment: number, read: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#use(segment, ({ file }) => read(file));
  }

  /** Reads from a segment into `buffer`, small reads together with others. Resolves with the bytes read. */
  read(segment: number, buffer: Uint8Array, position: number): Promise<number> {
    return this.#use(segment, ({ gathered }) => gathered.read(buffer, position));
  }

  async #use<T>(segment: number, read: (opened: OpenSegment) => Promise<T>): Promise<T> {
    const opened = await this.#acquire(segment);
    try {
      return await read(opened);
    } finally {
      opened.users -= 1;
      if (opened.isDropped && opened.users === 0) await closeQuietly(opened.file);
    }
  }

  /** Forgets the segment's file; reads under way go on. */
  async drop(segment: number): Promise<void> {
    const opening = this.#open.get(segment);
    this.#open.delete(segment);
    const opened = await opening?.catch(() => undefined);
    if (opened === undefined || opened.isDropped) return;
    opened.isDropped = true;
    if (opened.users === 0) await closeQuietly(opened.file);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((segment) => this.drop(segment)));
  }

  async #acquire(segment: number): Promise<OpenSegment> {
    for (;;) {
      const known = this.#open.get(segment);
      const opening = known ?? this.#start(segment);
      this.#open.delete(segment);
      this.#open.set(segment, opening);
      if (known === undefined) this.#evict();
      const opened = await opening;
      if (opened.isDropped) continue;
      opened.users += 1;
      return opened;
    }
  }

  #start(segment: number): Promise<OpenSegment> {
    const opening = this.disk.open(this.path(segment), "read").then((file): OpenSegment => {
      return { file, gathered: new GatheredReads(file, this.#buffers), users: 0, isDropped: false };
    });
    opening.catch(() => {
      if (this.#open.get(segment) === opening) this.#open.delete(segment);
    });
    return opening;
  }

  #evict(): void {
    if (this.#open.size <= OPEN_SEGMENTS_MAX) return;
    const oldest = this.#open.keys().next().value;
    if (oldest !== undefined) void this.drop(oldest);
  }
}

/** True where a segment's file is gone: compaction has removed it since its number was looked up. */
export function isSegmentGone(error: unknown): boolean {
  return systemCodeOf(error) === "ENOENT";
}

export function segmentGone(path: string): GstoreError {
  return new GstoreError("STORE_DAMAGED", `The pack ${path} is missing. Run \`gstore verify\`.`, { path });
}

async function closeQuietly(file: DiskFile): Promise<void> {
  // A failed close of a file that was only read loses nothing.
  await file.close().catch(() => undefined);
}
