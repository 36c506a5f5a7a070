import type { CommittedRecords } from "./key-value-index.ts";
import { numberAtEnd } from "./keys.ts";
import type { SealedRows } from "./sealed-rows.ts";
import { TreeEdit, type TreeHead } from "./tree-edit.ts";
import { TreeNode } from "./tree-node.ts";

/** The row that tells where the tree begins; nodes have higher numbers. */
const HEAD_ROW = 0;
const HEAD_BYTES = 12;
const NO_TREE: TreeHead = { root: 0, nextNumber: 1 };

type ByteRecord = { readonly key: Uint8Array; readonly value: Uint8Array };

/**
 * Records in order of their keys, of which the disk shows neither: a B+-tree whose nodes are sealed rows. LMDB's own
 * encryption keeps every page that it has opened in anonymous memory (up to 512 MiB); this keeps what its cache holds.
 * What is read at once, without an await in between, is of one commit.
 */
export class SealedTree implements CommittedRecords {
  readonly #rows: SealedRows;

  constructor(rows: SealedRows) {
    this.#rows = rows;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { root } = this.#head();
    if (root === 0) return undefined;
    let node = this.#node(root);
    while (node.level > 0) node = this.#node(numberAtEnd(node.value(node.childOf(key))));
    const at = node.seek(key);
    return node.isAt(at, key) ? node.value(at) : undefined;
  }

  *range({ start, end }: { start: Uint8Array; end: Uint8Array }): Generator<ByteRecord> {
    const { root } = this.#head();
    if (root !== 0) yield* this.#below(this.#node(root), start, end);
  }

  async writeBatch(changes: Iterable<{ key: Uint8Array; value: Uint8Array | null }>): Promise<void> {
    const sorted = [...changes].sort((left, right) => Buffer.compare(left.key, right.key));
    const edit = new TreeEdit(this.#head(), (number) => this.#node(number));
    const head = await edit.apply(sorted);
    await this.#rows.write(new Map([...edit.written, [HEAD_ROW, encodeHead(head)]]));
  }

  async clear(): Promise<void> {
    await this.#rows.clear();
  }

  *#below(node: TreeNode, start: Uint8Array, end: Uint8Array): Generator<ByteRecord> {
    const isBranch = node.level > 0;
    for (let at = isBranch ? node.childOf(start) : node.seek(start); at < node.count; at++) {
      const key = node.key(at);
      if (Buffer.compare(key, end) >= 0) return;
      if (isBranch) yield* this.#below(this.#node(numberAtEnd(node.value(at))), start, end);
      else yield { key, value: node.value(at) };
    }
  }

  #head(): TreeHead {
    return this.#rows.read(HEAD_ROW, decodeHead) ?? NO_TREE;
  }

  #node(number: number): TreeNode {
    const node = this.#rows.read(number, (plain) => new TreeNode(plain));
    if (node === undefined) throw this.#rows.damaged();
    return node;
  }
}

function encodeHead({ root, nextNumber }: TreeHead): Uint8Array {
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes.writeUIntBE(root, 0, 6);
  bytes.writeUIntBE(nextNumber, 6, 6);
  return bytes;
}

function decodeHead(bytes: Buffer): TreeHead {
  return { root: bytes.readUIntBE(0, 6), nextNumber: bytes.readUIntBE(6, 6) };
}
