import type { DiskFiles } from "@gstore/cas/internals";
import type { DiskStore, PeerHandlers } from "@gstore/core";
import type { Members, NodeMakings } from "@gstore/server/internals";

/**
 * What stands between a node and the simulated world. The product's own build changes nothing; tests take a protection
 * away by what they put at a port, and show that the checks notice.
 */
export interface Build {
  readonly name: string;
  readonly files?: (files: DiskFiles) => DiskFiles;
  readonly disk?: (disk: DiskStore) => DiskStore;
  /** What the node believes of its members; the checks look at what is so. */
  readonly members?: (members: Members) => Members;
  readonly handlers?: (handlers: PeerHandlers) => PeerHandlers;
  /** What the node is put together from, and how. */
  readonly makings?: (makings: NodeMakings) => NodeMakings;
}

export const PRODUCT: Build = { name: "the product" };
