import {
  counterOf,
  type Digest,
  decodeEntry,
  digestOf,
  type Entry,
  type EntryBody,
  type EntryId,
  encodeEntry,
  encodeEntryBody,
  entrySigningBytes,
  type Incarnation,
  incarnationFromBytes,
  type KeyId,
  keyIdFromBytes,
  type MerklePath,
  merkleTree,
  type PeerId,
  placementIdFromBytes,
  type SpaceId,
  systemClock,
  systemRandom,
  type VersionVector,
} from "@gstore/core";
import { type NodeIdentity, type OpenedSpace, SpaceKeys } from "@gstore/crypto";

/** What an entry to be made says. */
export interface Said {
  readonly space: SpaceId;
  /** The keys to seal with; null makes an entry that nobody can open. */
  readonly keys: OpenedSpace | null;
  readonly key: string;
  readonly text: string;
  readonly heads: readonly Digest[];
  /** What the author claims to have seen of the key. */
  readonly context: VersionVector;
  /** Takes the place of the chain's next entry. */
  readonly seq?: number | undefined;
  readonly prev?: EntryId | null | undefined;
  readonly timeMs?: number | undefined;
  /** Under an incarnation of its own, as a node numbers anew whose disk was lost. */
  readonly isAnew: boolean;
  /** In whose name; the signature is this identity's all the same. */
  readonly author?: PeerId | undefined;
}

/** An entry and the blobs of it. */
export interface Forged {
  readonly entry: Entry;
  readonly blobs: readonly Uint8Array[];
}

/** Writes entries as a node does that cares for no rule: everything about them holds but, perhaps, the right to write them. */
export class Forger {
  readonly identity: NodeIdentity;
  readonly #incarnation: Incarnation = incarnationFromBytes(systemRandom.bytes(8));
  #last: Entry | null = null;

  constructor(identity: NodeIdentity) {
    this.identity = identity;
  }

  write(said: Said): Forged {
    const last = said.isAnew ? null : this.#last;
    const { seq = (last?.body.seq ?? 0) + 1, prev = last?.id ?? null, context } = said;
    const author = said.author ?? this.identity.peerId;
    const incarnation = said.isAnew ? incarnationFromBytes(systemRandom.bytes(8)) : this.#incarnation;
    const counter = counterOf(context, author, incarnation) + 1;
    const { keyId, content, sealed, blobs } = seal(said);
    const entry = this.#sign({
      ...{ space: said.space, keyId, dot: { author, incarnation, counter }, context },
      ...{ op: "put", policyClass: 0, placement: placementIdFromBytes(systemRandom.bytes(16)) },
      ...{ content, storedBytes: content.size, seq, prev },
      membershipHeads: [...said.heads].sort(),
      time: { wallMs: said.timeMs ?? systemClock.now(), logical: 0 },
      sealed,
    });
    if (!said.isAnew) this.#last = entry;
    return { entry, blobs };
  }

  #sign(body: EntryBody): Entry {
    const bytes = encodeEntryBody(body);
    const { root, paths } = merkleTree([digestOf(bytes)]);
    const signature = this.identity.sign(entrySigningBytes(root));
    return decodeEntry(encodeEntry({ body: bytes, sealed: body.sealed }, paths[0] as MerklePath, signature));
  }
}

function seal({ keys, space, key, text }: Said) {
  const bytes = Buffer.from(text);
  if (keys === null) {
    const keyId: KeyId = keyIdFromBytes(Buffer.from(digestOf(Buffer.from(key)).slice(4), "hex"));
    const content = { level: 0, digest: digestOf(bytes), size: bytes.length };
    return { keyId, content, sealed: systemRandom.bytes(120), blobs: [bytes] };
  }
  const spaceKeys = new SpaceKeys(keys);
  const keyId = spaceKeys.keyIdOf(key);
  const chunk = spaceKeys.sealChunk({ bytes, codec: "none", plainSize: bytes.length });
  const sealed = spaceKeys.sealMetadata(
    { space, keyId },
    {
      ...{ name: key, size: bytes.length, contentType: null, modifiedMs: null, mode: null, user: [] },
      contentDigest: digestOf(bytes),
      rootSecret: chunk.secret,
    },
  );
  const content = { level: 0, digest: chunk.digest, size: chunk.blob.length };
  return { keyId, content, sealed, blobs: [chunk.blob] };
}
