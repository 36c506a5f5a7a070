export {
  abortedError,
  type ErrorCode,
  type ErrorFields,
  GstoreError,
  isGstoreError,
  KEY_BYTES_MAX,
  parseKeyName,
  parseKeyPrefix,
  quoteName,
  throwIfAborted,
} from "@gstore/core/client";
export { shellQuote } from "./client-errors.ts";
export type { CopiesClient } from "./copies-client.ts";
export type {
  CopyCountsRecord,
  CountedRecord,
  DrainRecord,
  MemberCopyRecord,
  MemberLackRecord,
  PlanRecord,
  SafetyRecord,
  SafetySummaryRecord,
  ShortVersionRecord,
  WhereisAnswer,
} from "./copies-wire-types.ts";
export { parseDuration } from "./duration.ts";
export { type Download, GatewayClient, type PutOptions, type WhichVersion } from "./gateway-client.ts";
export type { GcEvent, GcRecord } from "./gc-wire-types.ts";
export type { HistoryClient, RestoreOptions } from "./history-client.ts";
export type { MembershipClient } from "./membership-client.ts";
export type { components, operations, paths } from "./openapi/api.generated.ts";
export type { BootstrapRecord, PeerRecord, PingRecord } from "./peers-wire-types.ts";
export type { DropReportRecord, PinRecord, PinReportRecord } from "./pins-wire-types.ts";
export type { PolicyClient } from "./policy-client.ts";
export type {
  ExplainAnswer,
  PlacedNodeRecord,
  PolicyRecord,
  PolicyReportRecord,
  PolicyRequest,
} from "./policy-wire-types.ts";
export type { MemberPurgeRecord, PurgeRecord } from "./purge-wire-types.ts";
export type { SessionCodeRecord, SessionRecord } from "./session-wire-types.ts";
export { findSocket } from "./socket-path.ts";
export type { ScrubRecord, StatusAnswer } from "./status-wire-types.ts";
export type { TokenClient } from "./token-client.ts";
export type {
  IssuedShareRecord,
  IssuedTokenRecord,
  ShareRecord,
  TokenRecord,
  TokenRequestRecord,
} from "./token-wire-types.ts";
export type { UsageClient } from "./usage-client.ts";
export type { FolderUsageRecord, UsageRecord } from "./usage-wire-types.ts";
export type {
  ChangeRecord,
  ConflictRecord,
  ConflictsAnswer,
  ErrorRecord,
  FileRecord,
  IdAnswer,
  InviteRecord,
  InviteRequest,
  IssuedInviteRecord,
  LeaveEvent,
  LeaveRecord,
  LimitsRecord,
  ListAnswer,
  ListRecord,
  MemberRecord,
  NodeRef,
  RecentAnswer,
  RecentRecord,
  RemoveAnswer,
  RestoreAnswer,
  SpaceRecord,
  StoreAnswer,
  VerifyEvent,
  VerifyRecord,
  VersionCountsRecord,
  VersionRecord,
  VersionsAnswer,
} from "./wire-types.ts";
