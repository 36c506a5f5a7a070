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

/** A node's own word that it holds versions with all their blobs, synced. docs/spec/messages.md. */
export interface HeldReceipt {
  readonly holder: PeerId;
  readonly versions: readonly EntryId[];
  readonly signature: Uint8Array;
}

/** The question that a receipt answers: of one network, and asked once. */
export interface ReceiptQuestion {
  readonly networkId: NetworkId;
  /** 16 bytes that the asker chose for this question. */
  readonly nonce: Uint8Array;
}

export function signHeldReceipt(
  identity: NodeIdentity,
  question: ReceiptQuestion,
  versions: readonly EntryId[],
): HeldReceipt {
  return { holder: identity.peerId, versions, signature: identity.sign(signingBytes(question, versions)) };
}

/** Whether the holder itself has signed this, for this question. */
export function isHeldReceipt(receipt: HeldReceipt, question: ReceiptQuestion): boolean {
  const key = publicKeyOfRaw("ed25519", publicKeyOfPeerId(receipt.holder));
  return verify(null, signingBytes(question, receipt.versions), key, receipt.signature);
}

function signingBytes({ networkId, nonce }: ReceiptQuestion, versions: readonly EntryId[]): Uint8Array {
  const label = Buffer.from("gstore held v1\0");
  return Buffer.concat([
    label,
    digestToBytes(networkId as string as Digest),
    nonce,
    ...versions.map(digestToBytes),
  ]);
}
