import type { Digest, EntryId, Incarnation, KeyId, PeerId, SpaceId, VersionPlace } from "@gstore/core";

/** First bytes of the index's keys: one table each. */
export const TABLES = {
  meta: 0x01,
  segment: 0x02,
  blob: 0x10,
  entry: 0x20,
  entryId: 0x21,
  authorEntry: 0x22,
  authorSeq: 0x23,
  keyState: 0x24,
  keyVersion: 0x25,
  incomplete: 0x26,
  superseded: 0x27,
  erasing: 0x28,
  membership: 0x30,
  membershipId: 0x31,
} as const;

const HEX_AFTER_MULTIHASH = 4;
const NUMBER_BYTES = 6;
const VERSION_ORDER_BYTES = 8 + 4 + NUMBER_BYTES;
/** The highest arrival, sequence and seq: 48 bits. */
export const NUMBER_MAX: number = 2 ** 48 - 1;

export const META_KEY: Uint8Array = Uint8Array.of(TABLES.meta);

/** Begins and ends the range of all keys of a table. */
export const tableStart = (table: number): Uint8Array => Uint8Array.of(table);
export const tableEnd = (table: number): Uint8Array => Uint8Array.of(table + 1);

export function digestKey(table: number, digest: Digest | EntryId): Uint8Array {
  const key = Buffer.allocUnsafe(33);
  key[0] = table;
  key.write(digest.slice(HEX_AFTER_MULTIHASH), 1, "hex");
  return key;
}

/** A key of a table that is ordered by a number. */
export function numberKey(table: number, number: number): Uint8Array {
  const key = Buffer.allocUnsafe(1 + NUMBER_BYTES);
  key[0] = table;
  key.writeUIntBE(number, 1, NUMBER_BYTES);
  return key;
}

/** A key of the table of superseded versions: by time, then by arrival. */
export function supersededKey({ sinceMs, arrival }: { sinceMs: number; arrival: number }): Uint8Array {
  return Buffer.concat([numberKey(TABLES.superseded, sinceMs), numberValue(arrival)]);
}

export function placeOfSuperseded(key: Uint8Array): { sinceMs: number; arrival: number } {
  const view = Buffer.from(key.buffer, key.byteOffset, key.length);
  return { sinceMs: view.readUIntBE(1, NUMBER_BYTES), arrival: numberAtEnd(view) };
}

/** The number at the end of a key. */
export function numberAtEnd(key: Uint8Array): number {
  const view = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.length);
  return view.readUIntBE(key.length - NUMBER_BYTES, NUMBER_BYTES);
}

/** A number as a value. */
export function numberValue(number: number): Uint8Array {
  const value = Buffer.allocUnsafe(NUMBER_BYTES);
  value.writeUIntBE(number, 0, NUMBER_BYTES);
  return value;
}

export function authorSeqKey(author: PeerId, incarnation: Incarnation): Uint8Array {
  return Buffer.concat([Uint8Array.of(TABLES.authorSeq), authorBytes(author, incarnation)]);
}

export function authorEntryKey(author: PeerId, incarnation: Incarnation, seq: number): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(TABLES.authorEntry),
    authorBytes(author, incarnation),
    numberValue(seq),
  ]);
}

/** The author and incarnation in a key of the authorSeq table. */
export function authorOfKey(key: Uint8Array): { author: PeerId; incarnation: Incarnation } {
  const text = Buffer.from(key.buffer, key.byteOffset + 1, key.length - 1).toString("latin1");
  const [author, incarnation] = text.split("\0");
  return { author: author as PeerId, incarnation: incarnation as Incarnation };
}

export function keyStateKey(space: SpaceId, keyId: KeyId): Uint8Array {
  return Buffer.concat([Uint8Array.of(TABLES.keyState), Buffer.from(space + keyId, "hex")]);
}

/** Versions of a key sort by time, newest first, then by arrival, latest first. */
export function keyVersionKey(
  space: SpaceId,
  keyId: KeyId,
  version: { wallMs: number; logical: number; arrival: number },
): Uint8Array {
  const order = Buffer.allocUnsafe(VERSION_ORDER_BYTES);
  order.writeBigUInt64BE(0xffff_ffff_ffff_ffffn - BigInt(version.wallMs), 0);
  order.writeUInt32BE(0xffff_ffff - version.logical, 8);
  order.writeUIntBE(NUMBER_MAX - version.arrival, 12, NUMBER_BYTES);
  return Buffer.concat([keyVersionPrefix(space, keyId), order]);
}

/** The place of a version, from its key. */
export function placeOfVersion(key: Uint8Array): VersionPlace {
  const order = Buffer.from(
    key.buffer,
    key.byteOffset + key.length - VERSION_ORDER_BYTES,
    VERSION_ORDER_BYTES,
  );
  const wallMs = Number(0xffff_ffff_ffff_ffffn - order.readBigUInt64BE(0));
  const logical = 0xffff_ffff - order.readUInt32BE(8);
  return { time: { wallMs, logical }, arrival: NUMBER_MAX - numberAtEnd(order) };
}

/** What the keys of all versions of a key begin with. */
export function keyVersionPrefix(space: SpaceId, keyId: KeyId): Uint8Array {
  return Buffer.concat([Uint8Array.of(TABLES.keyVersion), Buffer.from(space + keyId, "hex")]);
}

/** The first key behind all that begin with `prefix`. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix);
  for (let index = end.length - 1; index >= 0; index--) {
    const byte = end[index] as number;
    if (byte < 0xff) {
      end[index] = byte + 1;
      return end.subarray(0, index + 1);
    }
  }
  return Uint8Array.of(0xff, 0xff);
}

/** The first key behind `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Uint8Array.of(0)]);
}

function authorBytes(author: PeerId, incarnation: Incarnation): Uint8Array {
  return Buffer.from(`${author}\0${incarnation}\0`, "latin1");
}
