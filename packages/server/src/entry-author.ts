import {
  type ContentRoot,
  counterOf,
  digestOf,
  type Entry,
  type EntryBody,
  type EntryId,
  type EntryOp,
  type EntryStore,
  encodeEntryBody,
  GstoreError,
  type Incarnation,
  isGstoreError,
  type KeyId,
  mergeVectors,
  type PlacementId,
  SIGNATURE_BATCH_ENTRIES_MAX,
  type SpaceId,
  type VersionVector,
} from "@gstore/core";
import { type NodeIdentity, signEntries } from "@gstore/crypto";
import type { HybridClock } from "./hybrid-clock.ts";
import type { Members } from "./membership/members.ts";
import { WorkLoop } from "./work-loop.ts";

/** What a write says; its author adds the numbering, the context and the signature. */
export interface EntryDraft {
  readonly space: SpaceId;
  readonly keyId: KeyId;
  readonly op: EntryOp;
  readonly policyClass: number;
  /** What the key's versions share, see `placement.ts`. */
  readonly placement: PlacementId;
  readonly content: ContentRoot | null;
  readonly storedBytes: number;
  readonly sealed: Uint8Array;
  /** Called in order of seq once the entry is synced, before `write` resolves. */
  readonly written: (entry: Entry) => void;
}

export interface EntryAuthorOptions {
  readonly identity: NodeIdentity;
  readonly incarnation: Incarnation;
  readonly entries: EntryStore;
  readonly members: Members;
  readonly clock: HybridClock;
}

interface Waiting {
  readonly draft: EntryDraft;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes this node's entries: one after the other in seq, many under one signature and one sync when many are waiting.
 * The blobs of a draft are synced before it comes here (I3).
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

  /** Numbers, signs and stores an entry. Once it resolves the entry is synced. */
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
    while (this.#waiting.length > 0) await this.#writeAndTell(this.#takeBatch());
  }

  async #writeAndTell(batch: readonly Waiting[]): Promise<void> {
    let entries: Entry[];
    try {
      entries = await this.#writeBatch(batch.map(({ draft }) => draft));
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
      draft.written(entries[index] as Entry);
      resolve(entries[index] as Entry);
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

  async #writeBatch(drafts: readonly EntryDraft[]): Promise<Entry[]> {
    const { identity, entries, members, clock } = this.#options;
    this.#last ??= await this.#findLast();
    const membershipHeads = members.heads();
    const contexts = await Promise.all(drafts.map((draft) => this.#contextOf(draft)));
    let { seq, id } = this.#last;
    const bodies = drafts.map((draft, index): EntryBody => {
      const context = contexts[index] as VersionVector;
      const { written: _written, ...said } = draft;
      const author = identity.peerId;
      const counter = counterOf(context, author, this.#incarnation) + 1;
      const body: EntryBody = {
        ...said,
        dot: { author, incarnation: this.#incarnation, counter },
        context,
        seq: seq + 1,
        prev: id,
        membershipHeads,
        time: clock.next(),
      };
      seq++;
      id = digestOf(encodeEntryBody(body));
      return body;
    });
    const signed = signEntries(bodies, identity);
    await entries.append(signed, { complete: true });
    this.#last = { seq, id };
    return signed;
  }

  /** What has been seen of a key. */
  async #contextOf({ space, keyId }: EntryDraft): Promise<VersionVector> {
    const heads = await this.#options.entries.heads(space, keyId);
    return mergeVectors(...heads.flatMap(({ entry }) => [entry.body.context, [entry.body.dot]]));
  }

  async #findLast(): Promise<LastEntry> {
    const { identity, entries } = this.#options;
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

interface LastEntry {
  readonly seq: number;
  readonly id: EntryId | null;
}
