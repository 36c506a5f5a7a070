export {
  type CertificateRequest,
  issueCertificate,
  verifyCertificate,
  verifyMembershipRecord,
} from "./certificates.ts";
export { decodeChunk, type EncodedChunk, encodeChunk } from "./compression.ts";
export { EntryVerifier, signEntries } from "./entries.ts";
export { generateIdentity, loadIdentity, NodeIdentity, saveIdentity } from "./identity.ts";
export {
  createNetworkSecrets,
  type EpochSecret,
  loadNetworkFile,
  type NetworkSecrets,
  type SpaceSecrets,
  saveNetworkFile,
} from "./network-file.ts";
export { type SealedBlob, SpaceKeys } from "./space-keys.ts";
