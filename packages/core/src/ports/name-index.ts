import type { EntryId, KeyId, SpaceId } from "../ids.ts";

/** What a listing shows of a key, from its winning version. */
export interface NameRecord {
  readonly keyId: KeyId;
  readonly entryId: EntryId;
  /** Whether another version contends with it: the key is listed by `conflicts` too. */
  readonly isConflict: boolean;
  /** Opaque to the index: the server's summary of the version. */
  readonly summary: Uint8Array;
}

export interface NamedRecord extends NameRecord {
  readonly name: string;
}

/**
 * Names in order of their UTF-8 bytes, encrypted on disk, rebuilt from the sealed entries at any time. Vaults have none.
 * Methods may be called concurrently.
 */
export interface NameIndex {
  /**
   * Applies changes in order (null removes a name) together with the cursor of what they come from, as one transaction.
   * Need not be synced: after a crash the cursor says where to go on from. Gives for each change the version that the name
   * showed before it; null where it showed none.
   */
  apply(
    changes: readonly { space: SpaceId; name: string; record: NameRecord | null }[],
    cursor: string,
  ): Promise<(EntryId | null)[]>;
  /** The cursor of the last `apply`; null for a new index. */
  cursor(): string | null;
  /** Forgets everything. */
  clear(): Promise<void>;
  get(space: SpaceId, name: string): NamedRecord | undefined;
  /** Names that begin with `prefix` and come after `after` (exclusive; "" for all; may be longer than any name), at most `limit`. Reads no more than that many. */
  list(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[];
  count(space: SpaceId): number;
  /** As `list`, of those names alone whose records say that they are in conflict. */
  conflicts(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[];
  conflictCount(space: SpaceId): number;
}
