import type { PeerId } from "@gstore/core";

/** What is to be looked at again: the keys that these authors wrote to, or all keys, from the entry on that arrived so late. */
export type LookAgain = { readonly authors: readonly PeerId[] } | { readonly fromArrival: number };

/** How far the name index has come, kept with it as one transaction. */
export interface NamesCursor {
  /** Of the entry store: arrivals of another one say nothing. */
  readonly epoch: string;
  /** Entries that arrived up to here are in. */
  readonly arrival: number;
  /** Heads of the membership log by which they were judged. */
  readonly heads: string;
  /** What was judged by an older log. */
  readonly again: LookAgain | null;
  /** Whether something was passed over for want of a key: a key that comes later makes it worth looking again. */
  readonly isUnreadable: boolean;
}

export function encodeCursor(cursor: NamesCursor): string {
  return JSON.stringify(cursor);
}

/** The cursor of an index over a store of this epoch; undefined where it is of another one, or not what this gstore wrote. */
export function decodeCursor(text: string | null, epoch: string): NamesCursor | undefined {
  try {
    const cursor = JSON.parse(text ?? "null") as NamesCursor | null;
    if (typeof cursor === "object" && cursor?.epoch === epoch && typeof cursor.arrival === "number")
      return cursor;
  } catch {
    // Of an earlier form: the names are made anew.
  }
  return undefined;
}

/** Both. */
export function joinLookAgain(one: LookAgain | null, two: LookAgain): LookAgain {
  if (one === null) return two;
  if ("authors" in one && "authors" in two)
    return { authors: [...new Set([...one.authors, ...two.authors])] };
  return { fromArrival: 0 };
}
