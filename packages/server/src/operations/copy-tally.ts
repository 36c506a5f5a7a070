import type { NamedNode } from "../api.ts";
import type { CopyCounts, Counted, ShortVersion } from "../copies-api.ts";

/** Copies of one version. */
export interface Copies {
  readonly bytes: number;
  readonly copies: number;
  readonly wanted: number;
  readonly min: number;
}

/** Versions and their bytes. */
export class Count {
  #versions = 0;
  #bytes = 0;

  add(bytes: number): void {
    this.#versions++;
    this.#bytes += bytes;
  }

  get counted(): Counted {
    return { versions: this.#versions, bytes: this.#bytes };
  }
}

/** Counts versions by how many copies they have. */
export class CopyTally {
  readonly #all = new Count();
  readonly #belowCopies = new Count();
  readonly #belowMin = new Count();
  readonly #single = new Count();
  readonly #none = new Count();
  #fewest: number | null = null;

  add({ bytes, copies, wanted, min }: Copies): void {
    this.#all.add(bytes);
    if (copies < wanted) this.#belowCopies.add(bytes);
    if (copies < min) this.#belowMin.add(bytes);
    if (copies <= 1) this.#single.add(bytes);
    if (copies === 0) this.#none.add(bytes);
    this.#fewest = Math.min(this.#fewest ?? copies, copies);
  }

  get counts(): CopyCounts {
    return {
      all: this.#all.counted,
      belowCopies: this.#belowCopies.counted,
      belowMin: this.#belowMin.counted,
      single: this.#single.counted,
      none: this.#none.counted,
      mayLose: this.#fewest === null ? null : Math.max(0, this.#fewest - 1),
    };
  }
}

/** Versions that are named in a report: enough to know what it is about. */
const WORST_MAX = 20;

/** The versions with the fewest copies, of any number. */
export class WorstVersions {
  #kept: ShortVersion[] = [];

  add(version: ShortVersion): void {
    this.#kept.push(version);
    if (this.#kept.length >= 10 * WORST_MAX) this.#cut();
  }

  get all(): readonly ShortVersion[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept = this.#kept
      .toSorted(
        (left, right) =>
          left.copies - right.copies ||
          Number(right.isCurrent) - Number(left.isCurrent) ||
          left.copies - left.min - (right.copies - right.min),
      )
      .slice(0, WORST_MAX);
  }
}

export function byName(left: NamedNode, right: NamedNode): number {
  return left.name < right.name ? -1 : 1;
}
