import { SEALED_NODE_BYTES_MAX, SEALED_NODE_BYTES_MIN } from "../constants.ts";
import { numberAtEnd, numberValue } from "./keys.ts";
import { bytesOfRecord, encodeNode, type NodeRecord, TreeNode } from "./tree-node.ts";

export interface TreeHead {
  /** The number of the root's row; 0 where the tree is empty. */
  readonly root: number;
  /** The lowest number that no node has had. */
  readonly nextNumber: number;
}

export interface RecordChange {
  readonly key: Uint8Array;
  /** Null to remove it. */
  readonly value: Uint8Array | null;
}

/** A node that was changed or made, as its parent sees it. */
interface Piece {
  /** Where it begins; of the first piece of a node the parent knows it. */
  readonly key: Uint8Array;
  readonly number: number;
  readonly bytes: number;
}

/** Nodes changed before the event loop gets a turn: about 2 ms. */
const NODES_PER_TURN = 64;
const NO_KEY: Uint8Array = new Uint8Array(0);

/** The changes of one commit of a {@link SealedTree}. Nothing is written here: `written` is what the rows become. */
export class TreeEdit {
  /** By number; null for a node that goes. */
  readonly written: Map<number, Uint8Array | null> = new Map();
  readonly #load: (number: number) => TreeNode;
  #root: number;
  #nextNumber: number;
  #changed = 0;

  constructor({ root, nextNumber }: TreeHead, load: (number: number) => TreeNode) {
    this.#load = load;
    this.#root = root;
    this.#nextNumber = nextNumber;
  }

  /** Applies changes, ascending by key and each key once. */
  async apply(changes: readonly RecordChange[]): Promise<TreeHead> {
    if (changes.length === 0) return { root: this.#root, nextNumber: this.#nextNumber };
    let level = this.#root === 0 ? 0 : this.#load(this.#root).level;
    let pieces =
      this.#root === 0
        ? this.#replace(this.#nextNumber++, { level, records: withChanges([], changes), grows: true })
        : await this.#change(this.#root, changes);
    while (pieces.length > 1) {
      const records = pieces.map(({ key, number }) => ({ key, value: numberValue(number) }));
      pieces = this.#replace(this.#nextNumber++, { level: ++level, records, grows: false });
    }
    this.#root = pieces[0]?.number ?? 0;
    while (this.#root !== 0) {
      const node = this.#node(this.#root);
      if (node.level === 0 || node.count > 1) break;
      this.written.set(this.#root, null);
      this.#root = numberAtEnd(node.value(0));
    }
    return { root: this.#root, nextNumber: this.#nextNumber };
  }

  /** The pieces that take a node's place: none where nothing is left of it. */
  async #change(number: number, changes: readonly RecordChange[]): Promise<Piece[]> {
    const node = this.#node(number);
    if (node.level > 0) return this.#changeBranch(number, node, changes);
    if (++this.#changed % NODES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const records = node.records();
    const last = records.at(-1);
    const grows = last !== undefined && Buffer.compare(last.key, (changes[0] as RecordChange).key) < 0;
    return this.#replace(number, { level: 0, records: withChanges(records, changes), grows });
  }

  async #changeBranch(number: number, node: TreeNode, changes: readonly RecordChange[]): Promise<Piece[]> {
    const records: NodeRecord[] = [];
    const small = new Set<number>();
    let at = 0;
    for (let index = 0; index < node.count; index++) {
      const from = at;
      const next = index + 1 < node.count ? node.key(index + 1) : undefined;
      while (at < changes.length && (next === undefined || compareKeys(changes[at], next) < 0)) at++;
      const child = { key: node.key(index), value: node.value(index) };
      if (at === from) {
        records.push(child);
        continue;
      }
      const pieces = await this.#change(numberAtEnd(child.value), changes.slice(from, at));
      pieces.forEach((piece, position) => {
        if (piece.bytes < SEALED_NODE_BYTES_MIN) small.add(piece.number);
        records.push({ key: position === 0 ? child.key : piece.key, value: numberValue(piece.number) });
      });
    }
    this.#joinSmall(records, small);
    return this.#replace(number, { level: node.level, records, grows: false });
  }

  /** Puts children that have become small together with one beside them, where the two leave room. */
  #joinSmall(records: NodeRecord[], small: ReadonlySet<number>): void {
    for (let index = 0; index < records.length && records.length > 1; index++) {
      if (!small.has(numberOf(records[index]))) continue;
      const left = Math.max(0, index - 1);
      const [one, two] = [numberOf(records[left]), numberOf(records[left + 1])];
      const [first, second] = [this.#node(one), this.#node(two)];
      if (first.bytes + second.bytes > SEALED_NODE_BYTES_MAX - SEALED_NODE_BYTES_MIN) continue;
      this.written.set(one, encodeNode(first.level, [...first.records(), ...second.records()]));
      this.written.set(two, null);
      records.splice(left + 1, 1);
      index = left;
    }
  }

  #replace(number: number, node: { level: number; records: readonly NodeRecord[]; grows: boolean }): Piece[] {
    const groups = split(node.records, node.grows);
    if (groups.length === 0) this.written.set(number, null);
    let before: NodeRecord | undefined;
    return groups.map((records, index) => {
      const own = index === 0 ? number : this.#nextNumber++;
      const bytes = encodeNode(node.level, records);
      this.written.set(own, bytes);
      const [first] = records as [NodeRecord];
      // Of a leaf's keys as little as tells them apart; a branch's own are that short already.
      const key =
        before === undefined ? NO_KEY : node.level === 0 ? separator(before.key, first.key) : first.key;
      before = records.at(-1);
      return { key, number: own, bytes: bytes.length };
    });
  }

  #node(number: number): TreeNode {
    const written = this.written.get(number);
    if (written === undefined) return this.#load(number);
    return new TreeNode(written as Buffer);
  }
}

