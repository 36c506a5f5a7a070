/** A record of a node: in a leaf a key and its value; in a branch where a child begins, and the child's number. */
export interface NodeRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const HEAD_BYTES = 3;
const RECORD_HEAD_BYTES = 6;

/** Bytes that a record takes in a node. */
export function bytesOfRecord({ key, value }: NodeRecord): number {
  return RECORD_HEAD_BYTES + key.length + value.length;
}

/** Level, number of records; then of each the length of its key in two bytes, of its value in four, and the two. */
export function encodeNode(level: number, records: readonly NodeRecord[]): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + records.reduce((sum, one) => sum + bytesOfRecord(one), 0));
  bytes.writeUInt8(level, 0);
  bytes.writeUInt16LE(records.length, 1);
  let at = HEAD_BYTES;
  for (const { key, value } of records) {
    bytes.writeUInt16LE(key.length, at);
    bytes.writeUInt32LE(value.length, at + 2);
    bytes.set(key, at + RECORD_HEAD_BYTES);
    bytes.set(value, at + RECORD_HEAD_BYTES + key.length);
    at += RECORD_HEAD_BYTES + key.length + value.length;
  }
  return bytes;
}

/** A node of a {@link SealedTree}: records in order of their keys. */
export class TreeNode {
  /** 0 for a leaf; a branch is one above its children. */
  readonly level: number;
  readonly #bytes: Buffer;
  /** Where each record begins, and the end of the last. */
  readonly #starts: Uint32Array;

  constructor(bytes: Buffer) {
    const count = bytes.readUInt16LE(1);
    const starts = new Uint32Array(count + 1);
    let at = HEAD_BYTES;
    for (let index = 0; index < count; index++) {
      starts[index] = at;
      at += RECORD_HEAD_BYTES + bytes.readUInt16LE(at) + bytes.readUInt32LE(at + 2);
    }
    starts[count] = at;
    this.level = bytes.readUInt8(0);
    this.#bytes = bytes;
    this.#starts = starts;
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  key(index: number): Buffer {
    const start = (this.#starts[index] as number) + RECORD_HEAD_BYTES;
    return this.#bytes.subarray(start, start + this.#keyBytes(index));
  }

  value(index: number): Buffer {
    const start = (this.#starts[index] as number) + RECORD_HEAD_BYTES + this.#keyBytes(index);
    return this.#bytes.subarray(start, this.#starts[index + 1]);
  }

  records(): NodeRecord[] {
    return Array.from({ length: this.count }, (_, index) => ({
      key: this.key(index),
      value: this.value(index),
    }));
  }

  /** The first record whose key is `key` or behind it; the count where there is none. */
  seek(key: Uint8Array): number {
    let low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#compare(middle, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the record at `index` is there and has that key. */
  isAt(index: number, key: Uint8Array): boolean {
    return index < this.count && this.#compare(index, key) === 0;
  }

  /** The child below which `key` belongs. */
  childOf(key: Uint8Array): number {
    const at = this.seek(key);
    return this.isAt(at, key) ? at : Math.max(0, at - 1);
  }

  #compare(index: number, key: Uint8Array): number {
    const start = (this.#starts[index] as number) + RECORD_HEAD_BYTES;
    return this.#bytes.compare(key, 0, key.length, start, start + this.#keyBytes(index));
  }

  #keyBytes(index: number): number {
    return this.#bytes.readUInt16LE(this.#starts[index] as number);
  }
}
