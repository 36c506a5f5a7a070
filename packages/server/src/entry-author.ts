import {
  type ContentRoot,
  counterOf,
  type DiskStore,
  type Entry,
  type EntryId,
  type EntryOp,
  GstoreError,
  type Incarnation,
  isGstoreError,
  type KeyId,
  mergeVectors,
  type PlacementId,
  SIGNATURE_BATCH_ENTRIES_MAX,
  type SpaceId,
  type VersionVector,
  type WholeVersion,
} from "@gstore/core";
import { type NodeIdentity, signEntries, type UnsignedEntry, unsignedEntry } from "@gstore/crypto";
import type { HybridClock } from "./hybrid-clock.ts";
import type { Members } from "./membership/members.ts";
import { WorkLoop } from "./work-loop.ts";

/** What a write says; its author adds the numbering, the context and the signature. */
export interface EntryDraft {
  readonly space: SpaceId;
  readonly keyId: KeyId;
  readonly op: EntryOp;
  /** Of a removal: all that is known here of the key is given up at once, by every node that has it. */
  readonly erases?: boolean;
  /** Of a removal that erases: the metadata of all that goes as well. */
  readonly purges?: boolean;
  readonly policyClass: number;
  /** What the key's versions share, see `placement/`. */
  readonly placement: PlacementId;
  readonly content: ContentRoot | null;
  readonly storedBytes: number;
  readonly sealed: Uint8Array;
  /** The only version that this one may supersede: where there are others by then, nothing is written. */
  readonly onlyAfter?: EntryId;
  /** The version's only blob, to be stored along with the entry; null where all its blobs are synced here (I3). */
  readonly blob: WholeVersion["blob"];
  /** Called in order of seq once the entry is synced, before `write` resolves, with whether the blob was not here before. */
  readonly written: (entry: Entry, isBlobNew: boolean) => void;
}

export interface EntryAuthorOptions {
  readonly identity: NodeIdentity;
  readonly incarnation: Incarnation;
  readonly disk: Pick<DiskStore, "entries" | "appendVersions">;
  readonly members: Members;
  readonly clock: HybridClock;
}

interface Waiting {
  readonly draft: EntryDraft;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: unknown) => void;
}

/** Entries under one signature: signing costs next to nothing then, and the path that each entry carries is still short. */
const SIGNED_TOGETHER = 64;

/**
 * Writes this node's entries: one after the other in seq, many under one signature and one sync when many are waiting.
 * The blobs of a draft are synced before it comes here, or come along with it (I3).
 */
export class EntryAuthor {
  readonly #options: EntryAuthorOptions;
  #incarnation: Incarnation;
  #last: LastEntry | null = null;
  #waiting: Waiting[] = [];
  readonly #loop = new WorkLoop(() => this.#writeWaiting());

  constructor(options: EntryAuthorOptions) {
    this.#options = options;
    this.#incarnation = options.incarnation;
  }

  get incarnation(): Incarnation {
    return this.#incarnation;
  }

