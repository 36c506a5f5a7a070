import {
  type AddressRecordBody,
  type DhtHandlers,
  decodeAddressRecord,
  type NetworkId,
  type PeerId,
} from "@gstore/core";
import { isOwnWord, type NodeIdentity, signAddressRecord } from "@gstore/crypto";

const withoutPeer = (address: string): string => address.replace(/\/p2p\/[^/]*$/, "");

/** A node's own word on where it is. */
export function recordOf(
  identity: NodeIdentity,
  addresses: readonly string[],
  { sequence = 1, network }: { sequence?: number; network: NetworkId },
): Uint8Array {
  return signAddressRecord(identity, { network, sequence, addresses: addresses.map(withoutPeer) }).bytes;
}

/** What the server does about records, in short. */
export function handlersOf(
  records: Map<PeerId, Uint8Array>,
  networkId: NetworkId,
  isMember: (peer: PeerId) => boolean,
): DhtHandlers {
  const bodies = new WeakMap<Uint8Array, AddressRecordBody>();
  const bodyOf = (peer: PeerId) => {
    const record = records.get(peer);
    if (record === undefined) return null;
    const body = bodies.get(record) ?? decodeAddressRecord(record).body;
    bodies.set(record, body);
    return body;
  };
  return {
    isMember,
    record: (peer) => records.get(peer) ?? null,
    addresses: (peer) => bodyOf(peer)?.addresses ?? [],
    offered(peer, bytes) {
      const known = records.get(peer);
      if (known !== undefined && Buffer.compare(known, bytes) === 0) return true;
      try {
        const record = decodeAddressRecord(bytes);
        const { body } = record;
        if (body.peer !== peer || body.network !== networkId || !isOwnWord(record)) return false;
        if (body.sequence > (bodyOf(peer)?.sequence ?? 0)) records.set(peer, bytes);
        return true;
      } catch {
        return false;
      }
    },
  };
}
