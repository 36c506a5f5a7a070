import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDiskStore } from "@gstore/cas";
import {
  type DiskStore,
  decodeCbor,
  decodeMembershipRecord,
  digestOf,
  type EntryBody,
  type EntryId,
  evaluateMembership,
  type Incarnation,
  incarnationFromBytes,
  placementIdFromBytes,
  SIGNATURE_BATCH_ENTRIES_MAX,
  type WholeEntryBody,
} from "@gstore/core";
import {
  loadIdentity,
  type NodeIdentity,
  openSpaces,
  SpaceKeys,
  signEntries,
  type UnsignedEntry,
  unsignedEntry,
} from "@gstore/crypto";

const FILE_BYTES = 256;
const KEYS_A_FOLDER = 1000;
const MEMBERSHIP_BYTES_MAX = 2 ** 26;
const PLACEMENT_BYTES = 16;

/** The folder of the `index`-th key of a stocked node, and the key: a thousand to a folder. */
export function stockFolder(index: number): string {
  return `stock/${String(Math.floor(index / KEYS_A_FOLDER)).padStart(6, "0")}/`;
}

function stockKey(index: number): string {
  return `${stockFolder(index)}file-${String(index).padStart(9, "0")}.dat`;
}

/**
 * Gives a node that does not run the keys from one number to another: real entries under batched signatures and real
 * blobs, appended to its store as its own puts would, a thousand at a time, which takes a tenth of what puts take. The
 * names follow when the node starts.
 */
export async function stockNode(
  dir: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const author = await authorOf(dir);
  const store = await openDiskStore({ dir: join(dir, "store") });
  try {
    let { seq, prev } = await lastOf(store, author);
    for (let first = from; first < to; first += SIGNATURE_BATCH_ENTRIES_MAX) {
      const puts: Promise<unknown>[] = [];
      const unsigned: UnsignedEntry[] = [];
      const end = Math.min(to, first + SIGNATURE_BATCH_ENTRIES_MAX);
      for (let index = first; index < end; index++) {
        const made = makeEntry(author, { index, seq: ++seq, prev });
        puts.push(store.blobs.put(made.digest, made.blob, { digestChecked: true }));
        const entry = unsignedEntry(made.body);
        unsigned.push(entry);
        prev = entry.id;
      }
      await Promise.all(puts);
      await store.entries.append(signEntries(unsigned, author.identity), { complete: true });
    }
  } finally {
    await store.close();
  }
}

interface Author {
  readonly identity: NodeIdentity;
  readonly incarnation: Incarnation;
  readonly keys: SpaceKeys;
  readonly heads: EntryBody["membershipHeads"];
}

async function authorOf(dir: string): Promise<Author> {
  const identity = await loadIdentity(join(dir, "identity"));
  const file = decodeCbor(readFileSync(join(dir, "membership")), {
    bytesMax: MEMBERSHIP_BYTES_MAX,
    what: "records",
  });
  const records = (file as Uint8Array[]).map(decodeMembershipRecord);
  const network = records[0]?.body.network;
  if (network === undefined) throw new Error("the node has no membership records");
  const state = evaluateMembership(records, network);
  const [space] = openSpaces(state, identity);
  if (space === undefined) throw new Error("the node holds no space");
  const path = join(dir, "incarnation");
  // A node that never ran has none yet.
  if (!existsSync(path)) writeFileSync(path, randomBytes(8), { mode: 0o600 });
  const incarnation = incarnationFromBytes(readFileSync(path));
  return { identity, incarnation, keys: new SpaceKeys(space), heads: state.heads };
}

async function lastOf(
  { entries }: DiskStore,
  { identity, incarnation }: Author,
): Promise<{ seq: number; prev: EntryId | null }> {
  const author = identity.peerId;
  const last = (await entries.vector()).find(
    (one) => one.author === author && one.incarnation === incarnation,
  );
  if (last === undefined) return { seq: 0, prev: null };
  const [entry] = await entries.ofAuthor(author, incarnation, last.seq, 1);
  return { seq: last.seq, prev: entry?.id ?? null };
}

function makeEntry(
  { identity, incarnation, keys, heads }: Author,
  { index, seq, prev }: { readonly index: number; readonly seq: number; readonly prev: EntryId | null },
) {
  const plain = randomBytes(FILE_BYTES);
  const sealed = keys.sealChunk({ bytes: plain, codec: "none", plainSize: plain.length });
  const name = stockKey(index);
  const keyId = keys.keyIdOf(name);
  const wallMs = Date.now() - 1000;
  const metadata = {
    ...{ name, size: plain.length, contentType: null, modifiedMs: wallMs, mode: 0o644, user: [] },
    ...{ contentDigest: digestOf(plain), rootSecret: sealed.secret },
  };
  const body: WholeEntryBody = {
    ...{ space: keys.space, keyId, context: [], op: "put" as const, policyClass: 0, seq, prev },
    dot: { author: identity.peerId, incarnation, counter: 1 },
    placement: placementIdFromBytes(randomBytes(PLACEMENT_BYTES)),
    content: { level: 0, digest: sealed.digest, size: sealed.blob.length },
    storedBytes: sealed.blob.length,
    membershipHeads: heads,
    time: { wallMs, logical: index % 65_536 },
    sealed: keys.sealMetadata({ space: keys.space, keyId }, metadata),
  };
  return { digest: sealed.digest, blob: sealed.blob, body };
}
