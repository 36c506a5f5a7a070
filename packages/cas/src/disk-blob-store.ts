import {
  BLOB_BYTES_MAX,
  type BlobHold,
  type BlobInfo,
  type BlobStore,
  type Digest,
  digestOf,
  digestToBytes,
  GstoreError,
  LIST_PAGE_MAX,
  type SpaceId,
  throwIfAborted,
  type VerifyProgress,
  type VerifyReport,
} from "@gstore/core";
import { DELETIONS_PER_RECORD_MAX } from "./constants.ts";
import { type Deletion, encodeDeletions } from "./pack/deletion-format.ts";
import { decodeRecordHeader, segmentMark } from "./pack/record-format.ts";
import { isIntact, readStored } from "./record-reader.ts";
import type { StoreContext } from "./store-context.ts";
import { isFor } from "./tables/blob-table.ts";
import { verifyStore } from "./verifier.ts";

type PutOptions = NonNullable<Parameters<BlobStore["put"]>[2]>;

/** The blobs of a {@link DiskStore}. */
export class DiskBlobStore implements BlobStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async put(digest: Digest, bytes: Uint8Array, options: PutOptions = {}): Promise<boolean> {
    const { log, pending, spaceTags, tables } = this.#context.opened();
    checkBlob(digest, bytes, options);
    const asked = spaceTags.of(options.space) ?? 0;
    let isNew = true;
    let spaceTag = asked;
    this.#context.held.touch(digest);
    pending.endIntent(digest, { isCancelled: true });
    for (;;) {
      const other = pending.puts.get(digest);
      if (other) await other;
      const place = tables.blobs.get(digest);
      if (other) {
        // Without a place it was deleted since; that came later than this put.
        if (place === undefined || isFor(place, asked)) return false;
        continue;
      }
      const isLeaving = pending.deletions.has(digest) || pending.failedDeletions.has(digest);
      const isHere = place !== undefined && !place.isDamaged && !isLeaving;
      if (isHere && isFor(place, asked)) return false;
      throwIfAborted(options.signal);
      isNew = !isHere;
      // Who puts another space's blob has its bytes: from now on it is there for all. One that was, and is damaged, stays so.
      const isShared = place?.spaceTag === 0 && place.isDamaged && !isLeaving;
      spaceTag = !isShared && (place === undefined || isFor(place, asked)) ? asked : 0;
      if (log.hasRoom) break;
      await log.room(options.signal);
    }
    await pending.track(pending.puts, digest, this.#write(digest, bytes, spaceTag));
    return isNew;
  }

  async get(digest: Digest, options: NonNullable<Parameters<BlobStore["get"]>[1]> = {}): Promise<Uint8Array> {
    const { files, spaceTags, storeId, tables } = this.#context.opened();
    throwIfAborted(options.signal);
    const spaceTag = spaceTags.of(options.space);
    const read = await readStored(files, () => {
      const place = tables.blobs.get(digest);
      return place && (spaceTag === null || isFor(place, spaceTag)) ? place : undefined;
    });
    if (read === undefined) {
      throw new GstoreError("BLOB_NOT_FOUND", `The blob ${digest} is not here.`, { digest });
    }
    const { place, header, body } = read;
    if (isIntact(body, digest)) {
      // Behind a damaged header it can be read only as long as the index knows where it is: a put writes it anew.
      const isFound = () => decodeRecordHeader(header, segmentMark(storeId, place.segment)) !== undefined;
      if (place.isDamaged && isFound()) tables.blobs.mark(digest, place, false);
      return body;
    }
    tables.blobs.mark(digest, place, true);
    throw new GstoreError(
      "BLOB_DAMAGED",
      `The blob ${digest} is damaged on this disk. Another copy can replace it.`,
      {
        digest,
        path: files.path(place.segment),
      },
    );
  }

  async missing(digests: readonly Digest[], options: { space?: SpaceId } = {}): Promise<Digest[]> {
    const { held, pending, spaceTags, tables } = this.#context.opened();
    const spaceTag = spaceTags.of(options.space);
    const isHere = (digest: Digest): boolean => {
      // One that is leaving is said to be gone; one that is said to be here stays while it is held.
      if (pending.deletions.has(digest) || pending.failedDeletions.has(digest)) return false;
      if (!tables.blobs.has(digest, spaceTag)) return false;
      held.touch(digest);
      return true;
    };
    return digests.filter((digest) => !isHere(digest));
  }

  async delete(digests: readonly Digest[]): Promise<void> {
    for (let from = 0; from < digests.length; from += DELETIONS_PER_RECORD_MAX) {
      await this.#deleteSome(digests.slice(from, from + DELETIONS_PER_RECORD_MAX), () => false);
    }
    this.#context.opened().scheduleCompaction();
  }

  hold(options?: { readonly others?: boolean }): BlobHold {
    return this.#context.opened().held.hold(options);
  }

