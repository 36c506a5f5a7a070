import type { Entry, EntryRecord } from "@gstore/core";
import type { KeyInSpace, VersionCounts } from "../api.ts";
import type { Spaces } from "../membership/spaces.ts";

/** Keys that are told by name: enough to know what it is about. */
const KEYS_MAX = 10;

/** Counts versions, and remembers the names of the first. */
export class Tally {
  readonly #spaces: Spaces;
  #files = 0;
  #older = 0;
  #removals = 0;
  #bytes = 0;
  readonly #keys: KeyInSpace[] = [];

  constructor(spaces: Spaces) {
    this.#spaces = spaces;
  }

  /** Counts those that something supersedes apart. */
  addRecord({ entry, superseded }: EntryRecord): void {
    this.add(entry, superseded !== null);
  }

  add(entry: Entry, isOlder = false): void {
    if (isOlder) this.#older++;
    else if (entry.body.op === "put") this.#files++;
    else this.#removals++;
    this.#bytes += entry.body.storedBytes;
    if (this.#keys.length >= KEYS_MAX) return;
    const metadata = this.#spaces.tryOpen(entry);
    const space = this.#spaces.get(entry.body.space);
    if (typeof metadata === "object" && space !== undefined)
      this.#keys.push({ space: space.name, key: metadata.name });
  }

  get versions(): number {
    return this.#files + this.#older + this.#removals;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of the first versions; none where this node lacks the keys to read them. */
  get keys(): readonly KeyInSpace[] {
    return [...this.#keys];
  }

  counts(): VersionCounts {
    return { files: this.#files, older: this.#older, removals: this.#removals, bytes: this.#bytes };
  }
}
