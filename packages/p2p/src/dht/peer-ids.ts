import type { PeerId } from "@gstore/core";
import type { PeerId as Libp2pPeerId } from "@libp2p/interface";
import { DHT_HINTS_MAX } from "./dht-limits.ts";

/** By the bytes of its multihash: writing an id in base 58 costs more than anything else about an answer. Oldest first. */
const known = new Map<string, PeerId>();

/** A node's id as we write it. Of what is no Ed25519 key there is no member either, so that nothing needs to be parsed. */
export function idOf(peer: Libp2pPeerId): PeerId {
  const { bytes } = peer.toMultihash();
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const id = known.get(key);
  if (id !== undefined) return id;
  const written = String(peer) as PeerId;
  if (known.size >= DHT_HINTS_MAX) known.delete(known.keys().next().value as string);
  known.set(key, written);
  return written;
}
