import {
  type EntryId,
  GstoreError,
  LIST_PAGE_MAX,
  type NamedRecord,
  type NameIndex,
  type NameRecord,
  type SpaceId,
} from "@gstore/core";

/** Names in memory, for tests of what stands above a store. Counts what is read of it. */
export class MemoryNameIndex implements NameIndex {
  readonly #spaces = new Map<SpaceId, Map<string, NamedRecord>>();
  #cursor: string | null = null;
  /** Records that `list` has given so far. */
  recordsListed = 0;

  async apply(
    changes: readonly { space: SpaceId; name: string; record: NameRecord | null }[],
    cursor: string,
  ): Promise<(EntryId | null)[]> {
    const shownBefore: (EntryId | null)[] = [];
    for (const { space, name, record } of changes) {
      const names = this.#names(space);
      shownBefore.push(names.get(name)?.entryId ?? null);
      if (record === null) names.delete(name);
      else names.set(name, { ...record, name });
    }
    this.#cursor = cursor;
    return shownBefore;
  }

  cursor(): string | null {
    return this.#cursor;
  }

  async clear(): Promise<void> {
    this.#spaces.clear();
    this.#cursor = null;
  }

  get(space: SpaceId, name: string): NamedRecord | undefined {
    return this.#names(space).get(name);
  }

  list(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[] {
    const { prefix, after, limit } = options;
    if (limit < 1 || limit > LIST_PAGE_MAX) throw new GstoreError("INVALID_ARGUMENT", "That is no page.");
    const found = [...this.#names(space).values()]
      .filter(({ name }) => name.startsWith(prefix) && compareUtf8(name, after) > 0)
      .sort((left, right) => compareUtf8(left.name, right.name))
      .slice(0, limit);
    this.recordsListed += found.length;
    return found;
  }

  count(space: SpaceId): number {
    return this.#names(space).size;
  }

  conflicts(space: SpaceId, { prefix, after, limit }: Parameters<NameIndex["list"]>[1]): NamedRecord[] {
    return [...this.#names(space).values()]
      .filter(({ name, isConflict }) => isConflict && name.startsWith(prefix) && compareUtf8(name, after) > 0)
      .sort((left, right) => compareUtf8(left.name, right.name))
      .slice(0, limit);
  }

  conflictCount(space: SpaceId): number {
    return [...this.#names(space).values()].filter(({ isConflict }) => isConflict).length;
  }

  #names(space: SpaceId): Map<string, NamedRecord> {
    const names = this.#spaces.get(space) ?? new Map<string, NamedRecord>();
    this.#spaces.set(space, names);
    return names;
  }
}

function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
