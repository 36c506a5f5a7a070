import type { Entry, EntryId, EntryRecord, EntryStore, PeerNetwork } from "@gstore/core";
import type { PurgeGuard } from "../collection/purge-guard.ts";
import type { Logger } from "../logger.ts";
import { fetchEntries } from "../scrub/fetch-entries.ts";
import type { KeyOfSpace } from "../shown-versions.ts";
import { WorkLoop } from "../work-loop.ts";

export interface MissingMetadataOptions {
  readonly network: PeerNetwork;
  readonly entries: EntryStore;
  readonly logger: Logger;
  readonly purgeGuard: () => Pick<PurgeGuard, "storing" | "stripped">;
  /** Keys of which more can be read than before. */
  readonly look: (keys: readonly KeyOfSpace[]) => Promise<void>;
  /** What was listed for erasing has changed. */
  readonly erase: () => Promise<void>;
  readonly stopping: AbortSignal;
}

const BATCH = 64;

/**
 * Makes entries whole that came stripped though no purge covers them: whoever sent them so must not be able to make a
 * version unreadable. Connected members are asked one after the other, and again when one comes.
 */
export class MissingMetadata {
  readonly #options: MissingMetadataOptions;
  #lacking: ReadonlySet<EntryId> = new Set();
  readonly #fetching = new WorkLoop(() => this.#fetch());

  constructor(options: MissingMetadataOptions) {
    this.#options = options;
  }

  /** All that lack theirs now. */
  note(records: readonly EntryRecord[]): void {
    const known = this.#lacking;
    this.#lacking = new Set(records.map(({ entry }) => entry.id));
    if ([...this.#lacking].some((id) => !known.has(id))) this.memberCame();
  }

  /** Some member may have what is lacking. */
  memberCame(): void {
    if (this.#lacking.size === 0 || this.#options.stopping.aborted) return;
    this.#fetching.run().catch((error: unknown) => {
      const { logger, stopping } = this.#options;
      if (!stopping.aborted) logger.warn({ error: String(error) }, "metadata could not be asked for");
    });
  }

  async #fetch(): Promise<void> {
    const { stopping: signal } = this.#options;
    const wanted = new Set(this.#lacking);
    let came: Entry[] = [];
    let isAny = false;
    for await (const entry of fetchEntries(this.#options, wanted, { signal, isStrippedTaken: false })) {
      wanted.delete(entry.id);
      isAny = true;
      if (came.push(entry) < BATCH) continue;
      await this.#take(came);
      came = [];
    }
    await this.#take(came);
    if (isAny) await this.#options.erase();
  }

  async #take(came: readonly Entry[]): Promise<void> {
    if (came.length === 0) return;
    const { entries, look } = this.#options;
    const guard = this.#options.purgeGuard();
    await guard.storing(async () => {
      const wanted = await Promise.all(came.map((entry) => guard.stripped(entry)));
      await entries.unstrip(wanted.filter(({ body }) => body.sealed !== null));
    });
    // Before they are listed as done: a crash in between leaves them to be looked at.
    await look(came.map(({ body }) => ({ space: body.space, keyId: body.keyId })));
  }
}
