import type { KeyObject } from "node:crypto";
import {
  type Digest,
  digestToBytes,
  type EpochId,
  GstoreError,
  idToBytes,
  type NetworkId,
  publicKeyOfPeerId,
  type Random,
  type SpaceId,
  systemRandom,
  WRAP_BYTES_MAX,
  type WrapRecipient,
} from "@gstore/core";
import { sealBroken } from "./aead.ts";
import { HPKE_OVERHEAD_BYTES, hpkeOpen, hpkeSeal } from "./hpke.ts";
import { KEY_BYTES } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";

/** The version that a wrap begins with, docs/spec/keys.md. */
export const WRAP_VERSION = 1;

/** What a wrap is bound to: it opens for nothing else. */
export interface WrapContext {
  readonly network: NetworkId;
  readonly space: SpaceId;
  /** An epoch's secret, or the secrets that a space has for life. */
  readonly holds: "life" | EpochId;
  readonly recipient: WrapRecipient;
}

/** Who can open wraps: an X25519 key pair. */
export interface WrapHolder {
  readonly agreementPublicKey: Uint8Array;
  readonly agreementPrivateKey: KeyObject;
}

/**
 * Seals a secret to an X25519 public key (RFC 9180), differently each time. Throws `INVALID_ARGUMENT` for a public key
 * that agrees on the same secret with everybody.
 */
export function wrapFor(
  agreementKey: Uint8Array,
  context: WrapContext,
  secret: Uint8Array,
  random: Random = systemRandom,
): Uint8Array {
  const message = { publicKey: agreementKey, info: infoOf(context) };
  try {
    const sealed = hpkeSeal(message, secret, random.bytes(KEY_BYTES));
    return Buffer.concat([Uint8Array.of(WRAP_VERSION), sealed]);
  } catch (cause) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "A member's agreement key is none that secrets can be wrapped to.",
      {
        ...(context.recipient === "recovery" ? {} : { peer: context.recipient }),
        cause,
      },
    );
  }
}

/** Opens a wrap. Throws `SEAL_BROKEN` for one that was changed, or is for another key or context; `UNSUPPORTED_VERSION`. */
export function unwrap(holder: WrapHolder, context: WrapContext, wrap: Uint8Array): Uint8Array {
  const what = "A wrapped key";
  if (wrap.length < 1 + HPKE_OVERHEAD_BYTES || wrap.length > WRAP_BYTES_MAX || wrap[0] === 0)
    throw sealBroken(what, "is not one");
  if (wrap[0] !== WRAP_VERSION) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      `${what} has format version ${wrap[0]}; this gstore reads 1.`,
    );
  }
  const message = { publicKey: holder.agreementPublicKey, info: infoOf(context) };
  try {
    return hpkeOpen(message, holder.agreementPrivateKey, wrap.subarray(1));
  } catch {
    throw sealBroken(what, "does not open: it was changed, or is for another key");
  }
}

/** Injective: what it holds and for whom are told by one byte each, all ids have a fixed length. */
function infoOf({ network, space, holds, recipient }: WrapContext): Uint8Array {
  return Buffer.concat([
    LABELS.wrap,
    digestToBytes(network as string as Digest),
    idToBytes(space),
    ...(holds === "life" ? [Uint8Array.of(0)] : [Uint8Array.of(1), idToBytes(holds)]),
    ...(recipient === "recovery" ? [Uint8Array.of(0)] : [Uint8Array.of(1), publicKeyOfPeerId(recipient)]),
  ]);
}
