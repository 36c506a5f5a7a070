import { DIGEST_BYTES, digestToBytes, type Entry, type EntryId } from "@gstore/core";

/** Entries of one numbering that a proof goes over: 32 MiB of ids. Beyond it a removed author's history is not taken anew. */
export const PROOF_ENTRIES_MAX: number = 1024 * 1024;
const BLOCK_ENTRIES = 1024;

/**
 * The ids of an author's entries, from one on that follows what is here to the last one that counts, each naming the one
 * before it. Once that last one is in it nobody can have others between: which entries a removal leaves is fixed by its cut.
 */
export class ChainProof {
  readonly #firstSeq: number;
  readonly #blocks: Uint8Array[] = [];
  #last: EntryId | null;
  #count = 0;

  /** Begins behind the entry with number `seq`, whose id is `last`; with 0 and null at the first. */
  constructor({ seq, last }: { readonly seq: number; readonly last: EntryId | null }) {
    this.#firstSeq = seq + 1;
    this.#last = last;
  }

  /** Number of the last entry. */
  get lastSeq(): number {
    return this.#firstSeq + this.#count - 1;
  }

  /** Adds the next entry; false where it does not follow, or there is no room for more. */
  add({ id, body }: Entry): boolean {
    if (body.seq !== this.lastSeq + 1 || body.prev !== this.#last || this.#count === PROOF_ENTRIES_MAX)
      return false;
    const at = this.#count % BLOCK_ENTRIES;
    if (at === 0) this.#blocks.push(new Uint8Array(BLOCK_ENTRIES * DIGEST_BYTES));
    this.#blocks.at(-1)?.set(digestToBytes(id), at * DIGEST_BYTES);
    this.#last = id;
    this.#count++;
    return true;
  }

  has({ id, body }: Entry): boolean {
    const index = body.seq - this.#firstSeq;
    if (index < 0 || index >= this.#count) return false;
    const at = (index % BLOCK_ENTRIES) * DIGEST_BYTES;
    const block = this.#blocks[Math.floor(index / BLOCK_ENTRIES)] as Uint8Array;
    return Buffer.compare(block.subarray(at, at + DIGEST_BYTES), digestToBytes(id)) === 0;
  }
}
