import type { DiskFiles } from "@gstore/cas/internals";
import type { DiskStore, PeerHandlers, PeerNetwork } from "@gstore/core";

/**
 * What stands between a node and the simulated world. The product's own build changes nothing; tests take a protection
 * away by what they put at a port, and show that the checks notice.
 */
export interface Build {
  readonly name: string;
  readonly files?: (files: DiskFiles) => DiskFiles;
  readonly disk?: (disk: DiskStore) => DiskStore;
  readonly network?: (network: PeerNetwork) => PeerNetwork;
  readonly handlers?: (handlers: PeerHandlers) => PeerHandlers;
  /** Keeps the incarnation where a new one is asked for. */
  readonly keepsIncarnation?: boolean;
}

export const PRODUCT: Build = { name: "the product" };
