import {
  type DamageReport,
  type Digest,
  type DiskStore,
  type Entry,
  type EntryId,
  isGstoreError,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import type { PurgeGuard } from "../collection/purge-guard.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { BlobFetcher } from "../replication/blob-fetcher.ts";
import { fetchEntries } from "./fetch-entries.ts";
import { DAMAGE_REMEMBERED_MAX, REPAIRS_AT_ONCE_MAX } from "./limits.ts";

export interface DamageRepairOptions {
  readonly disk: DiskStore;
  readonly members: Members;
  readonly network: PeerNetwork;
  readonly fetcher: BlobFetcher;
  readonly purgeGuard: Pick<PurgeGuard, "storing" | "stripped">;
  readonly logger: Logger;
}

/** What one run of repairs stored again. */
export interface Repaired {
  readonly blobs: number;
  readonly entries: number;
  readonly records: number;
}

/**
 * Stores again what proved damaged on this disk: blobs and entries as other members give them, membership records from
 * memory. What nobody gives is kept in mind. Once nothing is left the damaged packs are given up.
 */
export class DamageRepair {
  readonly #options: DamageRepairOptions;
  readonly #blobs = new Set<Digest>();
  readonly #entries = new Set<EntryId>();
  #hasDamagedRecords = false;
  #hasDamagedPacks = false;

  constructor(options: DamageRepairOptions) {
    this.#options = options;
  }

  get blobs(): readonly Digest[] {
    return [...this.#blobs];
  }

  get entries(): readonly EntryId[] {
    return [...this.#entries];
  }

  get count(): number {
    return this.#blobs.size + this.#entries.size;
  }

  /** Whether there is anything that a run could do. */
  get hasWork(): boolean {
    return this.count > 0 || this.#hasDamagedRecords || this.#hasDamagedPacks;
  }

  /** Takes note of damage; what is beyond the bound is found again by the next round. Gives how much of it was not known. */
  add(damage: Pick<DamageReport, "damaged" | "damagedEntries" | "damagedRecords" | "damagedSpans">): number {
    const before = this.count;
    for (const { digest } of damage.damaged)
      if (this.#blobs.size < DAMAGE_REMEMBERED_MAX) this.#blobs.add(digest);
    for (const id of damage.damagedEntries)
      if (this.#entries.size < DAMAGE_REMEMBERED_MAX) this.#entries.add(id);
    this.#hasDamagedRecords ||= damage.damagedRecords > 0;
    this.#hasDamagedPacks ||= damage.damaged.length + damage.damagedSpans.length > 0;
    return this.count - before + damage.damagedRecords;
  }

  /** Repairs what can be now. Rejects only where this node's own disk fails, or the signal fires. */
  async run(signal: AbortSignal): Promise<Repaired> {
    const records = this.#hasDamagedRecords ? await this.#repairRecords() : 0;
    const entries = await this.#repairEntries(signal);
    const blobs = await this.#repairBlobs(signal);
    if (this.count === 0 && this.#hasDamagedPacks) {
      const packs = await this.#options.disk.retireDamagedPacks();
      this.#hasDamagedPacks = false;
      if (packs > 0)
        this.#options.logger.info({ packs }, "packs with damage were given up, all that was in use moved");
    }
    return { blobs, entries, records };
  }

  /** All that hold are in memory; those that are not damaged are passed over. */
  async #repairRecords(): Promise<number> {
    const { disk, members } = this.#options;
    await disk.membership.append(members.records());
    this.#hasDamagedRecords = false;
    return 1;
  }

  async #repairEntries(signal: AbortSignal): Promise<number> {
    const { disk, purgeGuard } = this.#options;
    let repaired = 0;
    const store = async (entry: Entry): Promise<void> => {
      await purgeGuard.storing(async () =>
        disk.entries.append([await purgeGuard.stripped(entry)], { complete: false }),
      );
      this.#entries.delete(entry.id);
      repaired += 1;
    };
    for (const id of this.entries) {
      const entry = await this.#entryHere(id);
      if (entry === "gone") this.#entries.delete(id);
      else if (entry !== null) await store(entry);
    }
    const from = { signal, isStrippedTaken: true };
    for await (const entry of fetchEntries(this.#options, this.#entries, from)) await store(entry);
    return repaired;
  }

  /** As it is in memory still, or was stored again since; null where it is damaged. */
  async #entryHere(id: EntryId): Promise<Entry | "gone" | null> {
    try {
      return (await this.#options.disk.entries.get(id))?.entry ?? "gone";
    } catch (error) {
      if (isGstoreError(error, "STORE_DAMAGED", "STORE_IO")) return null;
      throw error;
    }
  }

  async #repairBlobs(signal: AbortSignal): Promise<number> {
    const waiting = this.blobs[Symbol.iterator]();
    let repaired = 0;
    const work = async (): Promise<void> => {
      for (const digest of waiting) {
        const outcome = await this.#repairBlob(digest, signal);
        if (outcome !== "unrepaired") this.#blobs.delete(digest);
        if (outcome === "repaired") repaired += 1;
      }
    };
    await Promise.all(Array.from({ length: REPAIRS_AT_ONCE_MAX }, work));
    return repaired;
  }

  async #repairBlob(digest: Digest, signal: AbortSignal): Promise<"repaired" | "gone" | "unrepaired"> {
    const { disk, fetcher, members } = this.#options;
    // It is not wanted any more.
    if ((await this.#bytesHere(digest, undefined, signal)) === "gone") return "gone";
    for (const space of members.state.spaces.keys()) {
      const here = await this.#bytesHere(digest, space, signal);
      if (here === "gone") continue;
      try {
        // Where the record's header alone is damaged its bytes are here; where a read has replaced it nothing is written.
        const bytes = here ?? (await fetcher.fetch(digest, { space, signal }));
        await disk.blobs.put(digest, bytes, { digestChecked: true, space, signal });
        return "repaired";
      } catch (error) {
        if (!isGstoreError(error, "NO_HOLDER_REACHABLE")) throw error;
      }
    }
    return "unrepaired";
  }

  /** The blob's bytes as it is on this disk; null where they are damaged. */
  async #bytesHere(
    digest: Digest,
    space: SpaceId | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array | "gone" | null> {
    const given = { signal, ...(space === undefined ? {} : { space }) };
    try {
      return await this.#options.disk.blobs.get(digest, given);
    } catch (error) {
      if (isGstoreError(error, "BLOB_NOT_FOUND")) return "gone";
      if (isGstoreError(error, "BLOB_DAMAGED", "STORE_IO")) return null;
      throw error;
    }
  }
}
