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
  InviteOptions,
  InviteStatus,
  IssuedInvite,
  KeyInSpace,
  LeaveOptions,
  LeaveProgress,
  LeaveReport,
  ListItem,
  ListOptions,
  ListPage,
  MemberStatus,
  NamedNode,
  NodeEvents,
  PutResult,
  Source,
  SpaceStatus,
  StoreOptions,
  StoreResult,
  VersionCounts,
  WaitFor,
} from "./api.ts";
export type { CollectionOptions } from "./collection/collection.ts";
export type {
  CollectionOperations,
  CollectionProgress,
  CollectionReport,
  CollectOptions,
} from "./collection-api.ts";
export type {
  CopiesOperations,
  CopyCounts,
  CopyState,
  Counted,
  DrainOptions,
  DrainProgress,
  DrainReport,
  MemberCopy,
  MemberLack,
  PlannedCounts,
  PlanOptions,
  PlanReport,
  SafeOptions,
  SafetyReport,
  SafetySummary,
  ShortVersion,
  WalkOptions,
  Whereabouts,
  WhereisOptions,
} from "./copies-api.ts";
export { createNode, type NodeOptions } from "./create-node.ts";
export type {
  BootstrapAddress,
  BootstrapOperations,
  DiscoveryOperations,
  DiscoveryStatus,
  FoundBy,
  HolderStatus,
  PeerStatus,
  PingResult,
} from "./discovery/discovery-api.ts";
export { fileSource } from "./file-source.ts";
export type {
  Conflict,
  ConflictsOptions,
  ConflictsPage,
  FileOptions,
  HistoryOperations,
  MemberPurge,
  PurgeOptions,
  PurgeReport,
  RecentOptions,
  RecentPage,
  RecentVersion,
  RemoveOptions,
  ResolveResult,
  RestoreOptions,
  VersionInfo,
  VersionState,
  VersionsOptions,
  VersionsPage,
  WhichVersion,
} from "./history-api.ts";
export { type JoinedNode, type JoinOptions, joinNetwork } from "./join-network.ts";
export { changePassphrase, type PassphraseSource, passphraseUse } from "./key-files.ts";
export type { Logger } from "./logger.ts";
export {
  type InitOptions,
  initNode,
  type NodeId,
  type OpenOptions,
  readNodeId,
  readRecoveryWords,
  refuseInitialised,
  refuseUninitialised,
} from "./node-folder.ts";
export type { DropReport, PinOperations, PinOptions, PinReport, PinStatus } from "./pins/pins-api.ts";
export type {
  PlacementExplanation,
  PolicyOperations,
  PolicyOptions,
  PolicyProgress,
  PolicyReport,
  PolicySettings,
  PolicyStatus,
} from "./policy-api.ts";
export type { AuditFailure, AuditStatus, RepairOptions, RepairStatus } from "./repair/repair-api.ts";
export type { ScrubSettings } from "./scrub/open-scrubber.ts";
export type { NodeStatus } from "./status-api.ts";
export { type SyncedFile, syncedFile } from "./synced-file.ts";
export type {
  AffectedFile,
  RepairReport,
  ScrubStatus,
  StoreVerifyReport,
  UpkeepOperations,
} from "./upkeep-api.ts";
export { UPLOAD_BYTES_MAX } from "./uploads/limits.ts";
export type { AppendOptions, UploadOperations, UploadOptions, UploadStatus } from "./uploads/uploads-api.ts";
export type {
  BlobCount,
  FolderUsage,
  FolderUsageOptions,
  SpaceUsage,
  UsageOperations,
  UsageOptions,
  UsageReport,
} from "./usage-api.ts";
