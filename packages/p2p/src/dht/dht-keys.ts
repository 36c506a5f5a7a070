import { createHash } from "node:crypto";
import { type Digest, digestOf, digestToBytes, type NetworkId, type PeerId, parsePeerId } from "@gstore/core";
import { CID } from "multiformats/cid";
import { create as createMultihash } from "multiformats/hashes/digest";

const PROTOCOL_TAG: Uint8Array = Buffer.from("gstore dht v1\0");
const HOLDER_TAG: Uint8Array = Buffer.from("gstore dht holder v1\0");
const RAW = 0x55;
const SHA_256 = 0x12;
/** Characters of the network's mark in the protocol name. */
const MARK_CHARACTERS = 16;
/** The namespace of address records: by it kad-dht finds their validator. */
export const RECORD_NAMESPACE = "address";

/** The protocol of a network's own DHT: nodes of other networks, should they ever meet, do not speak it. */
export function dhtProtocol(network: NetworkId): string {
  const digest = digestOf(Buffer.concat([PROTOCOL_TAG, digestToBytes(network as string as Digest)]));
  return `/gstore/dht/1/${Buffer.from(digestToBytes(digest)).toString("hex").slice(0, MARK_CHARACTERS)}`;
}

/** Under what a member's address record is kept. */
export const recordKey = (peer: PeerId): Uint8Array => Buffer.from(`/${RECORD_NAMESPACE}/${peer}`);

/** Whose record is kept under a key; null where it is no such key. */
export function peerOfRecordKey(key: Uint8Array): PeerId | null {
  const [start, namespace, peer, ...rest] = Buffer.from(key).toString().split("/");
  if (start !== "" || namespace !== RECORD_NAMESPACE || peer === undefined || rest.length > 0) return null;
  try {
    return parsePeerId(peer);
  } catch {
    return null;
  }
}

/** Under what holders of a blob are kept. kad-dht reads such keys as SHA-256 multihashes alone, so a hash of the digest it is. */
export function holderKey(digest: Digest): CID {
  const hash = createHash("sha256").update(HOLDER_TAG).update(digestToBytes(digest)).digest();
  return CID.createV1(RAW, createMultihash(SHA_256, hash));
}
