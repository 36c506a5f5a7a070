import type { Incarnation, PeerId } from "../ids.ts";

/** One write of a key: the `counter`-th that this author made to it in this incarnation, from 1. */
export interface Dot {
  readonly author: PeerId;
  readonly incarnation: Incarnation;
  readonly counter: number;
}

/**
 * The writes of one key that somebody has seen: for each author and incarnation all up to a counter (Preguiça et al.,
 * "Dotted Version Vectors", 2010). Sorted by author, then incarnation, each pair at most once.
 */
export type VersionVector = readonly Dot[];

/** Whether `vector` has seen `dot`. */
export function coversDot(vector: VersionVector, dot: Dot): boolean {
  return counterOf(vector, dot.author, dot.incarnation) >= dot.counter;
}

/** The highest counter of an author's incarnation in `vector`; 0 if there is none. */
export function counterOf(vector: VersionVector, author: PeerId, incarnation: Incarnation): number {
  return vector.find((seen) => seen.author === author && seen.incarnation === incarnation)?.counter ?? 0;
}

/** All that any of `vectors` has seen. */
export function mergeVectors(...vectors: VersionVector[]): VersionVector {
  const merged = new Map<string, Dot>();
  for (const dot of vectors.flat()) {
    const id = `${dot.author} ${dot.incarnation}`;
    const known = merged.get(id);
    if (known === undefined || known.counter < dot.counter) merged.set(id, dot);
  }
  return [...merged.values()].sort(compareDots);
}

/** Orders dots by author, then incarnation. */
export function compareDots(left: Dot, right: Dot): number {
  if (left.author !== right.author) return left.author < right.author ? -1 : 1;
  if (left.incarnation !== right.incarnation) return left.incarnation < right.incarnation ? -1 : 1;
  return 0;
}
