import type { Digest } from "../digest.ts";
import type { MembershipRecord } from "../formats/membership.ts";
import { peerIdOf } from "../formats/membership-operation-decoder.ts";
import { type NetworkId, networkIdOfRootKey, type PeerId } from "../ids.ts";

/** A record with its place in the log. */
export interface PlacedRecord {
  readonly record: MembershipRecord;
  /** Its number in the order of {@link MembershipDag.nodes}. */
  readonly index: number;
  /** Who signed: a node, whose PeerId is its key's, or the root. */
  readonly issuer: PeerId;
  readonly isRoot: boolean;
}

/**
 * The membership log as a hash DAG: the records whose ancestors are all here, in one order that every node agrees on.
 * In it a record stands behind its ancestors, and of those that could be next the lowest digest comes first. Since a
 * record's ancestors never change, records that arrive later never change the order of those before.
 */
export class MembershipDag {
  readonly networkId: NetworkId;
  readonly nodes: readonly PlacedRecord[];
  /** Records of this network that wait for an ancestor. */
  readonly waiting: readonly MembershipRecord[];
  /** Records of other networks. */
  readonly foreign: readonly MembershipRecord[];
  readonly #indexes = new Map<Digest, number>();
  /** For each record in order a row of bits: which are its ancestors. */
  readonly #ancestors: Uint32Array;
  readonly #words: number;

  constructor(records: Iterable<MembershipRecord>, networkId: NetworkId) {
    const unique = new Map([...records].map((record) => [record.id, record]));
    const all = [...unique.values()];
    this.networkId = networkId;
    this.foreign = all.filter((record) => record.body.network !== networkId);
    for (const record of this.foreign) unique.delete(record.id);
    const ordered = inOrder(unique);
    const issuerOf = rememberedIssuers();
    this.nodes = ordered.map((record, index) => {
      this.#indexes.set(record.id, index);
      return { record, index, ...issuerOf(record.body.issuer, networkId) };
    });
    this.waiting = [...unique.values()].filter((record) => !this.#indexes.has(record.id));
    this.#words = Math.ceil(ordered.length / 32);
    this.#ancestors = new Uint32Array(this.#words * ordered.length);
    for (const [index, record] of ordered.entries()) {
      this.#include(
        this.#row(index),
        record.body.parents.map((parent) => this.#indexes.get(parent) as number),
      );
    }
  }

  /** The index of a record in {@link nodes}; undefined where it is not here, or waits for an ancestor. */
  indexOf(id: Digest): number | undefined {
    return this.#indexes.get(id);
  }

  /** Whether `ancestor` comes before `index` causally; a record does not come before itself. */
  isAncestor(ancestor: number, index: number): boolean {
    // Without a view of the row: this is asked millions of times.
    const word = this.#ancestors[index * this.#words + (ancestor >>> 5)] as number;
    return (word & (1 << (ancestor & 31))) !== 0;
  }

  /** Whether neither comes before the other. A record is not concurrent with itself. */
  areConcurrent(left: number, right: number): boolean {
    return left !== right && !this.isAncestor(left, right) && !this.isAncestor(right, left);
  }

  /** What a record knows of: its ancestors. */
  pastOf(index: number): Past {
    const row = this.#row(index);
    return { includes: (ancestor) => hasBit(row, ancestor) };
  }

  /** What somebody knows who knows these records: they and their ancestors. */
  pastOfHeads(heads: readonly number[]): Past {
    const row = new Uint32Array(this.#words);
    this.#include(row, heads);
    return { includes: (ancestor) => hasBit(row, ancestor) };
  }

  #row(index: number): Uint32Array {
    return this.#ancestors.subarray(index * this.#words, (index + 1) * this.#words);
  }

  #include(row: Uint32Array, heads: readonly number[]): void {
    for (const head of heads) {
      const ancestors = this.#row(head);
      for (let word = 0; word < row.length; word++)
        row[word] = (row[word] as number) | (ancestors[word] as number);
      row[head >>> 5] = (row[head >>> 5] as number) | (1 << (head & 31));
    }
  }
}

/** A set of records that holds the ancestors of each. */
export interface Past {
  includes(index: number): boolean;
}

/** All records that are placed. */
export const WHOLE_LOG: Past = { includes: () => true };

function hasBit(row: Uint32Array, index: number): boolean {
  return ((row[index >>> 5] as number) & (1 << (index & 31))) !== 0;
}

/** Kahn's topological sort; of the records that are ready the one with the lowest digest goes first. */
function inOrder(records: ReadonlyMap<Digest, MembershipRecord>): MembershipRecord[] {
  const missing = new Map<Digest, number>();
  const children = new Map<Digest, MembershipRecord[]>();
  for (const record of records.values()) {
    missing.set(record.id, record.body.parents.length);
    for (const parent of record.body.parents) {
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [record]);
      else known.push(record);
    }
  }
  // Sorted downwards, so that the next is at the end.
  const ready = [...records.values()]
    .filter((record) => record.body.parents.length === 0)
    .sort((left, right) => (left.id < right.id ? 1 : -1));
  const ordered: MembershipRecord[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    ordered.push(next);
    for (const child of children.get(next.id) ?? []) {
      const left = (missing.get(child.id) as number) - 1;
      missing.set(child.id, left);
      if (left === 0) ready.splice(placeOf(child.id, ready), 0, child);
    }
  }
  return ordered;
}

/** Where a digest belongs in records sorted downwards. */
function placeOf(id: Digest, sorted: readonly MembershipRecord[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as MembershipRecord).id > id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Turns issuers' keys into ids and tells the root's, each once. */
function rememberedIssuers() {
  const known = new Map<string, { issuer: PeerId; isRoot: boolean }>();
  return (key: Uint8Array, networkId: NetworkId): { issuer: PeerId; isRoot: boolean } => {
    const hex = Buffer.from(key).toString("hex");
    const seen = known.get(hex);
    if (seen !== undefined) return seen;
    const issuer = { issuer: peerIdOf(key), isRoot: networkIdOfRootKey(key) === networkId };
    known.set(hex, issuer);
    return issuer;
  };
}
