import type { Dot, Entry, VersionVector } from "@gstore/core";

/** The counter up to which a vector has seen an author's writes to a key. */
function counterIn(vector: VersionVector, { author, incarnation }: Omit<Dot, "counter">): number {
  const seen = vector.find((dot) => dot.author === author && dot.incarnation === incarnation);
  return seen?.counter ?? 0;
}

/** Whether an entry has seen a write: the checks' own reckoning, on purpose not the product's. */
export function hasSeen(entry: Entry, dot: Dot): boolean {
  return counterIn(entry.body.context, dot) >= dot.counter;
}

/** The versions that no other of them has seen. */
export function headsOf(versions: readonly Entry[]): Entry[] {
  return versions.filter((version) => !versions.some((other) => hasSeen(other, version.body.dot)));
}

/** A write that a context claims to have seen, and that neither is among the known versions nor was seen by one of them. */
export function contextExcess(context: VersionVector, known: readonly Entry[]): Dot | undefined {
  return context.find((dot) => {
    const isKnown = known.some(({ body }) => isSameLine(body.dot, dot) && body.dot.counter >= dot.counter);
    return !isKnown && !known.some(({ body }) => counterIn(body.context, dot) >= dot.counter);
  });
}

function isSameLine(one: Dot, other: Dot): boolean {
  return one.author === other.author && one.incarnation === other.incarnation;
}
