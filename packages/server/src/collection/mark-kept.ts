import {
  type BlobStore,
  type ContentRoot,
  type Digest,
  DigestFilter,
  decodeManifestNode,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  isGstoreError,
  type ManifestChild,
  type Random,
} from "@gstore/core";
import type { Pace } from "./pace.ts";

/** Entries read at a time, and how many that came after the beginning are looked at before the rest is left. */
const PAGE = 256;
const LATE_MAX = 10_000;
/** Manifest nodes remembered as looked at: versions of a large file share most of theirs. About 100 bytes each. */
const NODES_SEEN_MAX = 50_000;
const UNREADABLE_MAX = 100;

/** A version of which it can't be told what it names. */
export interface UnreadableVersion {
  /** Null where it is the entry itself that can't be read. */
  readonly version: EntryId | null;
  readonly code: string;
}

export interface MarkOptions {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly random: Random;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** Whether a version is to be treated as if it were given up. */
  readonly isGivenUp?: ((record: EntryRecord) => Promise<boolean>) | undefined;
  readonly onEntries?: ((entries: number) => void) | undefined;
}

/** What is kept: a filter that has all blobs of all kept versions, and a few more. */
export interface Marked {
  readonly kept: DigestFilter;
  readonly entries: number;
  /** If there are any, more than is marked may be kept. The first hundred. */
  readonly unreadable: readonly UnreadableVersion[];
}

/** A version whose blobs this node keeps. */
export function isKept({ entry, dropped }: EntryRecord): boolean {
  return !dropped && entry.body.content !== null;
}

/** Marks what the entries name that are here now, and what is read. */
export async function markKept(options: MarkOptions, read: () => readonly ContentRoot[]): Promise<Marked> {
  return await new Marker(options).run(read);
}

interface Version {
  /** Whether all of it should be here. */
  readonly isWhole: boolean;
  /** Its nodes that were looked at. */
  readonly own: Set<Digest>;
}

class Marker {
  readonly #options: MarkOptions;
  readonly #kept: DigestFilter;
  readonly #seen = new Set<Digest>();
  readonly #unreadable: UnreadableVersion[] = [];

  constructor(options: MarkOptions) {
    this.#options = options;
    this.#kept = new DigestFilter(options.blobs.usage().blobs, options.random);
  }

  async run(read: () => readonly ContentRoot[]): Promise<Marked> {
    const { entries, isGivenUp, onEntries, pace, signal } = this.#options;
    // What comes later is under the hold of whoever brings it. Queued entries may have lower numbers than some that are here.
    const enough = entries.count() + LATE_MAX;
    let looked = 0;
    for (let arrival = 0; ; ) {
      const page = await entries.since(arrival, PAGE);
      for (const record of page) {
        if (isKept(record) && !(await isGivenUp?.(record))) await this.#markVersion(record);
        await pace.step(signal);
      }
      looked += page.length;
      onEntries?.(looked);
      const last = page.at(-1);
      if (last === undefined || looked >= enough) break;
      arrival = last.arrival;
    }
    for (const root of read()) await this.#markRoot(root);
    if (entries.damaged() > 0) this.#unreadable.push({ version: null, code: "STORE_DAMAGED" });
    return { kept: this.#kept, entries: looked, unreadable: this.#unreadable };
  }

  async #markRoot(root: ContentRoot): Promise<void> {
    try {
      await this.#markTree(root, root.level, { isWhole: false, own: new Set() });
    } catch (error) {
      if (!isGstoreError(error, "BLOB_DAMAGED", "STORE_IO", "UNSUPPORTED_VERSION")) throw error;
      if (this.#unreadable.length < UNREADABLE_MAX)
        this.#unreadable.push({ version: null, code: error.code });
    }
  }

  async #markVersion({ entry, complete }: EntryRecord): Promise<void> {
    const { id, body } = entry;
    if (body.content === null) return;
    try {
      const { content } = body;
      await this.#markTree(content, content.level, { isWhole: complete, own: new Set() });
    } catch (error) {
      if (!isGstoreError(error, "BLOB_DAMAGED", "BLOB_NOT_FOUND", "STORE_IO", "UNSUPPORTED_VERSION"))
        throw error;
      if (this.#unreadable.length < UNREADABLE_MAX) this.#unreadable.push({ version: id, code: error.code });
    }
  }

  /** Rejects where a node can't be read, or is missing although all of the version should be here. */
  async #markTree({ digest }: ManifestChild, level: number, version: Version): Promise<void> {
    this.#kept.add(digest);
    if (level === 0 || this.#seen.has(digest) || version.own.has(digest)) return;
    // Small nodes that name the next one many times each are a tree without end.
    version.own.add(digest);
    const children = await this.#childrenOf(digest, level, version.isWhole);
    for (const child of children) await this.#markTree(child, level - 1, version);
    // Only once all below it is marked, and nothing of that may be missing.
    if ((level === 1 || version.isWhole) && this.#seen.size < NODES_SEEN_MAX) this.#seen.add(digest);
  }

  async #childrenOf(digest: Digest, level: number, isWhole: boolean): Promise<readonly ManifestChild[]> {
    const { blobs, pace, signal } = this.#options;
    await pace.step(signal);
    let bytes: Uint8Array;
    try {
      bytes = await blobs.get(digest, { signal });
    } catch (error) {
      // What lies below a node that is not here yet is not here for its sake.
      if (!isWhole && isGstoreError(error, "BLOB_NOT_FOUND")) return [];
      throw error;
    }
    try {
      const node = decodeManifestNode(bytes);
      return node.level === level ? node.children : [];
    } catch (error) {
      // No node, for everybody. One in a newer form is one, and what it names can't be told.
      if (isGstoreError(error, "INVALID_FORMAT", "TOO_LARGE")) return [];
      throw error;
    }
  }
}
