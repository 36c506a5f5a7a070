import {
  type BlobStore,
  type Digest,
  type DiskStore,
  type Entry,
  type EntryId,
  type EntryStore,
  isGstoreError,
  type MembershipStore,
  type NameIndex,
  type PeerId,
  type ScrubOptions,
  type ScrubStep,
  type WholeVersion,
} from "@gstore/core";
import type { Ledger } from "./ledger.ts";

export interface ObserverOptions {
  readonly self: PeerId;
  readonly ledger: Ledger;
  /** Told of every blob that is synced here. */
  readonly synced: (digest: Digest) => void;
  /** Told of every entry that is here. */
  readonly stored: (version: EntryId) => void;
  /** Called before an entry of this node's own is stored, with what is to be synced together with it. */
  readonly authors: (entry: Entry, disk: ObservedDisk, together: readonly WholeVersion[]) => void;
  /** Called after entries were stored, or put in the place of stripped ones. */
  readonly wrote: (entries: readonly Entry[], disk: ObservedDisk) => Promise<void>;
  /** Called after this node gave up its copies of versions to others, or as old history, noted that it holds all of some, or deleted blobs as garbage. */
  readonly gaveUp: (versions: readonly EntryId[]) => Promise<void>;
  readonly expired: (versions: readonly EntryId[], disk: ObservedDisk) => Promise<void>;
  readonly completed: (versions: readonly EntryId[], disk: ObservedDisk) => Promise<void>;
  readonly collected: (blobs: readonly Digest[], disk: ObservedDisk) => Promise<void>;
}

const SCAN_PAGE = 1000;

/**
 * A node's real store, whose acknowledgements are noted. It lies below whatever a test puts between, so that it knows
 * what is synced whatever the node believes.
 */
export class ObservedDisk implements DiskStore {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly membership: MembershipStore;
  readonly #disk: DiskStore;
  readonly #options: ObserverOptions;
  /** Entries that are synced here. */
  readonly #stored = new Map<EntryId, Entry>();
  readonly #byKey = new Map<string, Entry[]>();

  private constructor(disk: DiskStore, options: ObserverOptions) {
    this.#disk = disk;
    this.#options = options;
    const noted: Partial<BlobStore> = {
      put: async (digest, bytes, given) => {
        const isNew = await disk.blobs.put(digest, bytes, given);
        options.ledger.sawBlob(digest, bytes);
        options.synced(digest);
        return isNew;
      },
      collect: async (digests: readonly Digest[]) => {
        const taken = await disk.blobs.collect(digests);
        await options.collected(
          taken.map(({ digest }) => digest),
          this,
        );
        return taken;
      },
    };
    this.blobs = over(disk.blobs, noted);
    this.entries = over(disk.entries, {
      append: (entries: readonly Entry[], given: { complete: boolean }) => this.#append(entries, given),
      unstrip: async (entries: readonly Entry[]) => {
        await disk.entries.unstrip(entries);
        await options.wrote(entries, this);
      },
      markComplete: async (versions: readonly EntryId[]) => {
        await disk.entries.markComplete(versions);
        await options.completed(versions, this);
      },
      markDropped: async (versions: readonly EntryId[]) => {
        await disk.entries.markDropped(versions);
        await options.gaveUp(versions);
      },
      markExpired: async (versions: readonly EntryId[]) => {
        await disk.entries.markExpired(versions);
        await options.expired(versions, this);
      },
    });
    this.membership = disk.membership;
  }

  static async open(disk: DiskStore, options: ObserverOptions): Promise<ObservedDisk> {
    const observed = new ObservedDisk(disk, options);
    for (let after = 0; ; ) {
      const page = await disk.entries.since(after, SCAN_PAGE);
      for (const { entry } of page) observed.#note(entry);
      const last = page.at(-1);
      if (last === undefined) return observed;
      after = last.arrival;
    }
  }

  /** Whether an entry is synced here. */
  has(version: EntryId): boolean {
    return this.#stored.has(version);
  }

  /** The entries that are synced here. */
  all(): Entry[] {
    return [...this.#stored.values()];
  }

  /** The synced versions of a key. */
  versions({ space, keyId }: Pick<Entry["body"], "space" | "keyId">): readonly Entry[] {
    return this.#byKey.get(space + keyId) ?? [];
  }

  /** Which blobs of a version are not synced here, or known to be damaged. Reads nothing. */
  async lacks(entry: Entry): Promise<Digest[]> {
    return await this.#disk.blobs.missing(this.#options.ledger.blobsOf(entry.body.content));
  }

  /** Whether blobs are here as they should be. Reads them all. */
  async canRead(blobs: readonly Digest[]): Promise<boolean> {
    try {
      for (const digest of blobs) await this.#disk.blobs.get(digest);
      return true;
    } catch (error) {
      if (isGstoreError(error)) return false;
      throw error;
    }
  }

  async appendVersions(versions: readonly WholeVersion[]): Promise<boolean[]> {
    const { ledger, authors, synced } = this.#options;
    for (const { entry } of versions) if (this.#isNewOfSelf(entry)) authors(entry, this, versions);
    const areNew = await this.#disk.appendVersions(versions);
    for (const { blob } of versions) {
      if (blob === null) continue;
      ledger.sawBlob(blob.digest, blob.bytes);
      synced(blob.digest);
    }
    for (const { entry } of versions) this.#note(entry);
    return areNew;
  }

  openNameIndex(encryptionKey: Uint8Array): Promise<NameIndex> {
    return this.#disk.openNameIndex(encryptionKey);
  }

  diskUsage(): ReturnType<DiskStore["diskUsage"]> {
    return this.#disk.diskUsage();
  }

  scrub(options: ScrubOptions): Promise<ScrubStep> {
    return this.#disk.scrub(options);
  }

  retireDamagedPacks(): Promise<number> {
    return this.#disk.retireDamagedPacks();
  }

  close(): Promise<void> {
    return this.#disk.close();
  }

  async #append(entries: readonly Entry[], given: { complete: boolean }): Promise<void> {
    for (const entry of entries) {
      if (given.complete && this.#isNewOfSelf(entry)) this.#options.authors(entry, this, []);
    }
    await this.#disk.entries.append(entries, given);
    for (const entry of entries) this.#note(entry);
    await this.#options.wrote(entries, this);
  }

  #isNewOfSelf({ id, body }: Entry): boolean {
    return body.dot.author === this.#options.self && !this.#stored.has(id);
  }

  #note(entry: Entry): void {
    if (this.#stored.has(entry.id)) return;
    this.#options.stored(entry.id);
    this.#stored.set(entry.id, entry);
    const key = entry.body.space + entry.body.keyId;
    const versions = this.#byKey.get(key) ?? [];
    versions.push(entry);
    this.#byKey.set(key, versions);
  }
}

/** An object with some of its methods in place of its own. */
export function over<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get: (target, name) => {
      const method = (methods as Record<PropertyKey, unknown>)[name];
      if (method !== undefined) return method;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
