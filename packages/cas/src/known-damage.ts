import type { EntryId } from "@gstore/core";

/** What this process found damaged of what the index has no mark for. Stored again, it is taken out. */
export class KnownDamage {
  readonly entries: Set<EntryId> = new Set();
  /** Arrivals of membership records. */
  readonly membership: Set<number> = new Set();
  /** Segments in which something is damaged, in use or not. */
  readonly segments: Set<number> = new Set();
}
