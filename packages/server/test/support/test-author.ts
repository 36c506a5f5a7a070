import {
  type ContentRoot,
  type Digest,
  digestOf,
  type Entry,
  type EntryBody,
  type EntryOp,
  type KeyId,
  keyIdFromBytes,
  type PlacementId,
  placementIdFromBytes,
  type SpaceId,
  type VersionVector,
  type WholeEntryBody,
} from "@gstore/core";
import { type NodeIdentity, signEntries, unsignedEntry } from "@gstore/crypto";

/** What an entry says, where a test cares. */
export interface Said {
  /** Another space than the author's usual one. */
  readonly space?: SpaceId;
  readonly key?: string;
  readonly keyId?: KeyId;
  readonly op?: EntryOp;
  /** Removes, erases and purges. */
  readonly purges?: boolean;
  readonly context?: VersionVector;
  readonly content?: ContentRoot | null;
  readonly storedBytes?: number;
  readonly sealed?: Uint8Array;
  readonly timeMs?: number;
  readonly logical?: number;
  readonly policyClass?: number;
  readonly placement?: PlacementId;
}

/** Signs entries as a member could, an honest one or not: numbering and dots are the test's to break. */
export class TestAuthor {
  readonly identity: NodeIdentity;
  readonly #incarnation: EntryBody["dot"]["incarnation"];
  readonly #space: SpaceId;
  readonly #head: Digest;
  #last: Entry | null = null;

  constructor(options: {
    identity: NodeIdentity;
    incarnation: EntryBody["dot"]["incarnation"];
    space: SpaceId;
    head: Digest;
  }) {
    this.identity = options.identity;
    this.#incarnation = options.incarnation;
    this.#space = options.space;
    this.#head = options.head;
  }

  /** The next entry of the chain. */
  next(said: Said = {}): Entry {
    const entry = this.fork(said);
    this.#last = entry;
    return entry;
  }

  /** What would be the next entry; another may still take its number. */
  fork(said: Said = {}): Entry {
    return this.signed({ seq: (this.#last?.body.seq ?? 0) + 1, prev: this.#last?.id ?? null }, said);
  }

  /** An entry of any number. */
  signed(place: { seq: number; prev: Digest | null }, said: Said = {}): Entry {
    const [entry] = signEntries([unsignedEntry(this.body(place, said))], this.identity);
    return entry as Entry;
  }

  body({ seq, prev }: { seq: number; prev: Digest | null }, said: Said): WholeEntryBody {
    const author = this.identity.peerId;
    const context = said.context ?? [];
    const own = context.find((dot) => dot.author === author && dot.incarnation === this.#incarnation);
    return {
      space: said.space ?? this.#space,
      keyId:
        said.keyId ??
        keyIdFromBytes(Buffer.from(digestOf(Buffer.from(said.key ?? `key ${seq}`)).slice(4), "hex")),
      dot: { author, incarnation: this.#incarnation, counter: (own?.counter ?? 0) + 1 },
      context,
      op: said.purges ? "remove" : (said.op ?? "put"),
      ...(said.purges && { erases: true, purges: true }),
      policyClass: said.policyClass ?? 0,
      placement: said.placement ?? placementIdFromBytes(new Uint8Array(16)),
      content: said.content ?? null,
      storedBytes: said.storedBytes ?? said.content?.size ?? 0,
      seq,
      prev,
      membershipHeads: [this.#head],
      time: { wallMs: said.timeMs ?? 1_700_000_000_000 + seq, logical: said.logical ?? 0 },
      sealed: said.sealed ?? new Uint8Array(40),
    };
  }
}
