import { type KeyObject, verify } from "node:crypto";
import {
  decodeEntryBody,
  digestOf,
  type Entry,
  type EntryId,
  encodeEntry,
  encodeEntryBody,
  entrySigningBytes,
  GstoreError,
  type MerklePath,
  merkleTree,
  type PeerId,
  publicKeyOfPeerId,
  SIGNATURE_BATCH_ENTRIES_MAX,
  type WholeEntryBody,
} from "@gstore/core";
import { publicKeyOfRaw } from "./asymmetric-keys.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { NodeIdentity } from "./identity.ts";

/** Batches that a verifier remembers: about 200 bytes each, and a page of a sync holds at most as many. */
const BATCHES_REMEMBERED_MAX = 1024;
/** Authors' keys ready for use that a verifier keeps: as many as a network has members. */
const AUTHORS_REMEMBERED_MAX = 1024;

/** An entry that is not signed yet. */
export interface UnsignedEntry {
  readonly id: EntryId;
  readonly body: WholeEntryBody;
  readonly bytes: Uint8Array;
}

/** Encodes a body to be signed. Throws `INVALID_FORMAT` or `TOO_LARGE` for one that others would refuse. */
export function unsignedEntry(body: WholeEntryBody): UnsignedEntry {
  const bytes = encodeEntryBody(body);
  // So that nothing is signed that others would refuse.
  const { sealedDigest } = decodeEntryBody(bytes, body.sealed);
  return { id: digestOf(bytes), body: { ...body, ...(sealedDigest && { sealedDigest }) }, bytes };
}

/**
 * Signs entries of one author with one signature over all of them. Gives them in order, ready to be stored and sent.
 * Throws `INVALID_ARGUMENT` for none, more than `SIGNATURE_BATCH_ENTRIES_MAX` or another author's, `TOO_LARGE` for one
 * too large.
 */
export function signEntries(unsigned: readonly UnsignedEntry[], identity: NodeIdentity): Entry[] {
  if (unsigned.length < 1 || unsigned.length > SIGNATURE_BATCH_ENTRIES_MAX) {
    const message = `One signature covers 1 to ${SIGNATURE_BATCH_ENTRIES_MAX} entries, not ${unsigned.length}.`;
    throw new GstoreError("INVALID_ARGUMENT", message, {
      limit: SIGNATURE_BATCH_ENTRIES_MAX,
      actual: unsigned.length,
    });
  }
  if (unsigned.some(({ body }) => body.dot.author !== identity.peerId)) {
    throw new GstoreError("INVALID_ARGUMENT", "An entry of another author can't be signed by this node.");
  }
  const { root, paths } = merkleTree(unsigned.map(({ id }) => id));
  const signature = identity.sign(entrySigningBytes(root));
  return unsigned.map(({ id, body, bytes }, index) => {
    return {
      id,
      body,
      signedRoot: root,
      signature,
      bytes: encodeEntry({ body: bytes, sealed: body.sealed }, paths[index] as MerklePath, signature),
    };
  });
}

/** Checks entries' signatures, once per batch. What an author may do is not looked at. Use one per thread. */
export class EntryVerifier {
  readonly #batches = new BoundedMap<true>(BATCHES_REMEMBERED_MAX);
  readonly #authors = new BoundedMap<KeyObject>(AUTHORS_REMEMBERED_MAX);

  /** Throws `SIGNATURE_INVALID` unless the entry's author has signed it. */
  verify(entry: Entry): void {
    const author = entry.body.dot.author;
    const batch = `${author}${entry.signedRoot}${Buffer.from(entry.signature).toString("latin1")}`;
    if (this.#batches.get(batch) === true) return;
    if (!verify(null, entrySigningBytes(entry.signedRoot), this.#keyOf(author), entry.signature)) {
      throw new GstoreError("SIGNATURE_INVALID", "An entry is not signed by the author it names.", {
        peer: author,
        version: entry.id,
      });
    }
    this.#batches.set(batch, true);
  }

  #keyOf(author: PeerId): KeyObject {
    const known = this.#authors.get(author);
    if (known !== undefined) return known;
    const key = publicKeyOfRaw("ed25519", publicKeyOfPeerId(author));
    this.#authors.set(author, key);
    return key;
  }
}
