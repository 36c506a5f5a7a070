import type { Digest } from "@gstore/core";

/** Changes of blobs that are queued for the log and not visible yet. As many as the log's queue holds. */
export class PendingChanges {
  readonly puts: Map<Digest, Promise<void>> = new Map();
  readonly moves: Map<Digest, Promise<void>> = new Map();
  readonly deletions: Map<Digest, Promise<void>> = new Map();
  /** Blobs whose deletion failed to be written, but may turn out to be on the disk after a crash. */
  readonly failedDeletions: Set<Digest> = new Set();

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