  async collect(digests: readonly Digest[]): Promise<BlobInfo[]> {
    const { held, scheduleCompaction } = this.#context.opened();
    const collected: BlobInfo[] = [];
    for (let from = 0; from < digests.length; from += DELETIONS_PER_RECORD_MAX) {
      const some = digests.slice(from, from + DELETIONS_PER_RECORD_MAX);
      collected.push(...(await this.#deleteSome(some, (digest) => held.isHeld(digest))));
    }
    if (collected.length > 0) scheduleCompaction();
    return collected;
  }

  async *list(options: NonNullable<Parameters<BlobStore["list"]>[0]> = {}): AsyncGenerator<BlobInfo> {
    for (let after: Digest | null = null; ; ) {
      throwIfAborted(options.signal);
      const page: ReturnType<StoreContext["tables"]["blobs"]["page"]> = this.#context
        .opened()
        .tables.blobs.page(after, LIST_PAGE_MAX);
      for (const [digest, place] of page)
        if (options.damaged || !place.isDamaged) yield { digest, size: place.size };
      const last = page.at(-1)?.[0];
      if (page.length < LIST_PAGE_MAX || last === undefined) return;
      after = last;
    }
  }

  async verify(
    options: { signal?: AbortSignal; onProgress?: (progress: VerifyProgress) => void } = {},
  ): Promise<VerifyReport> {
    return verifyStore(this.#context.opened(), options);
  }

  usage(): { readonly blobs: number; readonly bytes: number } {
    const { blobs, bytes } = this.#context.tables.blobs;
    return { blobs, bytes };
  }

  #write(digest: Digest, bytes: Uint8Array, spaceTag: number): Promise<void> {
    const { log, tables } = this.#context;
    return new Promise((resolve, reject) => {
      log.append([
        {
          kind: "blob",
          digest: digestToBytes(digest),
          body: bytes,
          spaceTag,
          written: (place, sequence) => {
            const size = bytes.length;
            tables.blobs.apply(digest, { ...place, size, sequence, spaceTag, isDamaged: false });
            resolve();
          },
          failed: reject,
        },
      ]);
    });
  }

  /** `isKept` is asked in the turn in which the deletions are queued. Gives the blobs that were here. */
  async #deleteSome(digests: readonly Digest[], isKept: (digest: Digest) => boolean): Promise<BlobInfo[]> {
    const { log, pending, tables } = this.#context.opened();
    const intents = new Map(digests.map((digest) => [digest, pending.intend(digest)]));
    for (;;) {
      // Where a blob is being written or moved, its place is not known yet, and the deletion has to name it.
      const writes = digests.flatMap((digest) => pending.puts.get(digest) ?? pending.moves.get(digest) ?? []);
      if (writes.length > 0) await Promise.allSettled(writes);
      else if (log.hasRoom) break;
      else await log.room(undefined);
    }
    const others: Promise<void>[] = [];
    const deletions = new Map<Digest, Deletion>();
    const deleted: BlobInfo[] = [];
    for (const [digest, intent] of intents) {
      if (intent.isCancelled) continue;
      pending.endIntent(digest, { isCancelled: false });
      if (isKept(digest)) continue;
      const other = pending.deletions.get(digest);
      if (other) others.push(other);
      const place = other ? undefined : tables.blobs.get(digest);
      if (place) {
        const { segment, olderSegment, size } = place;
        deletions.set(digest, { digest, segment, olderSegment });
        deleted.push({ digest, size });
      }
      // A put that failed may have left its record behind, until a later segment says how far the failed one counts.
      else if (!other && log.hasUnsealed) deletions.set(digest, { digest, segment: 0, olderSegment: 0 });
    }
    if (deletions.size > 0) {
      const written = this.#writeDeletions([...deletions.values()]);
      for (const digest of deletions.keys())
        void pending.track(pending.deletions, digest, written).catch(() => {});
      others.push(written);
    }
    await Promise.all(others);
    return deleted;
  }

  #writeDeletions(deletions: readonly Deletion[]): Promise<void> {
    const { log, pending, tables } = this.#context;
    const body = encodeDeletions(deletions);
    return new Promise((resolve, reject) => {
      log.append([
        {
          kind: "deletion",
          digest: digestToBytes(digestOf(body)),
          body,
          written: (_place, sequence) => {
            for (const { digest } of deletions) tables.blobs.applyDeletion(digest, sequence);
            resolve();
          },
          failed: (error) => {
            // The record may be on the disk all the same: a put must not rely on the blob until that is settled.
            for (const { digest } of deletions) pending.failedDeletions.add(digest);
            reject(error);
          },
        },
      ]);
    });
  }
}

function checkBlob(digest: Digest, bytes: Uint8Array, options: PutOptions): void {
  if (bytes.length > BLOB_BYTES_MAX) {
    throw new GstoreError("TOO_LARGE", `A blob of ${bytes.length} bytes is too large.`, {
      digest,
      limit: BLOB_BYTES_MAX,
      actual: bytes.length,
    });
  }
  if (!options.digestChecked && !isIntact(bytes, digest)) {
    throw new GstoreError("DIGEST_MISMATCH", `The bytes are not those of the blob ${digest}.`, { digest });
  }
}
