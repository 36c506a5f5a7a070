/**
 * What the simulator puts whole nodes together from. Reachable inside this repository as `@gstore/server/internals`; the
 * published package does not have it.
 */
export type { FileInfo, GstoreNode, StoreResult } from "./api.ts";
export { closeParts, type NodeMakings, openParts } from "./assemble-node.ts";
export type { Logger } from "./logger.ts";
export { Invites } from "./membership/invites.ts";
export { Members } from "./membership/members.ts";
export { decodeRedemptionAnswer, encodeRedemption } from "./membership/redemption.ts";
export { Sightings } from "./membership/sightings.ts";
export { Node } from "./node.ts";
export { NodeEventHub } from "./node-events.ts";
export type { NodeParts } from "./node-parts.ts";
export { InlineSealer } from "./sealing/chunk-sealer.ts";
export { refusedByDisk, type SyncedFile } from "./synced-file.ts";
export { winningVersion } from "./winning-version.ts";
