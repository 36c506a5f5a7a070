import { createHmac, type KeyObject } from "node:crypto";
import {
  assertChunkSize,
  type BlobSecret,
  CHUNK_BYTES_MAX,
  CODECS,
  type Codec,
  type Digest,
  decodeBlobSecrets,
  decodeManifestNode,
  decodeMetadata,
  digestOf,
  type EntryBody,
  type EpochId,
  encodeBlobSecrets,
  encodeManifestNode,
  encodeMetadata,
  epochIdFromBytes,
  GstoreError,
  ID_BYTES,
  idToBytes,
  type KeyId,
  keyIdFromBytes,
  type ManifestChild,
  manifestClearBytes,
  type Random,
  type SpaceId,
  systemRandom,
  type VersionMetadata,
} from "@gstore/core";
import { openOnce, sealBroken, sealOnce, TAG_BYTES } from "./aead.ts";
import { BoundedMap } from "./bounded-map.ts";
import { CHUNK_BLOB_VERSION, CHUNK_HEAD } from "./chunk-blob.ts";
import { checkChildren, checkMetadata } from "./consistency.ts";
import { expand, expandKey } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";
import { chunkMaterial, manifestMaterial } from "./material.ts";
import type { SpaceSecrets } from "./network-file.ts";

/** The version that sealed metadata begins with. */
export const SEALED_METADATA_VERSION = 1;
const SALT_BYTES = 32;
const METADATA_HEAD_BYTES: number = 1 + ID_BYTES.epoch + SALT_BYTES;
const EMPTY: Uint8Array = new Uint8Array(0);
/** Ids of keys remembered, about 200 bytes each: of the puts that run at once. */
const KEY_IDS_REMEMBERED_MAX = 1024;

/** A sealed blob, its name, and what it takes to open it again. */
export interface SealedBlob {
  readonly blob: Uint8Array;
  readonly digest: Digest;
  readonly secret: BlobSecret;
}

interface EpochKeys {
  readonly chunks: KeyObject;
  readonly manifests: KeyObject;
  readonly metadata: KeyObject;
}

/**
 * Seals and opens what belongs to one space. Synchronous and without I/O. Make one per thread, from the same
 * {@link SpaceSecrets}. Shows no secret when logged, inspected or turned into JSON.
 */
export class SpaceKeys {
  readonly space: SpaceId;
  /** The epoch that new blobs are sealed in. */
  readonly currentEpoch: EpochId;
  readonly #nameKey: KeyObject;
  readonly #chunkSeed: KeyObject;
  readonly #epochs: ReadonlyMap<EpochId, EpochKeys>;
  readonly #random: Random;
  /** A put needs its key's id when it begins, when it seals, and when the key is listed. */
  readonly #keyIds = new BoundedMap<KeyId>(KEY_IDS_REMEMBERED_MAX);
  /** What these keys sealed themselves, by the very array, so that listing a key that was just put opens nothing. */
  readonly #sealedHere = new WeakMap<
    Uint8Array,
    { readonly keyId: KeyId; readonly metadata: VersionMetadata }
  >();

  constructor(secrets: SpaceSecrets, random: Random = systemRandom) {
    this.space = secrets.id;
    this.currentEpoch = secrets.currentEpoch;
    this.#nameKey = secrets.nameKey;
    this.#chunkSeed = secrets.chunkSeed;
    this.#epochs = new Map(secrets.epochs.map(({ id, secret }) => [id, epochKeys(secrets.id, id, secret)]));
    this.#random = random;
    this.#epoch(this.currentEpoch);
  }

