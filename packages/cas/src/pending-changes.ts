import type { Digest } from "@gstore/core";

/** What deletions of one blob share until they are queued. */
export interface DeletionIntent {
  isCancelled: boolean;
}

/** Changes of blobs that are queued for the log and not visible yet. As many as the log's queue holds. */
export class PendingChanges {
  readonly puts: Map<Digest, Promise<void>> = new Map();
  readonly moves: Map<Digest, Promise<void>> = new Map();
  readonly deletions: Map<Digest, Promise<void>> = new Map();
  /** Deletions that were called and wait to be queued. A put that is called meanwhile cancels them: it came later. */
  readonly leaving: Map<Digest, DeletionIntent> = new Map();
  /** Blobs whose deletion failed to be written, but may turn out to be on the disk after a crash. */
  readonly failedDeletions: Set<Digest> = new Set();

  /** Notes that a deletion was called. */
  intend(digest: Digest): DeletionIntent {
    const intent = this.leaving.get(digest) ?? { isCancelled: false };
    this.leaving.set(digest, intent);
    return intent;
  }

  /** Ends an intent: its deletion was queued, or a put came. */
  endIntent(digest: Digest, { isCancelled }: { isCancelled: boolean }): void {
    const intent = this.leaving.get(digest);
    if (intent === undefined) return;
    intent.isCancelled = isCancelled;
    this.leaving.delete(digest);
  }

  /** Keeps `change` in `map` until it is settled; gives it back. */
  track(map: Map<Digest, Promise<void>>, digest: Digest, change: Promise<void>): Promise<void> {
    map.set(digest, change);
    const done = (): void => {
      if (map.get(digest) === change) map.delete(digest);
    };
    change.then(done, done);
    return change;
  }
}
