import { openDiskStore } from "@gstore/cas";
import {
  type Digest,
  digestFromBytes,
  digestOf,
  keyIdFromBytes,
  type NameRecord,
  type SpaceId,
  spaceIdFromBytes,
} from "@gstore/core";
import { open } from "lmdb";
import type { BenchContext } from "../benchmark.ts";
import { timed } from "../timing.ts";

const COUNT = 100_000;
const NAMES_AT_ONCE = 1000;

export async function run({ report, scratch }: BenchContext): Promise<void> {
  const limits = await bareLmdb(scratch.path("bare-lmdb"));
  const store = await openDiskStore({ dir: scratch.path("store") });
  const perSecond = (took: number): number => (1000 * COUNT) / took;
  const digests = Array.from({ length: 20_000 }, (_, index) => digestOf(Buffer.from(`blob ${index}`)));
  await Promise.all(digests.map((digest, index) => store.blobs.put(digest, Buffer.from(`blob ${index}`))));
  const asked = Array.from(
    { length: COUNT },
    (_, index) => digests[(index * 7919) % digests.length] as Digest,
  );
  const missing = await timed(async () => {
    for (let at = 0; at < COUNT; at += 256) await store.blobs.missing(asked.slice(at, at + 256));
  });
  report.figure({
    name: "missing, 256 digests a call",
    value: perSecond(missing),
    unit: "/s",
    limit: limits.get,
  });
  const names = await store.openNameIndex(Buffer.alloc(32, 9));
  const space = spaceIdFromBytes(Buffer.alloc(16, 1));
  const apply = await timed(async () => {
    for (let at = 0; at < COUNT; at += NAMES_AT_ONCE) {
      const changes = Array.from({ length: NAMES_AT_ONCE }, (_, index) => nameChange(space, at + index));
      await names.apply(changes, String(at));
    }
  });
  report.figure({
    name: `names applied, ${NAMES_AT_ONCE} at once`,
    value: perSecond(apply),
    unit: "/s",
    limit: limits.put,
  });
  const get = await timed(() => {
    for (let index = 0; index < COUNT; index++) names.get(space, nameOf((index * 7919) % COUNT));
  });
  report.figure({ name: "names looked up", value: perSecond(get), unit: "/s", limit: limits.get });
  const list = await timed(() => {
    for (let at = 0; at < COUNT; at += 1000)
      names.list(space, { prefix: "folder/", after: nameOf(at), limit: 1000 });
  });
  report.figure({
    name: "names listed, 1000 a page",
    value: perSecond(list),
    unit: "/s",
    limit: limits.scan,
  });
  await store.close();
}

function nameOf(index: number): string {
  return `folder/${String(index).padStart(8, "0")}`;
}

function nameChange(space: SpaceId, index: number): { space: SpaceId; name: string; record: NameRecord } {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(index, 0);
  const record = {
    keyId: keyIdFromBytes(bytes),
    entryId: digestFromBytes(bytes),
    isConflict: false,
    summary: Buffer.alloc(100),
  };
  return { space, name: nameOf(index), record };
}

/** The same library without anything of ours: 32-byte keys, 100-byte values. */
async function bareLmdb(path: string) {
  const database = open<Uint8Array, Uint8Array>({
    path,
    keyEncoding: "binary",
    encoding: "binary",
    overlappingSync: false,
  });
  const value = Buffer.alloc(100, 1);
  const keyOf = (index: number): Buffer => {
    const key = Buffer.alloc(32);
    key.writeUInt32BE(index, 0);
    return key;
  };
  const put = await timed(async () => {
    for (let at = 0; at < COUNT; at += NAMES_AT_ONCE) {
      await database.batch(() => {
        for (let index = at; index < at + NAMES_AT_ONCE; index++) database.put(keyOf(index), value);
      });
    }
  });
  const get = await timed(() => {
    for (let index = 0; index < COUNT; index++) database.get(keyOf((index * 7919) % COUNT));
  });
  const scan = await timed(() => {
    for (const _entry of database.getRange({}));
  });
  await database.close();
  const perSecond = (took: number): number => (1000 * COUNT) / took;
  return {
    put: { name: "bare LMDB put", value: perSecond(put) },
    get: { name: "bare LMDB get", value: perSecond(get) },
    scan: { name: "bare LMDB scan", value: perSecond(scan) },
  };
}