function withChanges(records: readonly NodeRecord[], changes: readonly RecordChange[]): NodeRecord[] {
  const all: NodeRecord[] = [];
  let at = 0;
  for (const { key, value } of changes) {
    while (at < records.length && compareKeys(records[at], key) < 0) all.push(records[at++] as NodeRecord);
    if (at < records.length && compareKeys(records[at], key) === 0) at++;
    if (value !== null) all.push({ key, value });
  }
  return all.concat(records.slice(at));
}

/**
 * Records in as many groups as they need. Of equal sizes with room to grow; where records are added behind all others
 * more will come behind them: then the groups are full, and the last one holds the rest.
 */
function split(records: readonly NodeRecord[], grows: boolean): NodeRecord[][] {
  const total = records.reduce((sum, record) => sum + bytesOfRecord(record), 0);
  if (total <= SEALED_NODE_BYTES_MAX) return records.length === 0 ? [] : [[...records]];
  const groupCount = Math.ceil(total / (SEALED_NODE_BYTES_MAX * SPLIT_FILL));
  const target = grows ? SEALED_NODE_BYTES_MAX : total / groupCount;
  const groups: NodeRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const more = bytesOfRecord(record);
    if (bytes + more > SEALED_NODE_BYTES_MAX || (!grows && bytes + more / 2 > target)) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(record);
    bytes += more;
  }
  return groups;
}

const SPLIT_FILL = 0.7;

/** The shortest key that is behind `before` and not behind `first`. */
function separator(before: Uint8Array, first: Uint8Array): Uint8Array {
  let shared = 0;
  while (shared < before.length && before[shared] === first[shared]) shared++;
  return first.subarray(0, shared + 1);
}

function compareKeys(record: { readonly key: Uint8Array } | undefined, key: Uint8Array): number {
  return Buffer.compare((record as { readonly key: Uint8Array }).key, key);
}

function numberOf(record: NodeRecord | undefined): number {
  return numberAtEnd((record as NodeRecord).value);
}