  /** The keyId of a key's name, as `parseKeyName` gave it. The same for the life of the space. */
  keyIdOf(name: string): KeyId {
    const known = this.#keyIds.get(name);
    if (known !== undefined) return known;
    const mac = createHmac("sha256", this.#nameKey).update(LABELS.keyName).update(name, "utf8");
    const keyId = keyIdFromBytes(mac.digest());
    this.#keyIds.set(name, keyId);
    return keyId;
  }

  /** The 32 bytes that chunk boundaries depend on. The same for the life of the space. */
  chunkerSeed(): Uint8Array {
    return expand(this.#chunkSeed, LABELS.chunkerSeed);
  }

  /**
   * Seals a chunk as `encodeChunk` gave it, in the current epoch. Equal bytes of one codec give equal blobs on every node
   * that holds the space's keys. `plainSize` is the chunk's size before it was encoded. `material` is what
   * {@link chunkMaterial} gave for these bytes, where that was asked before; the blob is made at the beginning of `into`,
   * where given: {@link sealedChunkBytes} of the encoded size fit in.
   */
  sealChunk(chunk: {
    readonly bytes: Uint8Array;
    readonly codec: Codec;
    readonly plainSize: number;
    readonly material?: Uint8Array;
    readonly into?: Uint8Array;
  }): SealedBlob {
    const { bytes, codec, plainSize, into } = chunk;
    assertChunkSize(plainSize);
    if (plainSize < 1 || bytes.length > CHUNK_BYTES_MAX || (codec === "none" && bytes.length !== plainSize)) {
      throw new GstoreError("INVALID_ARGUMENT", "A chunk to seal does not have the size it claims.");
    }
    const material = chunk.material ?? chunkMaterial(bytes);
    const secret = { plainSize, material, codec, epoch: this.currentEpoch };
    const key = this.#chunkKey(secret);
    const blob = sealOnce({ key, plain: bytes, head: CHUNK_HEAD, ...(into && { into }) });
    return { blob, digest: digestOf(blob), secret };
  }

  /** Opens a chunk; the result is still encoded: `decodeChunk` is next. Throws `SEAL_BROKEN`, `UNSUPPORTED_VERSION` or `KEY_MISSING`. */
  openChunk(blob: Uint8Array, secret: BlobSecret): Uint8Array {
    const what = "A chunk";
    checkVersion(blob, CHUNK_BLOB_VERSION, what);
    const size = blob.length - CHUNK_HEAD.length - TAG_BYTES;
    if (size < 1 || size > CHUNK_BYTES_MAX || (secret.codec === "none" && size !== secret.plainSize)) {
      throw sealBroken(what, `of ${blob.length} bytes does not have the size its secret states`);
    }
    return openOnce({ key: this.#chunkKey(secret), sealed: blob.subarray(CHUNK_HEAD.length), what });
  }

  /**
   * Makes a manifest node's blob in the current epoch: the children in clear, their secrets sealed and bound to them.
   * `secrets[i]` opens `children[i]`. Throws `TOO_LARGE`, or `INVALID_ARGUMENT` where the two do not fit each other.
   */
  sealManifestNode(node: {
    readonly level: number;
    readonly children: readonly ManifestChild[];
    readonly secrets: readonly BlobSecret[];
  }): SealedBlob {
    const { level, children, secrets } = node;
    const plainSize = secrets.reduce((sum, secret) => sum + secret.plainSize, 0);
    checkChildren(
      node,
      plainSize,
      (reason) => new GstoreError("INVALID_ARGUMENT", `A manifest node to seal ${reason}.`),
    );
    const aad = manifestClearBytes(level, children);
    const plain = encodeBlobSecrets(secrets);
    const secret: BlobSecret = {
      plainSize,
      material: manifestMaterial(aad, plain),
      codec: "none",
      epoch: this.currentEpoch,
    };
    const sealed = sealOnce({ key: this.#manifestKey(secret), plain, head: EMPTY, aad });
    const blob = encodeManifestNode({ level, children, sealed });
    return { blob, digest: digestOf(blob), secret };
  }

  /**
   * Opens a manifest node that has to be of this level. Once it returns, the secrets are as many as the children and
   * their sizes add up to the node's. Throws `SEAL_BROKEN`, `INVALID_FORMAT`, `UNSUPPORTED_VERSION` or `KEY_MISSING`.
   */
  openManifestNode(
    blob: Uint8Array,
    secret: BlobSecret,
    expectedLevel: number,
  ): { children: readonly ManifestChild[]; secrets: readonly BlobSecret[] } {
    const what = "A manifest node";
    const { level, children, sealed } = decodeManifestNode(blob);
    if (level !== expectedLevel) throw sealBroken(what, `has level ${level}, not ${expectedLevel}`);
    if (secret.codec !== "none") throw sealBroken(what, "has a codec");
    const aad = manifestClearBytes(level, children);
    const plain = openOnce({ key: this.#manifestKey(secret), sealed, aad, what });
    const secrets = decodeBlobSecrets(plain, children.length);
    checkChildren({ level, children, secrets }, secret.plainSize, (reason) => sealBroken(what, reason));
    return { children, secrets };
  }

  /**
   * Seals what an entry says to those with keys, for this key of this space, in the current epoch, differently each time.
   * Throws `INVALID_ARGUMENT` where the name is not the keyId's or the metadata would be refused on reading.
   */
  sealMetadata(entry: Pick<EntryBody, "space" | "keyId">, metadata: VersionMetadata): Uint8Array {
    const plain = encodeMetadata(metadata);
    // Read back, so that no entry is ever acknowledged whose name can't be read again.
    const readBack = decodeMetadata(plain);
    if (entry.space !== this.space || this.keyIdOf(readBack.name) !== entry.keyId) {
      throw new GstoreError("INVALID_ARGUMENT", "Metadata to seal is not of the key it is sealed for.");
    }
    const version = Buffer.concat([Uint8Array.of(SEALED_METADATA_VERSION), idToBytes(this.currentEpoch)]);
    const aad = metadataAad(entry, version);
    // What is sealed goes in beside the randomness: should that ever repeat (a machine resumed twice from one snapshot),
    // only equal metadata would meet the same key.
    const keys = this.#epoch(this.currentEpoch).metadata;
    const salt = expand(keys, LABELS.metadataSalt, this.#random.bytes(SALT_BYTES), aad, plain);
    const key = this.#metadataKey(this.currentEpoch, salt);
    const sealed = sealOnce({ key, plain, head: Buffer.concat([version, salt]), aad });
    this.#sealedHere.set(sealed, { keyId: entry.keyId, metadata: readBack });
    return sealed;
  }

  /**
   * Opens an entry's metadata and checks it against the entry: the name is its keyId's, sizes and root fit its content.
   * Throws `METADATA_MISSING` for an entry stripped of it, `SEAL_BROKEN`, `INVALID_FORMAT`, `UNSUPPORTED_VERSION`, or `KEY_MISSING` for an epoch or space not held here.
   */
  openMetadata(entry: {
    readonly body: Pick<EntryBody, "space" | "keyId" | "op" | "content" | "sealed">;
  }): VersionMetadata {
    const what = "An entry's metadata";
    const { body } = entry;
    if (body.space !== this.space)
      throw new GstoreError("KEY_MISSING", "The entry is of another space than these keys.");
    if (body.sealed === null) {
      const message = "The metadata of this version was taken away here; other members may have it.";
      throw new GstoreError("METADATA_MISSING", message, { retryable: true });
    }
    const known = this.#sealedHere.get(body.sealed);
    if (known?.keyId === body.keyId) {
      checkMetadata(known.metadata, body);
      return known.metadata;
    }
    checkVersion(body.sealed, SEALED_METADATA_VERSION, what);
    if (body.sealed.length < METADATA_HEAD_BYTES + TAG_BYTES) throw sealBroken(what, "is cut short");
    const head = body.sealed.subarray(0, METADATA_HEAD_BYTES);
    const epoch = epochIdFromBytes(head.subarray(1, 1 + ID_BYTES.epoch));
    const key = this.#metadataKey(epoch, head.subarray(-SALT_BYTES));
    const sealed = body.sealed.subarray(METADATA_HEAD_BYTES);
    const metadata = decodeMetadata(openOnce({ key, sealed, aad: metadataAad(body, head), what }));
    if (this.keyIdOf(metadata.name) !== body.keyId)
      throw sealBroken(what, "has a name that is not its key's");
    checkMetadata(metadata, body);
    return metadata;
  }

  #chunkKey(secret: BlobSecret): KeyObject {
    return expandKey(
      this.#epoch(secret.epoch).chunks,
      LABELS.chunk,
      Uint8Array.of(CODECS[secret.codec]),
      secret.material,
    );
  }

  #manifestKey(secret: BlobSecret): KeyObject {
    const codec = Uint8Array.of(CODECS[secret.codec]);
    return expandKey(this.#epoch(secret.epoch).manifests, LABELS.manifestNode, codec, secret.material);
  }

  #metadataKey(epoch: EpochId, salt: Uint8Array): KeyObject {
    return expandKey(this.#epoch(epoch).metadata, LABELS.metadata, salt);
  }

  #epoch(id: EpochId): EpochKeys {
    const keys = this.#epochs.get(id);
    if (keys !== undefined) return keys;
    throw new GstoreError("KEY_MISSING", `This node has no key for epoch ${id} of the space.`);
  }
}

function epochKeys(space: SpaceId, epoch: EpochId, secret: KeyObject): EpochKeys {
  const ids = Buffer.concat([idToBytes(space), idToBytes(epoch)]);
  return {
    chunks: expandKey(secret, LABELS.chunkKeys, ids),
    manifests: expandKey(secret, LABELS.manifestKeys, ids),
    metadata: expandKey(secret, LABELS.metadataKeys, ids),
  };
}

function metadataAad(entry: Pick<EntryBody, "space" | "keyId">, head: Uint8Array): Uint8Array {
  return Buffer.concat([
    head.subarray(0, 1 + ID_BYTES.epoch),
    idToBytes(entry.space),
    idToBytes(entry.keyId),
  ]);
}

function checkVersion(bytes: Uint8Array, supported: number, what: string): void {
  const version = bytes[0] ?? 0;
  if (version === supported) return;
  if (version < supported) throw sealBroken(what, "has no version");
  throw new GstoreError(
    "UNSUPPORTED_VERSION",
    `${what} has format version ${version}; this gstore reads ${supported}.`,
  );
}
