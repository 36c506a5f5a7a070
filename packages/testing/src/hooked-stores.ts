import type { BlobHold, BlobInfo, BlobStore, Digest, Entry, VerifyReport } from "@gstore/core";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { MemoryEntryStore } from "./memory-entry-store.ts";

/** Blobs in memory behind hooks: a test makes them slow (by a promise) or fail (by what it throws). */
export class HookedBlobStore implements BlobStore {
  readonly memory: MemoryBlobStore = new MemoryBlobStore();
  beforePut: ((digest: Digest, bytes: Uint8Array) => Promise<void> | void) | null = null;
  beforeGet: ((digest: Digest) => Promise<void> | void) | null = null;
  /** How many puts and gets were asked for. */
  puts = 0;
  gets = 0;

  async put(...[digest, bytes, options]: Parameters<BlobStore["put"]>): Promise<boolean> {
    this.puts++;
    await this.beforePut?.(digest, bytes);
    return await this.memory.put(digest, bytes, options);
  }

  async get(...[digest, options]: Parameters<BlobStore["get"]>): Promise<Uint8Array> {
    this.gets++;
    await this.beforeGet?.(digest);
    return await this.memory.get(digest, options);
  }

  missing(...args: Parameters<BlobStore["missing"]>): Promise<Digest[]> {
    return this.memory.missing(...args);
  }

  delete(digests: readonly Digest[]): Promise<void> {
    return this.memory.delete(digests);
  }

  hold(options?: { readonly others?: boolean }): BlobHold {
    return this.memory.hold(options);
  }

  collect(digests: readonly Digest[]): Promise<BlobInfo[]> {
    return this.memory.collect(digests);
  }

  list(options?: { signal?: AbortSignal; damaged?: boolean }): AsyncIterable<BlobInfo> {
    return this.memory.list(options);
  }

  verify(options?: { signal?: AbortSignal }): Promise<VerifyReport> {
    return this.memory.verify(options);
  }

  usage(): { readonly blobs: number; readonly bytes: number } {
    return this.memory.usage();
  }
}

/** Entries in memory behind a hook. */
export class HookedEntryStore extends MemoryEntryStore {
  beforeAppend: ((entries: readonly Entry[]) => Promise<void> | void) | null = null;

  override async append(entries: readonly Entry[], options: { complete: boolean }): Promise<void> {
    await this.beforeAppend?.(entries);
    await super.append(entries, options);
  }
}
