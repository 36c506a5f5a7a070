export { isOwnWord, signAddressRecord } from "./address-records.ts";
export {
  type CertificateRequest,
  issueCertificate,
  verifyCertificate,
  verifyMembershipRecord,
} from "./certificates.ts";
export { sealedChunkBytes } from "./chunk-blob.ts";
export { decodeChunk, type EncodedChunk, encodeChunk } from "./compression.ts";
export { EntryVerifier, signEntries, type UnsignedEntry, unsignedEntry } from "./entries.ts";
export { type HeldReceipt, isHeldReceipt, type ReceiptQuestion, signHeldReceipt } from "./held-receipts.ts";
export { generateIdentity, loadIdentity, NodeIdentity, saveIdentity } from "./identity.ts";
export { type InviteKeys, inviteKeys, isInviteProof, proveInvite } from "./invite-proof.ts";
export { unwrap, type WrapContext, type WrapHolder, wrapFor } from "./key-wrap.ts";
export { chunkMaterial } from "./material.ts";
export {
  issueRecord,
  type RecordRequest,
  type RecordSigner,
  verifyRecordSignature,
} from "./membership-records.ts";
export {
  createNetworkSecrets,
  type EpochSecret,
  loadNetworkFile,
  type NetworkSecrets,
  type SpaceSecrets,
  saveNetworkFile,
} from "./network-file.ts";
export { loadNetworkKeys, type NetworkKeys, saveNetworkKeys } from "./network-keys-file.ts";
export { type OpenedSpace, openSpaces } from "./open-spaces.ts";
export { decryptKeyFile, encryptKeyFile, type ProtectedBytes } from "./passphrase.ts";
export { PolicyKeys } from "./policy-keys.ts";
export {
  CHALLENGE_NONCE_BYTES,
  POSSESSION_PROOF_BYTES,
  type PossessionChallenge,
  provePossession,
} from "./possession-proof.ts";
export { isPurgeReceipt, type PurgeStatement, signPurgeReceipt } from "./purge-receipts.ts";
export { recoveryWords, seedOfRecoveryWords } from "./recovery-words.ts";
export { isKeyFileSealed, type KeyFileName, type PassphraseChange, prepareReseal } from "./reseal.ts";
export { generateRootKey, RootKey, rootKeyOf } from "./root-key.ts";
export type { KeyFileOptions } from "./secret-file.ts";
export { type SealedBlob, SpaceKeys } from "./space-keys.ts";
export {
  createSpaceRecords,
  epochRecords,
  grantRecords,
  type KeyRecordRequest,
  type KeyRecords,
} from "./space-records.ts";
export { parseSpaceName } from "./space-secrets-codec.ts";
