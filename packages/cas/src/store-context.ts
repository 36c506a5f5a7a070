import type { Clock } from "@gstore/core";
import type { HeldBlobs } from "./held-blobs.ts";
import type { KnownDamage } from "./known-damage.ts";
import type { LogWriter } from "./pack/log-writer.ts";
import type { SegmentFiles } from "./pack/segment-files.ts";
import type { SpaceTags } from "./pack/space-tags.ts";
import type { PendingChanges } from "./pending-changes.ts";
import type { IndexTables } from "./tables/index-tables.ts";

/** What the parts of an open disk store share. */
export interface StoreContext {
  readonly dir: string;
  readonly clock: Clock;
  readonly storeId: Uint8Array;
  readonly spaceTags: SpaceTags;
  readonly files: SegmentFiles;
  readonly tables: IndexTables;
  readonly log: LogWriter;
  readonly pending: PendingChanges;
  readonly held: HeldBlobs;
  readonly damage: KnownDamage;
  /** Runs one after the other what must not see a segment vanish: verifying and compacting. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called after deletions: compaction may be worth it soon. */
  readonly scheduleCompaction: () => void;
  /** Gives up segments that hold what has to go, see `EntryStore.strip`; resolves with whether none is left. */
  readonly emptySegments: () => Promise<boolean>;
  /** The context itself; throws `STORE_CLOSED` after the store was closed. */
  readonly opened: () => StoreContext;
}
