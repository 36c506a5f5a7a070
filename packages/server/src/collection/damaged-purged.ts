import {
  coversDot,
  type Entry,
  type EntryId,
  type EntryStore,
  isGstoreError,
  type VersionVector,
} from "@gstore/core";
import { EntryVerifier } from "@gstore/crypto";
import type { KeyOfSpace } from "../shown-versions.ts";

/**
 * Purges versions whose records are damaged on this disk, which nothing can read but what searches the disk itself. Where the
 * body is legible and the signature holds, the stripped entry takes the place of the record. Otherwise what is left of it is given
 * up, and some other member may give the entry again. Of a record whose body is hit it can't be told what it was: it goes
 * where a version that is here has seen it. Resolves with the versions that were given up so.
 */
export async function purgeDamaged(
  entries: EntryStore,
  { space, keyId }: KeyOfSpace,
  purged: VersionVector,
): Promise<EntryId[]> {
  const verifier = new EntryVerifier();
  const stripped: Entry[] = [];
  const lost: EntryId[] = [];
  const covered: EntryId[] = [];
  for (const damaged of await entries.damagedVersions(space, keyId)) {
    const { id, isSuperseded } = damaged;
    const legible = damaged.stripped;
    if (legible === null ? !isSuperseded : !coversDot(purged, legible.body.dot)) continue;
    if (legible !== null) covered.push(id);
    if (legible !== null && isSigned(verifier, legible)) stripped.push(legible);
    else lost.push(id);
  }
  if (stripped.length > 0) await entries.append(stripped, { complete: false });
  await entries.markExpired(covered);
  if (lost.length > 0) await entries.destroyDamaged(lost);
  return lost;
}

function isSigned(verifier: EntryVerifier, entry: Entry): boolean {
  try {
    verifier.verify(entry);
    return true;
  } catch (error) {
    if (isGstoreError(error)) return false;
    throw error;
  }
}
