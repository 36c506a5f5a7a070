import type { Clock, ContentRoot, DiskStore, PeerNetwork, Random } from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { Placement } from "../placement/placement.ts";
import type { Leases } from "../repair/leases.ts";
import type { ShownVersions } from "../shown-versions.ts";
import { BlobLeases } from "./blob-leases.ts";
import { Collector } from "./collector.ts";
import { Erasure, type ErasureOptions } from "./erasure.ts";
import { History } from "./history.ts";
import { PeerClocks } from "./peer-clocks.ts";
import { PurgeGuard } from "./purge-guard.ts";
import { Purges } from "./purges.ts";
import { ReadVersions } from "./read-versions.ts";
import { Retention } from "./retention.ts";
import { SteadyClock } from "./steady-clock.ts";

/** When space is given back. All in milliseconds. */
export interface CollectionOptions {
  /** By itself a node gives up old history and collects at most once in so long; default an hour. */
  readonly intervalMs?: number | undefined;
  /** So long it keeps blobs for a peer whose entry has not come; default an hour. */
  readonly leaseMs?: number | undefined;
  /** So long every superseded version is kept, whatever the policies say. */
  readonly historyMs?: number | undefined;
}

const HOUR_MS = 3600 * 1000;

/** The parts of a node that give space back, and what protects from them. */
export interface Collection {
  readonly collector: Collector;
  readonly history: History;
  readonly leases: BlobLeases;
  readonly purges: Purges;
  readonly purgeGuard: PurgeGuard;
  readonly reads: ReadVersions;
  readonly retention: Retention;
  readonly clocks: PeerClocks;
}

export interface CollectionMakings {
  readonly disk: DiskStore;
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly placement: Pick<Placement, "historyMs" | "shortestHistoryMs">;
  readonly shown: Pick<ShownVersions, "counts">;
  /** Of whole versions, for nodes that give up theirs. */
  readonly versionLeases: Pick<Leases, "isLeased">;
  /** See `ErasureOptions.lacking`. */
  readonly lacking: NonNullable<ErasureOptions["lacking"]>;
  /** See `ErasureOptions.damaged`. */
  readonly damaged: NonNullable<ErasureOptions["damaged"]>;
  /** Contents that no version names yet, and that stay. */
  readonly roots: () => readonly ContentRoot[];
}

export function makeCollection(
  {
    disk,
    network,
    members,
    clock,
    random,
    logger,
    placement,
    shown,
    versionLeases,
    lacking,
    damaged,
    roots,
  }: CollectionMakings,
  { intervalMs = HOUR_MS, leaseMs = HOUR_MS, historyMs }: CollectionOptions,
): Collection {
  const leases = new BlobLeases(clock, leaseMs);
  const reads = new ReadVersions();
  const { blobs, entries } = disk;
  const history = new History({ entries, shown, placement, clock, historyMs });
  const steady = new SteadyClock(clock, intervalMs);
  const clocks = new PeerClocks({ network, members, clock });
  const retention = new Retention({ entries, history, clock, steady, clocks, leases: versionLeases });
  const purgeGuard = new PurgeGuard({
    entries,
    coverOf: (key) => purges.coverOf(key),
    gaveUp: () => collector.collectSoon(),
  });
  // Who may write what may have changed.
  members.onChange(async () => purgeGuard.forget());
  const erasure = new Erasure({ entries, shown, lacking, damaged, settled: () => purgeGuard.settled() });
  const collector = new Collector({
    ...{
      blobs,
      entries,
      leases,
      roots: () => [...reads.roots(), ...roots()],
      retention,
      erasure,
      clock,
      random,
      logger,
      intervalMs,
    },
  });
  const purges = new Purges({ entries, shown, erase: () => collector.erase() });
  return { collector, history, leases, purges, purgeGuard, reads, retention, clocks };
}