  /** Numbers, signs and stores an entry. Once it resolves the entry is synced. Rejects with `VERSION_NOT_FOUND` for a draft whose `onlyAfter` is not the key's only version. */
  write(draft: EntryDraft): Promise<Entry> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, resolve, reject });
      void this.#loop.run();
    });
  }

  /** Goes on under another incarnation: this node's numbering was found used by an older self. */
  async restartAs(incarnation: Incarnation): Promise<void> {
    await this.#loop.idle();
    this.#incarnation = incarnation;
    this.#last = null;
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = await this.#withoutOutdated(this.#takeBatch());
      if (batch.length > 0) await this.#writeAndTell(batch);
    }
  }

  /** Nothing else writes here meanwhile; what others wrote at the same time is then in conflict, and not lost. */
  async #withoutOutdated(batch: readonly Waiting[]): Promise<Waiting[]> {
    const isWanted = await Promise.all(
      batch.map(async ({ draft, reject }) => {
        if (draft.onlyAfter === undefined) return true;
        try {
          const heads = await this.#options.disk.entries.heads(draft.space, draft.keyId);
          if (heads.length === 1 && heads[0]?.entry.id === draft.onlyAfter) return true;
          reject(new GstoreError("VERSION_NOT_FOUND", "The key has another version by now."));
        } catch (error) {
          reject(error);
        }
        return false;
      }),
    );
    return batch.filter((_, index) => isWanted[index]);
  }

  async #writeAndTell(batch: readonly Waiting[]): Promise<void> {
    let written: { entry: Entry; isBlobNew: boolean }[];
    try {
      written = await this.#writeBatch(batch.map(({ draft }) => draft));
    } catch (error) {
      this.#last = null;
      if (batch.length > 1 && isGstoreError(error, "TOO_LARGE", "INVALID_FORMAT")) {
        // One of them can't be an entry: the others can.
        for (const waiting of batch) await this.#writeAndTell([waiting]);
      } else {
        for (const { reject } of batch) reject(error);
      }
      return;
    }
    batch.forEach(({ draft, resolve }, index) => {
      const { entry, isBlobNew } = written[index] as (typeof written)[number];
      draft.written(entry, isBlobNew);
      resolve(entry);
    });
  }

  /** At most one draft per key: a second one's context has to cover the first. */
  #takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const keys = new Set<string>();
    for (const waiting of this.#waiting) {
      const key = waiting.draft.space + waiting.draft.keyId;
      if (batch.length < SIGNATURE_BATCH_ENTRIES_MAX && !keys.has(key)) {
        keys.add(key);
        batch.push(waiting);
      } else {
        later.push(waiting);
      }
    }
    this.#waiting = later;
    return batch;
  }

  async #writeBatch(drafts: readonly EntryDraft[]): Promise<{ entry: Entry; isBlobNew: boolean }[]> {
    const { identity, disk, members, clock } = this.#options;
    this.#last ??= await this.#findLast();
    const membershipHeads = members.heads();
    const contexts = await Promise.all(drafts.map((draft) => this.#contextOf(draft)));
    let { seq, id } = this.#last;
    const unsigned = drafts.map((draft, index): UnsignedEntry => {
      const context = contexts[index] as VersionVector;
      const { written: _written, blob: _blob, onlyAfter: _onlyAfter, ...said } = draft;
      const author = identity.peerId;
      const counter = counterOf(context, author, this.#incarnation) + 1;
      const next = unsignedEntry({
        ...said,
        dot: { author, incarnation: this.#incarnation, counter },
        context,
        seq: seq + 1,
        prev: id,
        membershipHeads,
        time: clock.next(),
      });
      seq++;
      id = next.id;
      return next;
    });
    const entries = signGroups(unsigned, identity);
    const areNew = await disk.appendVersions(
      entries.map((entry, index) => ({ entry, blob: drafts[index]?.blob ?? null })),
    );
    this.#last = { seq, id };
    return entries.map((entry, index) => ({ entry, isBlobNew: areNew[index] === true }));
  }

  /** What has been seen of a key. */
  async #contextOf({ space, keyId }: EntryDraft): Promise<VersionVector> {
    const heads = await this.#options.disk.entries.heads(space, keyId);
    return mergeVectors(...heads.flatMap(({ entry }) => [entry.body.context, [entry.body.dot]]));
  }

  async #findLast(): Promise<LastEntry> {
    const { identity, disk } = this.#options;
    const { entries } = disk;
    const vector = await entries.vector();
    const own = vector.find(
      (last) => last.author === identity.peerId && last.incarnation === this.#incarnation,
    );
    if (own === undefined) return { seq: 0, id: null };
    const [entry] = await entries.ofAuthor(own.author, own.incarnation, own.seq, 1);
    if (entry !== undefined) return { seq: own.seq, id: entry.id };
    throw new GstoreError(
      "STORE_DAMAGED",
      "The last entry that this node wrote can't be read. Connect to another member, which has it, and try again.",
    );
  }
}

function signGroups(unsigned: readonly UnsignedEntry[], identity: NodeIdentity): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < unsigned.length; at += SIGNED_TOGETHER)
    entries.push(...signEntries(unsigned.slice(at, at + SIGNED_TOGETHER), identity));
  return entries;
}

interface LastEntry {
  readonly seq: number;
  readonly id: EntryId | null;
}
