import type { CollectionReport, CollectOptions } from "./collection/collector.ts";

export type { CollectionProgress, CollectionReport, CollectOptions } from "./collection/collector.ts";

/** The part of a node that gives space back. */
export interface CollectionOperations {
  /**
   * Gives up history that has lasted long enough, and takes away what no version names any more: now, and not when the node
   * would by itself. Rejects when the signal fires.
   */
  collectGarbage(options?: CollectOptions): Promise<CollectionReport>;
}
