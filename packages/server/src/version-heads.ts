import { coversDot, type EntryRecord, mergeVectors, type VersionVector } from "@gstore/core";

/** Which of some versions no other of them supersedes, told one after the other in any order. Holds these, and no others. */
export class VersionHeads {
  #seen: VersionVector = [];
  #heads: EntryRecord[] = [];

  add(record: EntryRecord): void {
    const { context, dot } = record.entry.body;
    this.#heads = this.#heads.filter((head) => !coversDot(context, head.entry.body.dot));
    if (!coversDot(this.#seen, dot)) this.#heads.push(record);
    this.#seen = mergeVectors(this.#seen, context);
  }

  get all(): readonly EntryRecord[] {
    return this.#heads;
  }
}
