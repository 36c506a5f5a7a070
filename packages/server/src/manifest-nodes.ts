import {
  type BlobSecret,
  CODECS,
  DIGEST_BYTES,
  type Digest,
  decodeCodec,
  digestFromBytes,
  digestToBytes,
  type EpochId,
  type ManifestChild,
} from "@gstore/core";

/** A child of a manifest node, and where below the node its bytes begin. */
export interface NodeChild extends ManifestChild {
  readonly secret: BlobSecret;
  readonly start: number;
}

const MATERIAL_BYTES = 32;
/** Of a child: digest, material, start, size, codec, epoch. */
const CHILD_BYTES: number = DIGEST_BYTES + MATERIAL_BYTES + 8 + 4 + 1 + 2;
/** Of a node: its objects and its key in the map. */
const NODE_BYTES = 1024;

/** The children of a manifest node that was verified and opened: columns in place of thousands of objects. */
export class OpenedNode {
  readonly count: number;
  readonly #digests: Buffer;
  readonly #materials: Buffer;
  /** One more than children: where the last one ends. */
  readonly #starts: Float64Array;
  readonly #sizes: Uint32Array;
  readonly #codecs: Uint8Array;
  readonly #epochs: Uint16Array;
  readonly #epochIds: readonly EpochId[];

  constructor({ children, secrets }: { children: readonly ManifestChild[]; secrets: readonly BlobSecret[] }) {
    this.count = children.length;
    this.#digests = Buffer.alloc(this.count * DIGEST_BYTES);
    this.#materials = Buffer.alloc(this.count * MATERIAL_BYTES);
    this.#starts = new Float64Array(this.count + 1);
    this.#sizes = Uint32Array.from(children, ({ size }) => size);
    this.#codecs = Uint8Array.from(secrets, ({ codec }) => CODECS[codec]);
    this.#epochIds = [...new Set(secrets.map(({ epoch }) => epoch))];
    this.#epochs = Uint16Array.from(secrets, ({ epoch }) => this.#epochIds.indexOf(epoch));
    for (const [index, { digest }] of children.entries())
      this.#digests.set(digestToBytes(digest), index * DIGEST_BYTES);
    for (const [index, { material, plainSize }] of secrets.entries()) {
      this.#materials.set(material, index * MATERIAL_BYTES);
      this.#starts[index + 1] = (this.#starts[index] as number) + plainSize;
    }
  }

  /** What it takes of memory, about. */
  get bytes(): number {
    return NODE_BYTES + this.count * CHILD_BYTES;
  }

  /** The child that the byte at `position` below this node belongs to; the first or the last where it lies outside. */
  indexAt(position: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  child(index: number): NodeChild {
    const start = this.#starts[index] as number;
    return {
      digest: digestFromBytes(this.#digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)),
      size: this.#sizes[index] as number,
      start,
      secret: {
        plainSize: (this.#starts[index + 1] as number) - start,
        material: this.#materials.subarray(index * MATERIAL_BYTES, (index + 1) * MATERIAL_BYTES),
        codec: decodeCodec(this.#codecs[index] as number),
        epoch: this.#epochIds[this.#epochs[index] as number] as EpochId,
      },
    };
  }
}

/** Which node it is, and what opened it: whoever names another secret does not find it. */
export interface NodeRef {
  readonly level: number;
  readonly digest: Digest;
  readonly secret: BlobSecret;
}

/** Manifest nodes opened last, so that the next range of a file needs no more than its chunk. */
export class ManifestNodes {
  readonly #bytesMax: number;
  /** The one used last stands last. */
  readonly #nodes = new Map<string, OpenedNode>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(space: string, ref: NodeRef): OpenedNode | undefined {
    const key = keyOf(space, ref);
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    this.#nodes.delete(key);
    this.#nodes.set(key, node);
    return node;
  }

  keep(space: string, ref: NodeRef, node: OpenedNode): void {
    const key = keyOf(space, ref);
    this.#drop(key);
    this.#nodes.set(key, node);
    this.#bytes += node.bytes;
    for (const oldest of this.#nodes.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#nodes.get(key)?.bytes ?? 0;
    this.#nodes.delete(key);
  }
}

function keyOf(space: string, { level, digest, secret }: NodeRef): string {
  const { material, epoch, plainSize } = secret;
  return `${space} ${level} ${digest} ${epoch} ${plainSize} ${Buffer.from(material).toString("hex")}`;
}
