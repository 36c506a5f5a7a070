import { createHmac, type KeyObject } from "node:crypto";
import {
  epochIdFromBytes,
  GstoreError,
  ID_BYTES,
  idToBytes,
  KEY_BYTES_MAX,
  POLICY_CLASS_MAX,
  POLICY_PREFIX_CLASS_MIN,
  type Random,
  systemRandom,
} from "@gstore/core";
import { openOnce, sealBroken, sealOnce, TAG_BYTES } from "./aead.ts";
import { expand, expandKey } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";
import type { SpaceSecrets } from "./network-file.ts";

const SEALED_PREFIX_VERSION = 1;
const SALT_BYTES = 32;
const HEAD_BYTES = 1 + ID_BYTES.epoch + SALT_BYTES;

/** What only those know of a space's policies who hold its keys: which prefix each is for. docs/spec/keys.md. */
export class PolicyKeys {
  readonly #secrets: SpaceSecrets;
  readonly #random: Random;

  constructor(secrets: SpaceSecrets, random: Random = systemRandom) {
    this.#secrets = secrets;
    this.#random = random;
  }

  /** The class that is drawn for a prefix, where others have drawn the first `attempt` ones of its series (0 to 255). */
  classOf(prefix: string, attempt: number): number {
    const drawn = createHmac("sha256", this.#secrets.nameKey)
      .update(LABELS.policyClass)
      .update(Uint8Array.of(attempt))
      .update(prefix, "utf8")
      .digest();
    return (
      POLICY_PREFIX_CLASS_MIN + (drawn.readUInt32BE() % (POLICY_CLASS_MAX - POLICY_PREFIX_CLASS_MIN + 1))
    );
  }

  /** Seals a prefix for its class, in the current epoch, differently each time. */
  sealPrefix(policyClass: number, prefix: string): Uint8Array {
    const { currentEpoch } = this.#secrets;
    const version = Buffer.concat([Uint8Array.of(SEALED_PREFIX_VERSION), idToBytes(currentEpoch)]);
    const aad = this.#aad(version, policyClass);
    const plain = Buffer.from(prefix, "utf8");
    const keys = this.#metadataKeys(version);
    // What is sealed goes in beside the randomness, as for metadata.
    const salt = expand(keys, LABELS.policySalt, this.#random.bytes(SALT_BYTES), aad, plain);
    const key = expandKey(keys, LABELS.policyPrefix, salt);
    return sealOnce({ key, plain, head: Buffer.concat([version, salt]), aad });
  }

  /** Opens what {@link sealPrefix} made. Throws `SEAL_BROKEN`, `UNSUPPORTED_VERSION`, or `KEY_MISSING` for an epoch not held here. */
  openPrefix(policyClass: number, sealed: Uint8Array): string {
    const what = "A policy's prefix";
    if (sealed.length <= HEAD_BYTES + TAG_BYTES) throw sealBroken(what, "is cut short");
    if (sealed[0] !== SEALED_PREFIX_VERSION)
      throw new GstoreError("UNSUPPORTED_VERSION", `${what} has another version.`);
    const version = sealed.subarray(0, 1 + ID_BYTES.epoch);
    const key = expandKey(
      this.#metadataKeys(version),
      LABELS.policyPrefix,
      sealed.subarray(version.length, HEAD_BYTES),
    );
    const aad = this.#aad(version, policyClass);
    const plain = openOnce({ key, sealed: sealed.subarray(HEAD_BYTES), aad, what });
    if (plain.length > KEY_BYTES_MAX) throw sealBroken(what, "is too long");
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
    } catch {
      throw sealBroken(what, "is no text");
    }
  }

  /** `version`: what a seal begins with, up to its epoch. */
  #metadataKeys(version: Uint8Array): KeyObject {
    const { id: space, epochs } = this.#secrets;
    const epoch = epochIdFromBytes(version.subarray(1));
    const found = epochs.find(({ id }) => id === epoch);
    if (found === undefined)
      throw new GstoreError("KEY_MISSING", `This node has no key for epoch ${epoch} of the space.`);
    return expandKey(found.secret, LABELS.metadataKeys, Buffer.concat([idToBytes(space), idToBytes(epoch)]));
  }

  #aad(version: Uint8Array, policyClass: number): Uint8Array {
    const classBytes = Buffer.alloc(2);
    classBytes.writeUInt16BE(policyClass);
    return Buffer.concat([version, idToBytes(this.#secrets.id), classBytes]);
  }
}
