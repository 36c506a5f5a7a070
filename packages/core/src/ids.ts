import { base58btc } from "multiformats/bases/base58";
import { type Digest, digestOf } from "./digest.ts";
import { GstoreError } from "./errors.ts";

/** A node's identity as libp2p writes it: base58 of the identity multihash of its Ed25519 public key (`12D3Koo…`). */
export type PeerId = string & { readonly __brand: "PeerId" };
/** A network: the digest of its root public key. */
export type NetworkId = string & { readonly __brand: "NetworkId" };
/** A space: 16 random bytes, in hexadecimal. */
export type SpaceId = string & { readonly __brand: "SpaceId" };
/** A key's name under the space's name key, 32 bytes in hexadecimal. Says nothing about the name to who has no key. */
export type KeyId = string & { readonly __brand: "KeyId" };
/** One generation of a space's content keys: 16 random bytes, in hexadecimal. */
export type EpochId = string & { readonly __brand: "EpochId" };
/** One run of an author's numbering: 8 random bytes, in hexadecimal. A node restored from an old disk takes a new one. */
export type Incarnation = string & { readonly __brand: "Incarnation" };
/** What versions of a key share so that they share holders: 16 random bytes, in hexadecimal. */
export type PlacementId = string & { readonly __brand: "PlacementId" };
/** An entry: the digest of its body. Users see it as the version. */
export type EntryId = Digest;

/** Bytes of each kind of identifier that is not a digest. */
export const ID_BYTES = {
  space: 16,
  key: 32,
  epoch: 16,
  incarnation: 8,
  placement: 16,
  publicKey: 32,
} as const;

const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

/** The PeerId of an Ed25519 public key (libp2p peer-ids spec: identity multihash of the protobuf-encoded key). */
export function peerIdOfPublicKey(publicKey: Uint8Array): PeerId {
  assertBytes(publicKey, ID_BYTES.publicKey, "An Ed25519 public key");
  return base58btc.encode(Buffer.concat([PEER_ID_PREFIX, publicKey])).slice(1) as PeerId;
}

const publicKeys = new Map<PeerId, Uint8Array>();
const PUBLIC_KEYS_MAX = 4096;

/** The Ed25519 public key that a PeerId holds; not to be changed. Remembered, since base58 costs more than encoding the rest of an entry. */
export function publicKeyOfPeerId(peerId: PeerId): Uint8Array {
  const known = publicKeys.get(peerId);
  if (known !== undefined) return known;
  if (publicKeys.size >= PUBLIC_KEYS_MAX) publicKeys.clear();
  const publicKey = base58btc.decode(`z${peerId}`).slice(PEER_ID_PREFIX.length);
  publicKeys.set(peerId, publicKey);
  return publicKey;
}

/** Reads a PeerId from text. Throws `INVALID_ARGUMENT` for anything but an Ed25519 one. */
export function parsePeerId(text: string): PeerId {
  let bytes: Uint8Array;
  try {
    bytes = base58btc.decode(`z${text.length <= 64 ? text : ""}`);
  } catch (cause) {
    throw new GstoreError("INVALID_ARGUMENT", "That is no node id: it is not base58.", { cause });
  }
  const expected = PEER_ID_PREFIX.length + ID_BYTES.publicKey;
  if (bytes.length !== expected || !PEER_ID_PREFIX.every((byte, index) => bytes[index] === byte)) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "That is no node id: it does not hold an Ed25519 key (12D3Koo…).",
    );
  }
  return text as PeerId;
}

/** The network that a root public key stands for. */
export function networkIdOfRootKey(rootPublicKey: Uint8Array): NetworkId {
  assertBytes(rootPublicKey, ID_BYTES.publicKey, "A root public key");
  return digestOf(rootPublicKey) as string as NetworkId;
}

/** Hexadecimal identifiers from raw bytes of the right length; `INVALID_FORMAT` otherwise. */
export const spaceIdFromBytes = (bytes: Uint8Array): SpaceId =>
  hexId(bytes, ID_BYTES.space, "A space id") as SpaceId;
export const keyIdFromBytes = (bytes: Uint8Array): KeyId => hexId(bytes, ID_BYTES.key, "A key id") as KeyId;
export const epochIdFromBytes = (bytes: Uint8Array): EpochId =>
  hexId(bytes, ID_BYTES.epoch, "An epoch id") as EpochId;
export const incarnationFromBytes = (bytes: Uint8Array): Incarnation =>
  hexId(bytes, ID_BYTES.incarnation, "An incarnation") as Incarnation;
export const placementIdFromBytes = (bytes: Uint8Array): PlacementId =>
  hexId(bytes, ID_BYTES.placement, "A placement id") as PlacementId;

/** The raw bytes of a hexadecimal identifier. */
export function idToBytes(id: SpaceId | KeyId | EpochId | Incarnation | PlacementId): Uint8Array {
  return Buffer.from(id, "hex");
}

function hexId(bytes: Uint8Array, length: number, what: string): string {
  assertBytes(bytes, length, what);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function assertBytes(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) {
    throw new GstoreError("INVALID_FORMAT", `${what} has ${length} bytes, not ${bytes.length}.`);
  }
}
