import type { EntryId } from "@gstore/core";
import { SHORT_VERSIONS_MAX } from "./limits.ts";

/** A version that has fewer copies than wanted. Times are milliseconds since 1970. */
export interface ShortVersion {
  readonly version: EntryId;
  /** Copies that it has, this node's included. */
  readonly copies: number;
  readonly belowMinSinceMs: number | null;
  readonly belowCopiesSinceMs: number;
  /** When a copy that was counted proved to be none: nobody comes back with that one. */
  readonly lostSinceMs: number | null;
  /** From when on it is this node's turn to give it. */
  readonly dueMs: number;
  /** Nobody who is there can take it: until that changes. */
  readonly isStuck: boolean;
}

/** The versions that are short, by their copies. Bounded: where there are too many, those with the most copies are forgotten. */
export class ShortVersions {
  readonly #max: number;
  readonly #byCopies = new Map<number, Map<EntryId, ShortVersion>>();
  readonly #copiesOf = new Map<EntryId, number>();
  #hasForgotten = false;

  constructor(max: number = SHORT_VERSIONS_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#copiesOf.size;
  }

  /** Whether some were forgotten, and there would be room for them now. */
  get hasRoomForForgotten(): boolean {
    return this.#hasForgotten && this.size <= this.#max / 2;
  }

  get belowMin(): number {
    let count = 0;
    for (const short of this.all()) if (short.belowMinSinceMs !== null) count++;
    return count;
  }

  get(version: EntryId): ShortVersion | undefined {
    const copies = this.#copiesOf.get(version);
    return copies === undefined ? undefined : this.#byCopies.get(copies)?.get(version);
  }

  set(short: ShortVersion): void {
    this.delete(short.version);
    const bucket = this.#byCopies.get(short.copies) ?? new Map<EntryId, ShortVersion>();
    this.#byCopies.set(short.copies, bucket);
    bucket.set(short.version, short);
    this.#copiesOf.set(short.version, short.copies);
    if (this.size > this.#max) this.#forgetOne();
  }

  delete(version: EntryId): void {
    const copies = this.#copiesOf.get(version);
    if (copies === undefined) return;
    this.#copiesOf.delete(version);
    const bucket = this.#byCopies.get(copies);
    bucket?.delete(version);
    if (bucket?.size === 0) this.#byCopies.delete(copies);
  }

  /** A walk of everything begins: it finds what was forgotten. */
  walkBegins(): void {
    this.#hasForgotten = false;
  }

  /** Fewest copies first. */
  *all(): Generator<ShortVersion> {
    const counts = [...this.#byCopies.keys()].sort((one, other) => one - other);
    for (const copies of counts) yield* [...(this.#byCopies.get(copies)?.values() ?? [])];
  }

  /** Those whose time has come, fewest copies first. */
  due(nowMs: number): ShortVersion[] {
    return [...this.all()].filter(({ dueMs, isStuck }) => !isStuck && dueMs <= nowMs);
  }

  /** Somebody came: what nobody could take is tried again. */
  unstick(): void {
    for (const short of this.all()) if (short.isStuck) this.set({ ...short, isStuck: false });
  }

  #forgetOne(): void {
    const most = Math.max(...this.#byCopies.keys());
    const [version] = this.#byCopies.get(most)?.keys() ?? [];
    if (version !== undefined) this.delete(version);
    this.#hasForgotten = true;
  }
}
