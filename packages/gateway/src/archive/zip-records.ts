import type { ArchiveFile } from "./archive-files.ts";

/** The records of a zip, by APPNOTE.TXT 6.3.10 of PKWARE; section numbers are of that. */

/** What is learnt of files while they are sent, by their place. */
export interface Directory {
  readonly offsets: Float64Array;
  readonly checksums: Uint32Array;
}

/** Where the directory lies, and how much of it there is. */
export interface DirectoryPlace {
  readonly count: number;
  readonly offset: number;
  readonly bytes: number;
}

const [MAX16, MAX32] = [0xffff, 0xffffffff];
/** Sizes and checksum come behind the content (4.4.4, bit 3); the name is UTF-8 (bit 11). */
const FLAGS = 0x0808;
const [VERSION, VERSION_64] = [20, 45];
const MADE_BY_UNIX = 3 << 8;
const REGULAR_FILE = 0o100000;
const [LOCAL, CENTRAL, TIME, LOCAL_64] = [30, 46, 9, 20];
const [END, END_64, LOCATOR_64] = [22, 56, 20];
/** What the format's dates can hold. */
const [FIRST_MS, LAST_MS] = [Date.UTC(1980, 0, 1), Date.UTC(2107, 11, 31)];

const is64 = ({ size }: ArchiveFile): boolean => size >= MAX32;
const nameOf = ({ name }: ArchiveFile): Buffer => Buffer.from(name, "utf8");

/** Bytes of a file's record with its content, and of its line in the directory. */
export function sizesOf(
  file: ArchiveFile,
  offset: number,
): { readonly local: number; readonly central: number } {
  const name = Buffer.byteLength(file.name, "utf8");
  const local = LOCAL + name + TIME + (is64(file) ? LOCAL_64 + 24 : 16) + file.size;
  return { local, central: CENTRAL + name + TIME + central64(file, offset).length };
}

/** 4.3.7. */
export function localHeader(file: ArchiveFile): Uint8Array {
  const extra = Buffer.concat([timeField(file), ...(is64(file) ? [field64([file.size, file.size])] : [])]);
  const [name, head] = [nameOf(file), Buffer.alloc(LOCAL)];
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(is64(file) ? VERSION_64 : VERSION, 4);
  head.writeUInt16LE(FLAGS, 6);
  head.writeUInt32LE(dosTime(file), 10);
  if (is64(file)) head.fill(0xff, 18, 26);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

/** 4.3.9. */
export function descriptor(file: ArchiveFile, checksum: number): Uint8Array {
  const bytes = Buffer.alloc(is64(file) ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(checksum, 4);
  if (is64(file)) {
    bytes.writeBigUInt64LE(BigInt(file.size), 8);
    bytes.writeBigUInt64LE(BigInt(file.size), 16);
  } else {
    bytes.writeUInt32LE(file.size, 8);
    bytes.writeUInt32LE(file.size, 12);
  }
  return bytes;
}

/** 4.3.12. */
export function centralRecord(
  file: ArchiveFile,
  { offsets, checksums }: Directory,
  index: number,
): Uint8Array {
  const offset = offsets[index] as number;
  const more = central64(file, offset);
  const extra = Buffer.concat([timeField(file), more]);
  const [name, head] = [nameOf(file), Buffer.alloc(CENTRAL)];
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(MADE_BY_UNIX | VERSION_64, 4);
  head.writeUInt16LE(more.length > 0 ? VERSION_64 : VERSION, 6);
  head.writeUInt16LE(FLAGS, 8);
  head.writeUInt32LE(dosTime(file), 12);
  head.writeUInt32LE(checksums[index] as number, 16);
  head.writeUInt32LE(Math.min(file.size, MAX32), 20);
  head.writeUInt32LE(Math.min(file.size, MAX32), 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE((REGULAR_FILE | file.mode) * 0x10000, 38);
  head.writeUInt32LE(Math.min(offset, MAX32), 42);
  return Buffer.concat([head, name, extra]);
}

function ends64({ count, offset, bytes }: DirectoryPlace): boolean {
  return count >= MAX16 || offset >= MAX32 || bytes >= MAX32;
}

export function directoryEndBytes(place: DirectoryPlace): number {
  return END + (ends64(place) ? END_64 + LOCATOR_64 : 0);
}

/** 4.3.14 to 4.3.16. */
export function directoryEnd(place: DirectoryPlace): Uint8Array {
  const { count, offset, bytes } = place;
  const end = Buffer.alloc(END);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX16), 8);
  end.writeUInt16LE(Math.min(count, MAX16), 10);
  end.writeUInt32LE(Math.min(bytes, MAX32), 12);
  end.writeUInt32LE(Math.min(offset, MAX32), 16);
  if (!ends64(place)) return end;
  const end64 = Buffer.alloc(END_64);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(BigInt(END_64 - 12), 4);
  end64.writeUInt16LE(MADE_BY_UNIX | VERSION_64, 12);
  end64.writeUInt16LE(VERSION_64, 14);
  for (const [at, value] of [count, count, bytes, offset].entries()) {
    end64.writeBigUInt64LE(BigInt(value), 24 + 8 * at);
  }
  const locator = Buffer.alloc(LOCATOR_64);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

/** What does not fit its place in the directory's line (4.5.3). */
function central64(file: ArchiveFile, offset: number): Buffer {
  const values = [...(is64(file) ? [file.size, file.size] : []), ...(offset >= MAX32 ? [offset] : [])];
  return values.length === 0 ? Buffer.alloc(0) : field64(values);
}

function field64(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [at, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * at);
  return field;
}

/** The time of modification in UTC (field 0x5455): the other one is in nobody knows whose time zone. */
function timeField({ modifiedMs }: ArchiveFile): Buffer {
  const seconds = Math.min(Math.max(Math.floor(modifiedMs / 1000), -(2 ** 31)), 2 ** 31 - 1);
  const field = Buffer.alloc(TIME);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(TIME - 4, 2);
  field.writeUInt8(1, 4);
  field.writeInt32LE(seconds, 5);
  return field;
}

/** 4.4.6: two seconds are the least that it tells. */
function dosTime({ modifiedMs }: ArchiveFile): number {
  const time = new Date(Math.min(Math.max(modifiedMs, FIRST_MS), LAST_MS));
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  return date * 0x10000 + clock;
}
