import {
  type CborValue,
  type Dot,
  decodeCbor,
  encodeCbor,
  FieldReader,
  type Incarnation,
  type PeerId,
  type VersionVector,
} from "@gstore/core";

/** What decides which versions of a key are heads, whatever the order in which they came. */
export interface KeyState {
  /** Writes that some version here has seen: the contexts of all of them, merged. */
  readonly seen: VersionVector;
  /** Versions here whose dot is not among these. */
  readonly heads: readonly { readonly arrival: number; readonly dot: Dot }[];
}

export const NO_KEY_STATE: KeyState = { seen: [], heads: [] };

const BYTES_MAX: number = 16 * 1024 * 1024;
const WHAT = "The index's state of a key";
const TEXT_MAX = 128;

export function encodeKeyState(state: KeyState): Uint8Array {
  return encodeCbor([
    state.seen.map(dotValue),
    state.heads.map((head) => [head.arrival, dotValue(head.dot)]),
  ]);
}

export function decodeKeyState(value: Uint8Array): KeyState {
  const fields = new FieldReader(decodeCbor(value, { bytesMax: BYTES_MAX, what: WHAT }), WHAT, 2);
  const seen = fields.array("seen", { max: BYTES_MAX }).map(readDot);
  const heads = fields.array("heads", { max: BYTES_MAX }).map((head) => {
    const headFields = new FieldReader(head, WHAT, 2);
    return { arrival: headFields.integer("arrival"), dot: readDot(headFields.any()) };
  });
  return { seen, heads };
}

function dotValue(dot: Dot): CborValue {
  return [dot.author, dot.incarnation, dot.counter];
}

function readDot(value: CborValue): Dot {
  const fields = new FieldReader(value, WHAT, 3);
  return {
    author: fields.text("author", TEXT_MAX) as PeerId,
    incarnation: fields.text("incarnation", TEXT_MAX) as Incarnation,
    counter: fields.integer("counter"),
  };
}
