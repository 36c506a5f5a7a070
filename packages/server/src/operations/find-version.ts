import {
  coversDot,
  type EntryRecord,
  GstoreError,
  type KeyId,
  throwIfAborted,
  VERSIONS_LOOKED_AT_MAX,
  type VersionMetadata,
} from "@gstore/core";
import type { FileInfo } from "../api.ts";
import { findHereOrAsk } from "../find-key.ts";
import type { WhichVersion } from "../history-api.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { ShownVersions } from "../shown-versions.ts";
import { VersionHeads } from "../version-heads.ts";

/** A key, checked, in a space whose keys are here. */
export interface KeyPlace {
  readonly space: OpenSpace;
  readonly name: string;
  readonly keyId: KeyId;
}

export interface FileVersion {
  readonly record: EntryRecord;
  readonly metadata: VersionMetadata;
}

const PREFIX = /^1e20[0-9a-f]{4,64}$/;
/** What a Date can hold (ms). */
const TIME_MS_MAX = 8.64e15;

export function keyPlace(space: OpenSpace, name: string): KeyPlace {
  return { space, name, keyId: space.keys.keyIdOf(name) };
}

/** How versions of a key are judged here: which count, which wins, what they say. */
export function shownVersions({ disk, spaces, members }: NodeParts): ShownVersions {
  return new ShownVersions({ entries: disk.entries, spaces, members, unreadable: () => {} });
}

/** A version of a key that is a file: the one of that id, or the one that readers saw at that time. */
export async function findFileVersion(
  parts: NodeParts,
  place: KeyPlace,
  { version, atMs, signal }: WhichVersion & { readonly signal?: AbortSignal | undefined },
): Promise<FileVersion> {
  if (version !== undefined && atMs !== undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Name a version or a time, not both.");
  if (version === undefined) return await versionAt(parts, place, { atMs: atMs ?? 0, signal });
  const record = await findVersion(parts, place, { version, signal });
  if (record.entry.body.sealed === null) await refuseStripped(parts, place, record);
  refuseExpired(place, record);
  const { id, body } = record.entry;
  if (body.op === "remove") {
    throw new GstoreError("KEY_NOT_FOUND", `The version ${id} is a removal of the key: it has no content.`, {
      ...{ key: place.name, version: id },
    });
  }
  return { record, metadata: place.space.keys.openMetadata(record.entry) };
}

/** The one version of a key whose id begins so. Rejects with `VERSION_AMBIGUOUS` and, where there is none, as `findKey` does. */
export async function findVersion(
  parts: NodeParts,
  place: KeyPlace,
  { version, signal }: { readonly version: string; readonly signal?: AbortSignal | undefined },
): Promise<EntryRecord> {
  if (!PREFIX.test(version)) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "A version is 1e20 and hexadecimal digits, of which at least four have to be given.",
    );
  }
  const { space, name } = place;
  const what = `version ${version} of ${JSON.stringify(name)}`;
  const look = () => theOneWithPrefix(parts, place, { version, signal });
  return await findHereOrAsk(lookup(parts), space, {
    key: name,
    what,
    code: "VERSION_NOT_FOUND",
    look,
    signal,
  });
}

/** Whoever has it whole is asked for it, where it is not purged: until then opening it says what is missing. */
async function refuseStripped(parts: NodeParts, { name: key }: KeyPlace, record: EntryRecord): Promise<void> {
  const { id, body } = record.entry;
  if (!coversDot(await parts.collection.purges.coverOf(body), body.dot)) return;
  const message = `The version ${id} of ${JSON.stringify(key)} was purged: its content and what was known of it are destroyed.`;
  throw new GstoreError("VERSION_PURGED", message, { key, version: id });
}

/** Of a removal there is no content to be gone. */
function refuseExpired({ name: key }: KeyPlace, { expired, entry }: EntryRecord): void {
  if (!expired || entry.body.op !== "put") return;
  const message = `The version ${entry.id} of ${JSON.stringify(key)} was superseded longer ago than history is kept, or its history was removed: its content was given up. \`gstore versions\` lists those that are left.`;
  throw new GstoreError("VERSION_EXPIRED", message, { key, version: entry.id });
}

