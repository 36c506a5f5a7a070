/**
 * Every domain separation label of gstore's keys, in one place: no two uses of a secret share one, and none begins
 * another. docs/spec/keys.md holds the same table. Each ends with NUL, so that what follows can't extend it.
 */
export const LABELS = {
  /** Epoch secret -> the key that chunk keys are derived from. */
  chunkKeys: "gstore v1 chunk keys\0",
  /** Epoch secret -> the key that manifest node keys are derived from. */
  manifestKeys: "gstore v1 manifest keys\0",
  /** Epoch secret -> the key that metadata keys are derived from. */
  metadataKeys: "gstore v1 metadata keys\0",
  /** Chunk keys' key, codec, material -> one chunk's key. */
  chunk: "gstore v1 chunk\0",
  /** Manifest keys' key, codec, material -> one node's key. */
  manifestNode: "gstore v1 manifest node\0",
  /** Metadata keys' key, salt -> one entry's metadata key. */
  metadata: "gstore v1 metadata\0",
  /** What a manifest node's material is the hash of. */
  manifestMaterial: "gstore v1 manifest material\0",
  /** Name key, name -> keyId. */
  keyName: "gstore v1 key name\0",
  /** Chunk seed -> the chunker's seed. */
  chunkerSeed: "gstore v1 chunker seed\0",
  /** Identity seed, purpose -> a key for the node's own use. */
  identity: "gstore v1 identity\0",
} as const;
