export { type PeerAddress, parsePeerAddress } from "./address.ts";
export { type CreatePeerNetworkOptions, createPeerNetwork } from "./create-peer-network.ts";
export { limitPeerWarnings } from "./limit-peer-warnings.ts";
export type { PeerNetworkLogger } from "./logger.ts";
export {
  decodePushAddresses,
  decodeSyncAddresses,
  decodeSyncAddressesAnswer,
  encodePushAddresses,
  encodePushAddressesAnswer,
  encodeSyncAddresses,
  encodeSyncAddressesAnswer,
  type KnownAddressRecord,
  type SyncAddressesAnswer,
} from "./messages/address-messages.ts";
export {
  decodeLeaseVersions,
  decodeLeaseVersionsAnswer,
  decodeProveBlobs,
  decodeProveBlobsAnswer,
  encodeLeaseVersions,
  encodeLeaseVersionsAnswer,
  encodeProveBlobs,
  encodeProveBlobsAnswer,
  type LeaseVersions,
  type ProveBlobs,
} from "./messages/audit-messages.ts";
export {
  decodeHaveBlobs,
  decodeHaveBlobsAnswer,
  encodeHaveBlobs,
  encodeHaveBlobsAnswer,
  type HaveBlobs,
} from "./messages/blob-messages.ts";
export { type BulkFrame, decodeBulkFrame, encodeBulkFrame } from "./messages/bulk-frames.ts";
export {
  decodeTellTime,
  decodeTellTimeAnswer,
  encodeTellTime,
  encodeTellTimeAnswer,
} from "./messages/clock-messages.ts";
export {
  decodeGetFile,
  decodeGetFileAnswer,
  decodeHeld,
  decodeHoldsVersions,
  decodeHoldsVersionsAnswer,
  decodeStoreFile,
  decodeStoreFileAnswer,
  decodeSyncEntries,
  decodeSyncEntriesAnswer,
  encodeGetFile,
  encodeGetFileAnswer,
  encodeHeld,
  encodeHeldAnswer,
  encodeHoldsVersions,
  encodeHoldsVersionsAnswer,
  encodeStoreFile,
  encodeStoreFileAnswer,
  encodeSyncEntries,
  encodeSyncEntriesAnswer,
  type GetFile,
  type StoreFile,
  type StoreOutcome,
  type SyncEntriesAnswer,
} from "./messages/entry-messages.ts";
export {
  decodeHeldReceipts,
  decodeHeldReceiptsAnswer,
  encodeHeldReceipts,
  encodeHeldReceiptsAnswer,
  type HeldReceiptFields,
  type HeldReceipts,
} from "./messages/held-messages.ts";
export {
  decodePushMembers,
  decodeSyncMembers,
  decodeSyncMembersAnswer,
  encodePushMembers,
  encodePushMembersAnswer,
  encodeSyncMembers,
  encodeSyncMembersAnswer,
  type SyncMembersAnswer,
} from "./messages/membership-messages.ts";
export { MESSAGE_VERSION, type MessageType, messageType } from "./messages/message.ts";
export {
  decodePurged,
  decodePurgedAnswer,
  encodePurged,
  encodePurgedAnswer,
  type Purged,
  type PurgeReceipt,
} from "./messages/purge-messages.ts";
export {
  decodeGiveEntries,
  decodeGiveEntriesAnswer,
  encodeGiveEntries,
  encodeGiveEntriesAnswer,
} from "./messages/repair-messages.ts";
export type { RelayMode } from "./relay/relaying.ts";
export { type RequestAsStrangerOptions, requestAsStranger } from "./request-as-stranger.ts";
