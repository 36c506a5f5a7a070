import { verify } from "node:crypto";
import {
  type Digest,
  digestToBytes,
  type EntryId,
  type NetworkId,
  type PeerId,
  publicKeyOfPeerId,
} from "@gstore/core";
import { publicKeyOfRaw } from "./asymmetric-keys.ts";
import type { NodeIdentity } from "./identity.ts";

/** Which purge a member states to have carried out. docs/spec/messages.md. */
export interface PurgeStatement {
  readonly networkId: NetworkId;
  /** The entry that purges. */
  readonly version: EntryId;
}

/** This node's word that it has carried a purge out. */
export function signPurgeReceipt(identity: NodeIdentity, statement: PurgeStatement): Uint8Array {
  return identity.sign(signingBytes(statement));
}

/** Whether the member itself has signed that. */
export function isPurgeReceipt(signature: Uint8Array, member: PeerId, statement: PurgeStatement): boolean {
  const key = publicKeyOfRaw("ed25519", publicKeyOfPeerId(member));
  return verify(null, signingBytes(statement), key, signature);
}

function signingBytes({ networkId, version }: PurgeStatement): Uint8Array {
  const label = Buffer.from("gstore purged v1\0");
  return Buffer.concat([label, digestToBytes(networkId as string as Digest), digestToBytes(version)]);
}
