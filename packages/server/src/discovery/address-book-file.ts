import {
  ADDRESS_BYTES_MAX,
  ADDRESSES_LEARNED_MAX,
  ADDRESSES_PER_RECORD_MAX,
  type AddressRecord,
  decodeAddressRecord,
  GstoreError,
  isGstoreError,
  MEMBERS_MAX,
  type NetworkId,
  type PeerId,
  parsePeerId,
} from "@gstore/core";
import { isOwnWord } from "@gstore/crypto";

/** The format version of the address book, docs/spec/address-record.md. */
const VERSION = 1;
const SOURCES = ["record", "lan", "dialled"] as const;

/** By what an address is known: its member's record, the local network, or that the member answered there. */
export type AddressSource = (typeof SOURCES)[number];

export interface StoredAddress {
  /** A multiaddr without `/p2p/…`. */
  readonly address: string;
  readonly source: AddressSource;
  /** When the member last answered there (wall clock). */
  readonly workedMs: number | null;
  /** Since when nobody answers there. */
  readonly failingSinceMs: number | null;
  readonly failures: number;
}

export interface StoredMember {
  readonly peer: PeerId;
  readonly record: AddressRecord | null;
  readonly addresses: readonly StoredAddress[];
}

export function encodeAddressBook(members: readonly StoredMember[]): Uint8Array {
  const stored = members.map(({ peer, record, addresses }) => ({
    peer,
    record: record === null ? null : Buffer.from(record.bytes).toString("base64"),
    addresses: addresses.map(({ address, source, workedMs, failingSinceMs, failures }) => {
      return { address, source, workedMs, failingSinceMs, failures };
    }),
  }));
  return Buffer.from(`${JSON.stringify({ version: VERSION, members: stored }, null, 1)}\n`);
}

/** What a file holds; null where it is damaged. Throws `UNSUPPORTED_VERSION` for a newer version's. */
export function decodeAddressBook(bytes: Uint8Array, networkId: NetworkId): StoredMember[] | null {
  try {
    const { version, members } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    if (typeof version === "number" && version > VERSION) throw newerVersion(version);
    if (version !== VERSION || !Array.isArray(members) || members.length > MEMBERS_MAX) return null;
    return members.map((member: Record<string, unknown>) => memberOf(member, networkId));
  } catch (error) {
    if (isGstoreError(error, "UNSUPPORTED_VERSION")) throw error;
    return null;
  }
}

function memberOf({ peer, record, addresses }: Record<string, unknown>, networkId: NetworkId): StoredMember {
  const id = parsePeerId(String(peer));
  const max = ADDRESSES_PER_RECORD_MAX + ADDRESSES_LEARNED_MAX;
  if (!Array.isArray(addresses) || addresses.length > max) throw new TypeError("no addresses");
  return {
    peer: id,
    record: record === null ? null : recordOf(String(record), { peer: id, network: networkId }),
    addresses: addresses.map(addressOf),
  };
}

function recordOf(
  base64: string,
  { peer, network }: { readonly peer: PeerId; readonly network: NetworkId },
): AddressRecord {
  const record = decodeAddressRecord(Buffer.from(base64, "base64"));
  if (record.body.peer !== peer || record.body.network !== network || !isOwnWord(record))
    throw new TypeError("no record of this member");
  return record;
}

function addressOf({
  address,
  source,
  workedMs,
  failingSinceMs,
  failures,
}: Record<string, unknown>): StoredAddress {
  const known = SOURCES.find((one) => one === source);
  const isTime = (value: unknown): value is number | null => value === null || Number.isSafeInteger(value);
  const isAddress = typeof address === "string" && address.length <= ADDRESS_BYTES_MAX;
  if (!isAddress || known === undefined || !isTime(workedMs) || !isTime(failingSinceMs))
    throw new TypeError("no address");
  if (typeof failures !== "number" || !Number.isSafeInteger(failures) || failures < 0)
    throw new TypeError("no count");
  return { address, source: known, workedMs, failingSinceMs, failures };
}

function newerVersion(version: number): GstoreError {
  const message = `The address book of this node has version ${version}; this gstore reads ${VERSION}. Update gstore on this node.`;
  return new GstoreError("UNSUPPORTED_VERSION", message);
}
