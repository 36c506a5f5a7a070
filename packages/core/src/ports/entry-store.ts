import type { AuthorSeq, Entry } from "../formats/entry.ts";
import type { HybridTime } from "../formats/hybrid-time.ts";
import type { MembershipRecord } from "../formats/membership.ts";
import type { Dot } from "../formats/version-vector.ts";
import type { EntryId, Incarnation, KeyId, PeerId, SpaceId } from "../ids.ts";

/** What is known about an entry besides itself. */
export interface EntryRecord {
  readonly entry: Entry;
  /** Order of arrival at this store, from 1, growing. */
  readonly arrival: number;
  /** Whether all its blobs are known to be here. False means: not known, not that they are missing. */
  readonly complete: boolean;
  /** Whether this node holds no copy of it on purpose. Then it is not `complete`, and its blobs may be collected. */
  readonly dropped: boolean;
  /** Whether its content was given up here for good, as old history. Then it is `dropped`, and nothing makes it complete again. */
  readonly expired: boolean;
  /** What first superseded it here; null for a head. */
  readonly superseded: Supersession | null;
}

/** That another version of the key superseded one. */
export interface Supersession {
  /** When this store took in what superseded it, by the wall clock; later where the index was made anew since. */
  readonly sinceMs: number;
  /** When that was written, by its author's clock; 0 where it is not known. */
  readonly writtenMs: number;
  /** The arrival of that; 0 where it is not known. */
  readonly by: number;
}

/** A version whose record is damaged. */
export interface DamagedVersion {
  readonly id: EntryId;
  /** Whether another version here has seen it. */
  readonly isSuperseded: boolean;
  /** What is legible of it, its signature unchecked (`strippedOfDamaged`). */
  readonly stripped: Entry | null;
}

/** A place among superseded versions: in order of `sinceMs`, and then of arrival. */
export interface SupersededPlace {
  readonly sinceMs: number;
  readonly arrival: number;
}

/** A place in the order of a key's versions: newest time first, and of one time the latest arrival. */
export interface VersionPlace {
  readonly time: HybridTime;
  readonly arrival: number;
}

/**
 * The entries (signed version records) that a node knows. Signature and authority were checked by the caller.
 * Every implementation runs `entryStoreCompliance` of @gstore/testing. Methods may be called concurrently.
 */
