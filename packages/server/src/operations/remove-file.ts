import { type EntryId, GstoreError, parseKeyName, placementIdFromBytes, throwIfAborted } from "@gstore/core";
import type { RemoveOptions } from "../history-api.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { winningVersion } from "../winning-version.ts";
import { findHistory, keyPlace } from "./find-version.ts";
import { assertMayWrite, spaceOf } from "./space-of.ts";

/** Writes a tombstone. See `GstoreNode.remove`. */
export async function removeFile(
  parts: NodeParts,
  key: string,
  options: RemoveOptions,
): Promise<{ readonly key: string; readonly version: EntryId }> {
  const { names } = parts;
  const name = parseKeyName(key);
  const space = spaceOf(parts, options.space);
  assertMayWrite(parts, space);
  throwIfAborted(options.signal);
  const { history = false } = options;
  if (history) await findHistory(parts, keyPlace(space, name), options.signal);
  else if (names.get(space.id, name) === undefined) {
    throw new GstoreError("KEY_NOT_FOUND", `There is no key ${JSON.stringify(name)} on this node.`, {
      key: name,
    });
  }
  const leave = parts.writes.enter();
  try {
    const version = await writeTombstone(parts, space, name, { erases: history });
    if (history) await parts.collection.collector.erase();
    return { key: name, version };
  } finally {
    leave();
  }
}

/** Removes a key, whatever it holds. Resolves when readers here see that. */
export async function writeTombstone(
  parts: NodeParts,
  space: OpenSpace,
  name: string,
  { erases = false, purges = false }: { readonly erases?: boolean; readonly purges?: boolean } = {},
): Promise<EntryId> {
  const { names, author, replication, random, disk } = parts;
  const keyId = space.keys.keyIdOf(name);
  const head = winningVersion(await disk.entries.heads(space.id, keyId));
  const metadata = {
    ...{ name, size: 0, contentType: null, modifiedMs: null, mode: null, user: [] },
    ...{ contentDigest: null, rootSecret: null },
  };
  const entry = await author.write({
    ...{
      space: space.id,
      keyId,
      op: "remove",
      erases,
      purges,
      policyClass: head?.entry.body.policyClass ?? 0,
      content: null,
      storedBytes: 0,
    },
    placement: head?.entry.body.placement ?? placementIdFromBytes(random.bytes(16)),
    blob: null,
    sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
    written: (written) => replication.announce(written, [], []),
  });
  await names.refresh();
  return entry.id;
}
