/** What a secret is used for, one label each. */
export interface Labels {
  /** Epoch secret -> the key that chunk keys are derived from. */
  readonly chunkKeys: Uint8Array;
  /** Epoch secret -> the key that manifest node keys are derived from. */
  readonly manifestKeys: Uint8Array;
  /** Epoch secret -> the key that metadata keys are derived from. */
  readonly metadataKeys: Uint8Array;
  /** Chunk keys' key, codec, material -> one chunk's key. */
  readonly chunk: Uint8Array;
  /** Manifest keys' key, codec, material -> one node's key. */
  readonly manifestNode: Uint8Array;
  /** Metadata keys' key, salt -> one entry's metadata key. */
  readonly metadata: Uint8Array;
  /** Metadata keys' key, random bytes, what is sealed -> the salt. */
  readonly metadataSalt: Uint8Array;
  /** What a manifest node's material is the hash of. */
  readonly manifestMaterial: Uint8Array;
  /** Name key, name -> keyId. */
  readonly keyName: Uint8Array;
  /** Chunk seed -> the chunker's seed. */
  readonly chunkerSeed: Uint8Array;
  /** Identity seed, purpose -> a key for the node's own use. */
  readonly identity: Uint8Array;
  /** Root seed -> the recovery key. */
  readonly recovery: Uint8Array;
  /** What a wrapped key is bound to. */
  readonly wrap: Uint8Array;
  /** Epoch secret -> the key that seals an earlier epoch's secret. */
  readonly previousEpoch: Uint8Array;
  /** Name key, chunk seed, name -> the space's id. */
  readonly spaceId: Uint8Array;
  /** Epoch secret -> the epoch's id. */
  readonly epochId: Uint8Array;
  /** Name key, a policy's prefix -> its class. */
  readonly policyClass: Uint8Array;
  /** Metadata keys' key, salt -> the key that seals a policy's prefix. */
  readonly policyPrefix: Uint8Array;
  /** Metadata keys' key, random bytes, what is sealed -> that salt. */
  readonly policySalt: Uint8Array;
  /** What a key file under a passphrase is bound to. */
  readonly keyFile: Uint8Array;
  /** Nonce, challenger, holder, space, digest -> the key under which a blob is hashed to prove that it is here. */
  readonly possession: Uint8Array;
}

/**
 * Every domain separation label of gstore's keys, in one place: no two uses of a secret share one, and none begins
 * another. docs/spec/keys.md holds the same table. Each ends with NUL, so that what follows can't extend it.
 */
export const LABELS: Labels = {
  chunkKeys: label("gstore v1 chunk keys"),
  manifestKeys: label("gstore v1 manifest keys"),
  metadataKeys: label("gstore v1 metadata keys"),
  chunk: label("gstore v1 chunk"),
  manifestNode: label("gstore v1 manifest node"),
  metadata: label("gstore v1 metadata"),
  metadataSalt: label("gstore v1 metadata salt"),
  manifestMaterial: label("gstore v1 manifest material"),
  keyName: label("gstore v1 key name"),
  chunkerSeed: label("gstore v1 chunker seed"),
  identity: label("gstore v1 identity"),
  recovery: label("gstore v1 recovery"),
  wrap: label("gstore v1 wrap"),
  previousEpoch: label("gstore v1 previous epoch"),
  spaceId: label("gstore v1 space id"),
  epochId: label("gstore v1 epoch id"),
  policyClass: label("gstore v1 policy class"),
  policyPrefix: label("gstore v1 policy prefix"),
  policySalt: label("gstore v1 policy salt"),
  keyFile: label("gstore v1 key file"),
  possession: label("gstore v1 possession"),
};

function label(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}
