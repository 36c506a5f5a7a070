import {
  coversDot,
  type EntryRecord,
  type EntryStore,
  type KeyId,
  LIST_PAGE_MAX,
  type SpaceId,
  type VersionMetadata,
} from "@gstore/core";
import type { Members } from "./membership/members.ts";
import type { Spaces } from "./membership/spaces.ts";
import { winningVersion } from "./winning-version.ts";

export interface KeyOfSpace {
  readonly space: SpaceId;
  readonly keyId: KeyId;
}

/** What to show of a key. */
export interface ShownVersion {
  readonly key: KeyOfSpace;
  readonly name: string;
  /** Null where the key is removed, or nothing counts. */
  readonly record: EntryRecord | null;
  readonly metadata: VersionMetadata | null;
  readonly latest: EntryRecord;
  /** Whether another version contends with the one that is shown. */
  readonly isConflict: boolean;
}

export interface ShownVersionsOptions {
  readonly entries: EntryStore;
  readonly spaces: Spaces;
  readonly members: Members;
  /** Something was passed over for want of a key. */
  readonly unreadable: () => void;
}

/** Decides which version of a key is shown: by what counts, what wins, and what can be opened here. */
export class ShownVersions {
  readonly #options: ShownVersionsOptions;

  constructor(options: ShownVersionsOptions) {
    this.#options = options;
  }

  /** What to show of a key: its winning version, or that there is none. Null where nothing of it can be opened here. */
  async of(key: KeyOfSpace): Promise<ShownVersion | null> {
    const heads = await this.heads(key);
    const winner = this.winner(heads);
    if (winner !== null) {
      const { record, metadata } = winner;
      const isPut = record.entry.body.op === "put";
      return {
        ...{ key, name: metadata.name, latest: record },
        record: isPut ? record : null,
        metadata: isPut ? metadata : null,
        isConflict: isPut && this.contenders(heads, record).length > 0,
      };
    }
    // Nothing counts (any more): what does not count still tells the name to take away.
    for (const record of await this.#options.entries.heads(key.space, key.keyId)) {
      const metadata = this.open(record);
      if (metadata !== null)
        return {
          ...{ key, name: metadata.name, record: null, metadata: null, latest: record },
          isConflict: false,
        };
    }
    return null;
  }

  /** The winning version of those that can be opened: a hostile member's broken entry hides nothing. */
  winner(heads: readonly EntryRecord[]): { record: EntryRecord; metadata: VersionMetadata } | null {
    for (let left = heads; left.length > 0; ) {
      const record = winningVersion(left) as EntryRecord;
      const metadata = this.open(record);
      if (metadata !== null) return { record, metadata };
      left = left.filter((head) => head !== record);
    }
    return null;
  }

  /** The other heads that can be opened. */
  contenders(heads: readonly EntryRecord[], winner: EntryRecord | undefined): EntryRecord[] {
    return heads.filter((head) => head !== winner && this.open(head) !== null);
  }

  /** Versions that no other supersedes, among those whose authors may have written them. */
  async heads(key: KeyOfSpace): Promise<EntryRecord[]> {
    const { entries } = this.#options;
    const heads = await entries.heads(key.space, key.keyId);
    if (heads.every((head) => this.counts(head))) return heads;
    const counting: EntryRecord[] = [];
    for await (const record of entries.versions(key.space, key.keyId)) {
      if (this.counts(record)) counting.push(record);
      if (counting.length >= LIST_PAGE_MAX) break;
    }
    return counting.filter(
      ({ entry }) => !counting.some((other) => coversDot(other.entry.body.context, entry.body.dot)),
    );
  }

  /** Whether its author was allowed to write it. */
  counts({ entry }: EntryRecord): boolean {
    const { dot, space, seq, membershipHeads } = entry.body;
    const { author, incarnation } = dot;
    return (
      this.#options.members.mayAuthor({ author, incarnation, seq, id: entry.id, space, membershipHeads }) ===
      "yes"
    );
  }

  /** What it says; null where it can't be opened here. */
  open({ entry }: EntryRecord): VersionMetadata | null {
    const opened = this.#options.spaces.tryOpen(entry);
    if (opened === "no key") this.#options.unreadable();
    return typeof opened === "string" ? null : opened;
  }
}
