import * as addresses from "../../src/messages/address-messages.ts";
import * as audits from "../../src/messages/audit-messages.ts";
import {
  decodeHaveBlobs,
  decodeHaveBlobsAnswer,
  encodeHaveBlobs,
  encodeHaveBlobsAnswer,
} from "../../src/messages/blob-messages.ts";
import * as clocks from "../../src/messages/clock-messages.ts";
import * as entries from "../../src/messages/entry-messages.ts";
import * as held from "../../src/messages/held-messages.ts";
import * as membership from "../../src/messages/membership-messages.ts";
import type { MessageType } from "../../src/messages/message.ts";
import * as purges from "../../src/messages/purge-messages.ts";
import * as repair from "../../src/messages/repair-messages.ts";

/** How one part of a message is written and read. `count` is how many things its request asked for. */
export interface Codec {
  readonly encode: (value: never) => Uint8Array;
  /** Absent where nobody reads it: the answer that has no fields. */
  readonly decode?: (bytes: Uint8Array, count: number) => unknown;
}

/** Every message's two parts. The type makes a message that is missing here an error. */
export const codecs: Readonly<Record<MessageType, { readonly request: Codec; readonly answer: Codec }>> = {
  storeFile: {
    request: { encode: entries.encodeStoreFile, decode: entries.decodeStoreFile },
    answer: { encode: entries.encodeStoreFileAnswer, decode: entries.decodeStoreFileAnswer },
  },
  getFile: {
    request: { encode: entries.encodeGetFile, decode: entries.decodeGetFile },
    answer: { encode: entries.encodeGetFileAnswer, decode: entries.decodeGetFileAnswer },
  },
  syncEntries: {
    request: { encode: entries.encodeSyncEntries, decode: entries.decodeSyncEntries },
    answer: { encode: entries.encodeSyncEntriesAnswer, decode: entries.decodeSyncEntriesAnswer },
  },
  held: {
    request: { encode: entries.encodeHeld, decode: entries.decodeHeld },
    answer: { encode: entries.encodeHeldAnswer },
  },
  holdsVersions: {
    request: { encode: entries.encodeHoldsVersions, decode: entries.decodeHoldsVersions },
    answer: { encode: entries.encodeHoldsVersionsAnswer, decode: entries.decodeHoldsVersionsAnswer },
  },
  heldReceipts: {
    request: { encode: held.encodeHeldReceipts, decode: held.decodeHeldReceipts },
    answer: { encode: held.encodeHeldReceiptsAnswer, decode: held.decodeHeldReceiptsAnswer },
  },
  giveEntries: {
    request: { encode: repair.encodeGiveEntries, decode: repair.decodeGiveEntries },
    answer: { encode: repair.encodeGiveEntriesAnswer, decode: repair.decodeGiveEntriesAnswer },
  },
  purged: {
    request: { encode: purges.encodePurged, decode: purges.decodePurged },
    answer: { encode: purges.encodePurgedAnswer, decode: purges.decodePurgedAnswer },
  },
  leaseVersions: {
    request: { encode: audits.encodeLeaseVersions, decode: audits.decodeLeaseVersions },
    answer: { encode: audits.encodeLeaseVersionsAnswer, decode: audits.decodeLeaseVersionsAnswer },
  },
  proveBlobs: {
    request: { encode: audits.encodeProveBlobs, decode: audits.decodeProveBlobs },
    answer: { encode: audits.encodeProveBlobsAnswer, decode: audits.decodeProveBlobsAnswer },
  },
  haveBlobs: {
    request: { encode: encodeHaveBlobs, decode: decodeHaveBlobs },
    answer: { encode: encodeHaveBlobsAnswer, decode: decodeHaveBlobsAnswer },
  },
  syncMembers: {
    request: { encode: membership.encodeSyncMembers, decode: membership.decodeSyncMembers },
    answer: { encode: membership.encodeSyncMembersAnswer, decode: membership.decodeSyncMembersAnswer },
  },
  pushMembers: {
    request: { encode: membership.encodePushMembers, decode: membership.decodePushMembers },
    answer: { encode: membership.encodePushMembersAnswer },
  },
  tellTime: {
    request: { encode: clocks.encodeTellTime, decode: clocks.decodeTellTime },
    answer: { encode: clocks.encodeTellTimeAnswer, decode: clocks.decodeTellTimeAnswer },
  },
  syncAddresses: {
    request: { encode: addresses.encodeSyncAddresses, decode: addresses.decodeSyncAddresses },
    answer: { encode: addresses.encodeSyncAddressesAnswer, decode: addresses.decodeSyncAddressesAnswer },
  },
  pushAddresses: {
    request: { encode: addresses.encodePushAddresses, decode: addresses.decodePushAddresses },
    answer: { encode: addresses.encodePushAddressesAnswer },
  },
};
