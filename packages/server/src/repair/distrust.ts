import type { EntryId, PeerId } from "@gstore/core";

/** Pairs of member and version that are remembered. The oldest go first: the next audit finds them again. */
const PAIRS_MAX = 10_000;

/** Members that said they hold a version and could not prove it: what they say of it counts for nothing until they can. */
export class Distrust {
  readonly #pairs = new Map<string, { readonly peer: PeerId; readonly version: EntryId }>();

  get count(): number {
    return this.#pairs.size;
  }

  add(peer: PeerId, version: EntryId): void {
    this.#pairs.set(idOf(peer, version), { peer, version });
    const [oldest] = this.#pairs.keys();
    if (this.#pairs.size > PAIRS_MAX && oldest !== undefined) this.#pairs.delete(oldest);
  }

  remove(peer: PeerId, version: EntryId): void {
    this.#pairs.delete(idOf(peer, version));
  }

  has(peer: PeerId, version: EntryId): boolean {
    return this.#pairs.has(idOf(peer, version));
  }

  /** At most so many, oldest first. */
  some(count: number): { readonly peer: PeerId; readonly version: EntryId }[] {
    const some = [];
    for (const pair of this.#pairs.values()) {
      if (some.length >= count) break;
      some.push(pair);
    }
    return some;
  }
}

const idOf = (peer: PeerId, version: EntryId): string => `${peer} ${version}`;
