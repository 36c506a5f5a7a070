import { verify } from "node:crypto";
import {
  type AddressRecord,
  type AddressRecordBody,
  addressRecordSigningBytes,
  decodeAddressRecord,
  encodeAddressRecord,
  encodeAddressRecordBody,
  publicKeyOfPeerId,
} from "@gstore/core";
import { publicKeyOfRaw } from "./asymmetric-keys.ts";
import type { NodeIdentity } from "./identity.ts";

/** A node's own record of where it can be dialled. docs/spec/address-record.md. */
export function signAddressRecord(
  identity: NodeIdentity,
  body: Omit<AddressRecordBody, "peer">,
): AddressRecord {
  const bodyBytes = encodeAddressRecordBody({ ...body, peer: identity.peerId });
  const signature = identity.sign(addressRecordSigningBytes(bodyBytes));
  return decodeAddressRecord(encodeAddressRecord(bodyBytes, signature));
}

/** Whether the node that a record is about has signed it. */
export function isOwnWord({ body, bodyBytes, signature }: AddressRecord): boolean {
  const key = publicKeyOfRaw("ed25519", publicKeyOfPeerId(body.peer));
  return verify(null, addressRecordSigningBytes(bodyBytes), key, signature);
}
