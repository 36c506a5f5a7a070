import { decodeEntry, type EntryId } from "@gstore/core";
import {
  decodeHeld,
  decodeHoldsVersionsAnswer,
  decodeStoreFile,
  decodeStoreFileAnswer,
  messageType,
} from "@gstore/p2p";

/** What a message says of its sender. */
export interface Statement {
  /** Entries that it has. */
  readonly knows: readonly EntryId[];
  /** Versions of which it has everything. */
  readonly holds: readonly EntryId[];
}

const NOTHING: Statement = { knows: [], holds: [] };

export function saidInRequest(message: Uint8Array): Statement {
  switch (messageType(message)) {
    case "storeFile":
      return { knows: decodeStoreFile(message).entries.map((bytes) => decodeEntry(bytes).id), holds: [] };
    case "held":
      return { knows: [], holds: decodeHeld(message) };
    default:
      return NOTHING;
  }
}

export function saidInAnswer(message: Uint8Array, answer: Uint8Array): Statement {
  switch (messageType(message)) {
    case "storeFile": {
      const ids = decodeStoreFile(message).entries.map((bytes) => decodeEntry(bytes).id);
      const outcomes = decodeStoreFileAnswer(answer, ids.length);
      return { knows: [], holds: ids.filter((_, index) => outcomes[index] === "held") };
    }
    case "holdsVersions":
      return { knows: [], holds: decodeHoldsVersionsAnswer(answer) };
    default:
      return NOTHING;
  }
}
