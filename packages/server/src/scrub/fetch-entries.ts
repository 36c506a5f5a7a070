import {
  decodeEntry,
  ENTRIES_BY_ID_MAX,
  type Entry,
  type EntryId,
  isGstoreError,
  type PeerNetwork,
} from "@gstore/core";
import { EntryVerifier } from "@gstore/crypto";
import { decodeGiveEntriesAnswer, encodeGiveEntries } from "@gstore/p2p";
import type { Logger } from "../logger.ts";

/**
 * Entries of these ids, which this node has known and checked before, as connected members give them: their signatures are
 * checked anew. Each member is asked for what is left of `wanted` at that time.
 */
export async function* fetchEntries(
  { network, logger }: { readonly network: PeerNetwork; readonly logger: Logger },
  wanted: ReadonlySet<EntryId>,
  { signal, isStrippedTaken }: { readonly signal: AbortSignal; readonly isStrippedTaken: boolean },
): AsyncGenerator<Entry> {
  const verifier = new EntryVerifier();
  for (const { peer } of network.peers()) {
    const ids = [...wanted];
    for (let from = 0; from < ids.length; from += ENTRIES_BY_ID_MAX) {
      const some = ids.slice(from, from + ENTRIES_BY_ID_MAX);
      let given: readonly Uint8Array[];
      try {
        given = decodeGiveEntriesAnswer(
          await network.request(peer, "entries", encodeGiveEntries(some), { signal }),
        );
      } catch (error) {
        if (!isGstoreError(error) || signal.aborted) throw error;
        logger.debug({ peer, code: error.code }, "a peer could not be asked for damaged entries");
        break;
      }
      for (const bytes of given) {
        const entry = checked(verifier, bytes);
        if (entry === null || !some.includes(entry.id) || !wanted.has(entry.id)) continue;
        if (entry.body.sealed !== null || isStrippedTaken) yield entry;
      }
    }
  }
}

function checked(verifier: EntryVerifier, bytes: Uint8Array): Entry | null {
  try {
    const entry = decodeEntry(bytes);
    verifier.verify(entry);
    return entry;
  } catch (error) {
    if (isGstoreError(error)) return null;
    throw error;
  }
}
