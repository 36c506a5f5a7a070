import { DIGEST_BYTES, type Digest, digestOf, digestToBytes, writeDigest } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { SIGNATURE_BATCH_ENTRIES_MAX } from "../limits.ts";

/**
 * The Merkle tree under one signature: RFC 6962 section 2.1 with BLAKE3-256 in place of SHA-256. A leaf is
 * hash(0x00 ‖ id), a node hash(0x01 ‖ left ‖ right); the left subtree holds the largest power of two below the count.
 * What is signed, the batch's root, is hash(0x02 ‖ count in two bytes, big-endian ‖ the tree's root): without the count
 * a path would fit trees of several sizes, and an entry's bytes could be changed without breaking its signature.
 */
export interface MerklePath {
  readonly index: number;
  readonly count: number;
  /** Sibling hashes from the leaf up. */
  readonly siblings: readonly Digest[];
}

/** The batch's root over `ids` and each id's path to it. `ids` has 1 to `SIGNATURE_BATCH_ENTRIES_MAX` members. */
export function merkleTree(ids: readonly Digest[]): { root: Digest; paths: MerklePath[] } {
  const siblings: Digest[][] = ids.map(() => []);
  const rootOf = (from: number, to: number): Digest => {
    if (to - from === 1) return merkleLeaf(ids[from] as Digest);
    const middle = from + leftCount(to - from);
    const left = rootOf(from, middle);
    const right = rootOf(middle, to);
    for (let index = from; index < to; index++) siblings[index]?.push(index < middle ? right : left);
    return merkleNode(left, right);
  };
  const root = batchRoot(rootOf(0, ids.length), ids.length);
  return { root, paths: siblings.map((path, index) => ({ index, count: ids.length, siblings: path })) };
}

/** The batch's root that a path leads to from `id` (RFC 9162 section 2.1.3.2). Throws `INVALID_FORMAT` for a path that fits no tree. */
export function merkleRootOfPath(id: Digest, path: MerklePath): Digest {
  let hash = merkleLeaf(id);
  let at = 0;
  for (const isLeft of stepsOf(path)) {
    const sibling = path.siblings[at++] as Digest;
    hash = isLeft ? merkleNode(sibling, hash) : merkleNode(hash, sibling);
  }
  return batchRoot(hash, path.count);
}

/** Throws `INVALID_FORMAT` where a path of so many siblings fits no tree: all that can be wrong with one, without a hash. */
export function checkMerklePath(path: PathShape): void {
  stepsOf(path);
}

type PathShape = Pick<MerklePath, "index" | "count"> & { readonly siblings: { readonly length: number } };

/** Of each sibling on the way up, whether it stands to the left. */
function stepsOf({ index, count, siblings }: PathShape): boolean[] {
  if (count < 1 || count > SIGNATURE_BATCH_ENTRIES_MAX || index >= count) throw misfit();
  const steps: boolean[] = [];
  let position = index;
  let last = count - 1;
  for (let at = 0; at < siblings.length; at++) {
    if (last === 0) throw misfit();
    const isLeft = position % 2 === 1 || position === last;
    while (isLeft && position % 2 === 0 && position !== 0) {
      position >>= 1;
      last >>= 1;
    }
    steps.push(isLeft);
    position >>= 1;
    last >>= 1;
  }
  if (last !== 0) throw misfit();
  return steps;
}

function leftCount(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}

// Used again for each hash: what comes in and out is text.
const leafBytes: Buffer = Buffer.alloc(1 + DIGEST_BYTES);
const nodeBytes: Buffer = Buffer.alloc(1 + 2 * DIGEST_BYTES);
nodeBytes[0] = 1;

function merkleLeaf(id: Digest): Digest {
  writeDigest(id, leafBytes, 1);
  return digestOf(leafBytes);
}

function merkleNode(left: Digest, right: Digest): Digest {
  writeDigest(left, nodeBytes, 1);
  writeDigest(right, nodeBytes, 1 + DIGEST_BYTES);
  return digestOf(nodeBytes);
}

function batchRoot(treeRoot: Digest, count: number): Digest {
  const bytes = new Uint8Array(3 + DIGEST_BYTES);
  bytes.set([2, count >> 8, count & 0xff]);
  bytes.set(digestToBytes(treeRoot), 3);
  return digestOf(bytes);
}

function misfit(): GstoreError {
  return new GstoreError("INVALID_FORMAT", "A signature path does not fit its batch.");
}
