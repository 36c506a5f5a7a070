import { join } from "node:path";

/** Where things lie in a node's folder. */
export interface NodePaths {
  readonly identity: string;
  readonly network: string;
  readonly membership: string;
  readonly incarnation: string;
  /** Tells the folder from a copy of it. */
  readonly mark: string;
  readonly invites: string;
  readonly sightings: string;
  /** The address book. */
  readonly addresses: string;
  readonly scrub: string;
  /** Keys that are being given a policy's class. */
  readonly reclassify: string;
  readonly pins: string;
  /** Files that come in pieces. */
  readonly uploads: string;
  readonly store: string;
}

export function nodePaths(dir: string): NodePaths {
  return {
    identity: join(dir, "identity"),
    network: join(dir, "network.json"),
    membership: join(dir, "membership"),
    incarnation: join(dir, "incarnation"),
    mark: join(dir, "mark"),
    invites: join(dir, "invites.json"),
    sightings: join(dir, "sightings.json"),
    addresses: join(dir, "addresses.json"),
    scrub: join(dir, "scrub.json"),
    reclassify: join(dir, "reclassify.json"),
    pins: join(dir, "pins.json"),
    uploads: join(dir, "uploads.json"),
    store: join(dir, "store"),
  };
}
