import {
  type AuthorCut,
  type Dot,
  decodeEntry,
  type Entry,
  type EntryId,
  type GstoreError,
  isGstoreError,
} from "@gstore/core";
import type { ChainProof } from "./chain-proof.ts";

/** What became of one given entry: known here now, or why not. */
export type Taken =
  | { readonly entry: Entry; readonly isFresh: boolean; readonly refusal: null }
  | {
      readonly entry: Entry | null;
      readonly isFresh: false;
      readonly refusal: GstoreError;
      /** Where it was only not shown that the entry leads to one of these, which its removed author has left. */
      readonly unproven: readonly AuthorCut[];
    };

/** One of them, as far as it was looked at. */
export interface Given {
  entry: Entry | null;
  isKnown: boolean;
  /** Not known here, and its signature was checked and holds. */
  isSigned: boolean;
  refusal: GstoreError | null;
  unproven: readonly AuthorCut[];
}

/** The entries of one message, and what was accepted of them so far. */
export class EntryBatch {
  readonly given: readonly Given[];
  readonly accepted: Entry[] = [];
  /** Those of the accepted that came whole and are stored stripped. */
  readonly stripped: EntryId[] = [];
  /** Why the rest of an author's numbering is refused. */
  readonly refusedNumberings: Map<string, GstoreError> = new Map();
  readonly #last = new Map<string, Entry>();
  readonly #dots = new Set<string>();
  readonly #ids = new Set<EntryId>();
  readonly #byId: ReadonlyMap<EntryId, Entry>;
  readonly #proofs: ReadonlyMap<string, ChainProof | null>;
  /** Entries that lead to a cut's, by its. */
  readonly #leading = new Map<EntryId, ReadonlySet<EntryId>>();

  /** `proofs` are those that were gained of numberings which `list` does not show to their end. */
  constructor(list: readonly (Entry | Uint8Array)[], proofs: ReadonlyMap<string, ChainProof | null>) {
    this.given = list.map(tryDecode);
    this.#proofs = proofs;
    this.#byId = new Map(this.given.flatMap(({ entry }) => (entry === null ? [] : [[entry.id, entry]])));
  }

  /** The cuts, where an entry is not shown to lead to any of them. */
  unproven(entry: Entry, cuts: readonly AuthorCut[]): readonly AuthorCut[] {
    const isShown =
      cuts.some((cut) => this.#leadingTo(cut.entry).has(entry.id)) ||
      this.#proofs.get(numberingOf(entry))?.has(entry) === true;
    return isShown ? [] : cuts;
  }

  #leadingTo(last: EntryId): ReadonlySet<EntryId> {
    const known = this.#leading.get(last);
    if (known !== undefined) return known;
    const leading = new Set([last]);
    for (let entry = this.#byId.get(last); entry !== undefined && entry.body.prev !== null; ) {
      leading.add(entry.body.prev);
      entry = this.#byId.get(entry.body.prev);
    }
    this.#leading.set(last, leading);
    return leading;
  }

  /** Takes one, in the form in which it is to be stored. */
  accept(one: Given, entry: Entry): void {
    if (one.entry !== entry) this.stripped.push(entry.id);
    one.entry = entry;
    this.accepted.push(entry);
    this.#last.set(numberingOf(entry), entry);
    this.#dots.add(dotOfKey(entry));
    this.#ids.add(entry.id);
  }

  lastOf(entry: Entry): Entry | undefined {
    return this.#last.get(numberingOf(entry));
  }

  /** What became of each. */
  taken(): Taken[] {
    return this.given.map(takenOf);
  }

  numberings(): string[] {
    return [...this.#last.keys()];
  }

  hasDot(entry: Entry): boolean {
    return this.#dots.has(dotOfKey(entry));
  }

  has(entry: Entry): boolean {
    return this.#ids.has(entry.id);
  }
}

function tryDecode(given: Entry | Uint8Array): Given {
  try {
    const entry = given instanceof Uint8Array ? decodeEntry(given) : given;
    return { entry, isKnown: false, isSigned: false, refusal: null, unproven: [] };
  } catch (error) {
    if (isGstoreError(error))
      return { entry: null, isKnown: false, isSigned: false, refusal: error, unproven: [] };
    throw error;
  }
}

function takenOf({ entry, isKnown, refusal, unproven }: Given): Taken {
  if (entry === null || refusal !== null)
    return { entry, isFresh: false, refusal: refusal as GstoreError, unproven };
  return { entry, isFresh: !isKnown, refusal: null };
}

/** Names an author's incarnation, in which entries are numbered. */
export function numberingOf(entry: Entry): string {
  return `${entry.body.dot.author} ${entry.body.dot.incarnation}`;
}

export function dotText({ author, incarnation, counter }: Dot): string {
  return `${author} ${incarnation} ${counter}`;
}

function dotOfKey({ body }: Entry): string {
  return `${body.space} ${body.keyId} ${dotText(body.dot)}`;
}
