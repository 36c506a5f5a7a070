import type { Clock, DiskStore, Random } from "@gstore/core";
import type { Logger } from "../logger.ts";
import { BlobLeases } from "./blob-leases.ts";
import { Collector } from "./collector.ts";
import { ReadVersions } from "./read-versions.ts";

/** When space is given back. All in milliseconds. */
export interface CollectionOptions {
  /** By itself a node collects at most once in so long; default an hour. */
  readonly intervalMs?: number | undefined;
  /** So long it keeps blobs for a peer whose entry has not come; default an hour. */
  readonly leaseMs?: number | undefined;
}

const HOUR_MS = 3600 * 1000;

/** The parts of a node that give space back, and what protects from them. */
export interface Collection {
  readonly collector: Collector;
  readonly leases: BlobLeases;
  readonly reads: ReadVersions;
}

export function makeCollection(
  { disk, clock, random, logger }: { disk: DiskStore; clock: Clock; random: Random; logger: Logger },
  { intervalMs = HOUR_MS, leaseMs = HOUR_MS }: CollectionOptions,
): Collection {
  const leases = new BlobLeases(clock, leaseMs);
  const reads = new ReadVersions();
  const { blobs, entries } = disk;
  const collector = new Collector({ blobs, entries, leases, reads, clock, random, logger, intervalMs });
  return { collector, leases, reads };
}
