import {
  type ContentRoot,
  type Digest,
  decodeManifestNode,
  type Entry,
  type EntryId,
  isGstoreError,
} from "@gstore/core";

/** A write that a node acknowledged to its user. */
export interface Acknowledgement {
  readonly key: string;
  readonly op: "put" | "remove";
  readonly version: EntryId;
  /** Names of the nodes that were said to hold it, synced. */
  readonly holders: readonly string[];
  readonly begunAtMs: number;
  readonly atMs: number;
}

interface GivenUp {
  readonly node: string;
  /** Names of the nodes that held a copy then. */
  readonly others: readonly string[];
  readonly atMs: number;
}

/**
 * What was ever written, whoever has it now: the checks' own memory, which no crash reaches. Nodes tell it through
 * {@link ObservedDisk}, the workload what it was answered.
 */
export class Ledger {
  /** Every entry that its author stored, acknowledged or not. */
  readonly entries: Map<EntryId, Entry> = new Map();
  readonly acknowledged: Map<EntryId, Acknowledgement> = new Map();
  /** Versions that a node gave up for a purge that counted there then, by an author whose removal it had not heard of perhaps. */
  readonly erased: Set<EntryId> = new Set();
  /** By digest of the file: what the workload meant to store, and under which keys. */
  readonly #contents = new Map<Digest, { readonly bytes: Uint8Array; readonly keys: Set<string> }>();
  readonly #children = new Map<Digest, readonly Digest[]>();
  /** Copies that were given up since others hold some. */
  readonly #givenUp = new Map<EntryId, GivenUp[]>();

  /** A write was acknowledged. Who gave up its copy since the write began left it to others. */
  acknowledge(acknowledgement: Acknowledgement): void {
    const { version, begunAtMs } = acknowledgement;
    const givenUp = (this.#givenUp.get(version) ?? []).filter(({ atMs }) => atMs >= begunAtMs);
    this.acknowledged.set(version, givenUp.reduce(handedOn, acknowledgement));
  }

  /** A node gave up its copy of a version since others hold one: from then on it is theirs to keep. */
  gaveUp(version: EntryId, givenUp: GivenUp): void {
    this.#givenUp.set(version, [...(this.#givenUp.get(version) ?? []), givenUp]);
    const known = this.acknowledged.get(version);
    if (known !== undefined) this.acknowledged.set(version, handedOn(known, givenUp));
  }

  /** Copies that were given up. */
  get givenUp(): number {
    return [...this.#givenUp.values()].reduce((sum, some) => sum + some.length, 0);
  }

  /** Takes note of a blob that somebody stored: manifest nodes tell what belongs to a version. */
  sawBlob(digest: Digest, bytes: Uint8Array): void {
    if (this.#children.has(digest)) return;
    const children = childrenOf(bytes);
    if (children !== null) this.#children.set(digest, children);
  }

  /** Takes note of what the workload is about to store. */
  means(key: string, digest: Digest, bytes: Uint8Array): void {
    const known = this.#contents.get(digest) ?? { bytes, keys: new Set() };
    known.keys.add(key);
    this.#contents.set(digest, known);
  }

  /** Whether somebody ever meant to store these very bytes under this key. */
  wasMeant(key: string, digest: Digest): boolean {
    return this.#contents.get(digest)?.keys.has(key) ?? false;
  }

  bytesOf(digest: Digest): Uint8Array | undefined {
    return this.#contents.get(digest)?.bytes;
  }

  /** All blobs of a version. */
  blobsOf(root: ContentRoot | null): Digest[] {
    if (root === null) return [];
    const blobs: Digest[] = [];
    const add = (digest: Digest, level: number): void => {
      blobs.push(digest);
      if (level === 0) return;
      for (const child of this.#children.get(digest) ?? []) add(child, level - 1);
    };
    add(root.digest, root.level);
    return blobs;
  }
}

function handedOn(acknowledged: Acknowledgement, { node, others, atMs }: GivenUp): Acknowledgement {
  const holders = new Set([...acknowledged.holders, ...others]);
  holders.delete(node);
  return { ...acknowledged, holders: [...holders], atMs: Math.max(atMs, acknowledged.atMs) };
}

function childrenOf(bytes: Uint8Array): Digest[] | null {
  try {
    return decodeManifestNode(bytes).children.map(({ digest }) => digest);
  } catch (error) {
    // A chunk.
    if (isGstoreError(error)) return null;
    throw error;
  }
}