export interface EntryStore {
  /**
   * Adds entries, in order; those already there are passed over (but `complete: true` is noted). Once it resolves they are
   * synced (I2) and visible. Entries of one author arrive in the order of seq without gaps; a gap or another entry at a
   * known (author, incarnation, seq) rejects with `ENTRY_REFUSED` and adds none of that call.
   */
  append(entries: readonly Entry[], options: { complete: boolean }): Promise<void>;
  get(id: EntryId): Promise<EntryRecord | undefined>;
  /** Versions of a key that no other version here supersedes (dotted version vectors), in no particular order. */
  heads(space: SpaceId, keyId: KeyId): Promise<EntryRecord[]>;
  /** Whether some version of the key here has seen this write of it, which need not be here. */
  isSeen(space: SpaceId, keyId: KeyId, dot: Dot): Promise<boolean>;
  /** The versions of a key, newest time first: all, or those behind a place in that order. Read as they are asked for. */
  versions(space: SpaceId, keyId: KeyId, options?: { behind?: VersionPlace }): AsyncIterable<EntryRecord>;
  /** Entries of any key whose id begins with this text (`1e20` and digits of it), in order of id. Read as they are asked for. */
  withIdPrefix(prefix: string): AsyncIterable<EntryRecord>;
  /** The last seq of every author and incarnation. */
  vector(): Promise<AuthorSeq[]>;
  /** Entries of one author's incarnation from `fromSeq` on, at most `limit`. */
  ofAuthor(author: PeerId, incarnation: Incarnation, fromSeq: number, limit: number): Promise<Entry[]>;
  /** Records that arrived after `arrival`, in order of arrival, at most `limit`. With `markComplete`, how indexes catch up. */
  since(arrival: number, limit: number): Promise<EntryRecord[]>;
  /** Notes that all blobs of these entries are here (the caller has made sure of it). */
  markComplete(ids: readonly EntryId[]): Promise<void>;
  /**
   * Notes that this node holds no copy of these versions on purpose: they are not complete, until `markComplete` says so
   * again. Entries without content are passed over. Forgotten where the index is made anew: then they are merely incomplete.
   */
  markDropped(ids: readonly EntryId[]): Promise<void>;
  /** Of these entries the ones that are `complete`, in the same order. Reads no entry, so that many can be asked about. */
  completeOf(ids: readonly EntryId[]): Promise<EntryId[]>;
  /**
   * Notes that the content of these versions was given up for good. Like `markDropped`, but `markComplete` changes nothing
   * any more, and neither `incomplete` nor `superseded` lists them.
   */
  markExpired(ids: readonly EntryId[]): Promise<void>;
  /** Versions that were superseded here up to `untilMs` and are not expired, oldest first, behind a place, at most `limit`. */
  superseded(
    untilMs: number,
    options: { behind: SupersededPlace | null; limit: number },
  ): Promise<EntryRecord[]>;
  /**
   * What is to be looked at for erasing, in order of arrival after `afterArrival`, at most `limit`: removals that erase,
   * versions that came after what supersedes them, which may be such a removal, and entries that came stripped. Until `markErased`; anew with a new index.
   */
  erasing(afterArrival: number, limit: number): Promise<EntryRecord[]>;
  /** Notes that what follows from these for erasing was done. */
  markErased(ids: readonly EntryId[]): Promise<void>;
  /**
   * Takes what is sealed from these entries (`strippedEntry`), for good: what is read from then on, and from whatever index
   * is made later, is the stripped entry. Those that are stripped, can't be or are not here are passed over. Resolves once
   * the stripped ones are synced; their old bytes are on the disk still.
   */
  strip(ids: readonly EntryId[]): Promise<void>;
  /**
   * Removes what was sealed in stripped entries from the disk, and what is left of entries that were damaged when an index
   * was made, which nothing can read any more. Resolves with whether nothing of it is left, in any; where
   * something is, since a damaged part of the disk holds it or writes did not pause, a later call goes on with that.
   */
  destroyStripped(): Promise<boolean>;
  /** The versions of a key whose records are damaged on this disk, found by reading all of them. */
  damagedVersions(space: SpaceId, keyId: KeyId): Promise<DamagedVersion[]>;
  /**
   * Gives up what is left of the records of damaged entries: `destroyStripped` removes it as well. The entries stay as
   * damaged ones, which appending them replaces. Resolves once that is noted.
   */
  destroyDamaged(ids: readonly EntryId[]): Promise<void>;
  /** Puts whole entries in the place of stripped ones of the same ids; others are passed over. Resolves once they are synced. */
  unstrip(entries: readonly Entry[]): Promise<void>;
  /** Entries with content not known to be complete, dropped ones among them, in order of arrival after `afterArrival`, at most `limit`. */
  incomplete(afterArrival: number, limit: number): Promise<EntryRecord[]>;
  count(): number;
  /** No record here arrived after this; 0 where there is none. Grows by more than one from record to record. */
  lastArrival(): number;
  /** How many entries were found damaged since the store was opened and not replaced: they are passed over wherever entries are read. */
  damaged(): number;
  /** Changes when arrival numbers were dealt anew (index rebuilt): whoever follows `since` starts again from 0. */
  readonly arrivalEpoch: string;
}

/** The membership records that a node knows, checked by the caller. */
export interface MembershipStore {
  /** Adds records; known ones are passed over. Once it resolves they are synced. */
  append(records: readonly MembershipRecord[]): Promise<void>;
  /** All records in order of arrival. At most a few thousand. */
  all(): Promise<MembershipRecord[]>;
}