/** Resolves when something is known of the key, if only that it was removed. Rejects as `findKey` does. */
export async function findHistory(
  parts: NodeParts,
  { space, name, keyId }: KeyPlace,
  signal: AbortSignal | undefined,
): Promise<void> {
  const look = async () => (await parts.disk.entries.heads(space.id, keyId))[0];
  const what = `key ${JSON.stringify(name)}`;
  await findHereOrAsk(lookup(parts), space, { key: name, what, code: "KEY_NOT_FOUND", look, signal });
}

/** What a listing would say of a version. */
export function fileInfoOf({ members }: NodeParts, { record, metadata }: FileVersion): FileInfo {
  const { id, body } = record.entry;
  const { name, size, contentDigest, contentType, modifiedMs, mode, user } = metadata;
  if (contentDigest === null) throw new GstoreError("SEAL_BROKEN", "A file's version has no digest.");
  const { author } = body.dot;
  return {
    ...{ key: name, version: id, size, digest: contentDigest, contentType, modifiedMs, mode },
    storedMs: body.time.wallMs,
    author: { peer: author, name: members.nameOf(author) },
    userMetadata: Object.fromEntries(user),
  };
}

function lookup({ names, network, members, replication }: NodeParts): Parameters<typeof findHereOrAsk>[0] {
  return { names, network, members, sync: replication.sync };
}

async function theOneWithPrefix(
  { disk }: NodeParts,
  { space, keyId, name }: KeyPlace,
  { version, signal }: { readonly version: string; readonly signal: AbortSignal | undefined },
): Promise<EntryRecord | undefined> {
  let found: EntryRecord | undefined;
  let looked = 0;
  for await (const record of disk.entries.withIdPrefix(version)) {
    throwIfAborted(signal);
    const { id, body } = record.entry;
    const isOfKey = body.space === space.id && body.keyId === keyId;
    if ((isOfKey && found !== undefined) || ++looked > VERSIONS_LOOKED_AT_MAX) {
      const two = isOfKey && found !== undefined ? `, such as ${found.entry.id} and ${id}` : "";
      throw new GstoreError(
        "VERSION_AMBIGUOUS",
        `Several versions begin with ${version}${two}. Give more of it.`,
        { key: name },
      );
    }
    if (isOfKey) found = record;
  }
  return found;
}

/**
 * The version that readers saw at a time: the winner of those written by then, by their authors' clocks, that no other of
 * them supersedes. Of a longer history than `VERSIONS_LOOKED_AT_MAX` before that time, the latest so many are looked at.
 */
async function versionAt(
  parts: NodeParts,
  place: KeyPlace,
  { atMs, signal }: { readonly atMs: number; readonly signal: AbortSignal | undefined },
): Promise<FileVersion> {
  if (!Number.isSafeInteger(atMs) || atMs < 0 || atMs > TIME_MS_MAX)
    throw new GstoreError("INVALID_ARGUMENT", "A time is a whole number of milliseconds since 1970.");
  await findHistory(parts, place, signal);
  const shown = shownVersions(parts);
  const heads = new VersionHeads();
  let looked = 0;
  const behind = { time: { wallMs: atMs + 1, logical: 0 }, arrival: 0 };
  for await (const record of parts.disk.entries.versions(place.space.id, place.keyId, { behind })) {
    throwIfAborted(signal);
    if (shown.counts(record)) heads.add(record);
    if (++looked === VERSIONS_LOOKED_AT_MAX) break;
  }
  const winner = shown.winner(heads.all);
  if (winner !== null) refuseExpired(place, winner.record);
  if (winner?.record.entry.body.op === "put") return winner;
  const what = winner === null ? "was not there yet" : "was removed";
  const message = `The key ${JSON.stringify(place.name)} ${what} at ${new Date(atMs).toISOString()}.`;
  throw new GstoreError("KEY_NOT_FOUND", message, { key: place.name });
}
