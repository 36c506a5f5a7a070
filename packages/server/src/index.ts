export {
  type Digest,
  type EntryId,
  type ErrorCode,
  type ErrorFields,
  GstoreError,
  isGstoreError,
  type PeerId,
  parseKeyName,
  parseKeyPrefix,
} from "@gstore/core";
export type {
  ByteRange,
  FileInfo,
  GetResult,
  GstoreNode,
  ListItem,
  ListOptions,
  ListPage,
  NamedNode,
  NodeEvents,
  NodeStatus,
  PeerStatus,
  Source,
  StoreOptions,
  StoreResult,
  StoreVerifyReport,
  WaitFor,
} from "./api.ts";
export { createNode, type NodeOptions } from "./create-node.ts";
export type { Logger } from "./logger.ts";
export { type InitOptions, initNode, type NodeId, readNodeId } from "./node-folder.ts";
