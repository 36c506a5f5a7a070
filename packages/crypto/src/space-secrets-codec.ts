import { createSecretKey, type KeyObject } from "node:crypto";
import {
  decodeCbor,
  type EpochId,
  encodeCbor,
  epochIdFromBytes,
  FieldReader,
  GstoreError,
  ID_BYTES,
  idToBytes,
  type SpaceId,
  spaceIdFromBytes,
  WRAP_BYTES_MAX,
} from "@gstore/core";
import { openOnce, sealBroken, sealOnce, TAG_BYTES } from "./aead.ts";
import { expand, expandKey, KEY_BYTES } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";
import type { EpochSecret, SpaceSecrets } from "./network-file.ts";

const LIFE_VERSION = 1;
const SEALED_EPOCH_HEAD: Uint8Array = Uint8Array.of(1);
const SPACE_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** What a space has for life: the same in every epoch. */
export type LifeSecrets = Pick<SpaceSecrets, "id" | "name" | "nameKey" | "chunkSeed">;

/** Checks a space's name: 1 to 63 of `a-z`, `0-9`, `.`, `-`, the first a letter or digit. Throws `INVALID_ARGUMENT`. */
export function parseSpaceName(text: string): string {
  if (SPACE_NAME.test(text)) return text;
  throw new GstoreError(
    "INVALID_ARGUMENT",
    "A space's name is 1 to 63 small letters, digits, dots or dashes, the first a letter or digit.",
  );
}

/** The id of a space: a commitment to its secrets, so that nobody can hand out others under its id. */
export function spaceIdOf(secrets: Omit<LifeSecrets, "id">): SpaceId {
  const commitment = expand(
    secrets.nameKey,
    LABELS.spaceId,
    secrets.chunkSeed.export(),
    Buffer.from(secrets.name),
  );
  return spaceIdFromBytes(commitment.subarray(0, ID_BYTES.space));
}

/** The id of an epoch: a commitment to its secret. */
export function epochIdOf(space: SpaceId, secret: KeyObject): EpochId {
  return epochIdFromBytes(expand(secret, LABELS.epochId, idToBytes(space)).subarray(0, ID_BYTES.epoch));
}

/** The text that is wrapped to hand out a space's life-long secrets. */
export function encodeLifeSecrets(secrets: LifeSecrets): Uint8Array {
  return encodeCbor([LIFE_VERSION, secrets.name, secrets.nameKey.export(), secrets.chunkSeed.export()]);
}

/** Reads what {@link encodeLifeSecrets} made; they have to be the ones that the space's id commits to. Throws `SEAL_BROKEN` or `INVALID_FORMAT`. */
export function decodeLifeSecrets(bytes: Uint8Array, id: SpaceId): LifeSecrets {
  const what = "A space's wrapped secrets";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: WRAP_BYTES_MAX, what }), what, 4);
  fields.version(LIFE_VERSION);
  const secrets = {
    id,
    name: fields.text("name", 63),
    nameKey: createSecretKey(fields.bytes("nameKey", KEY_BYTES)),
    chunkSeed: createSecretKey(fields.bytes("chunkSeed", KEY_BYTES)),
  };
  if (!SPACE_NAME.test(secrets.name) || spaceIdOf(secrets) !== id)
    throw sealBroken(what, "are of another space");
  return secrets;
}

/** An epoch's secret from its bytes. Throws `SEAL_BROKEN` unless its id is `id`. */
export function epochSecretOf(space: SpaceId, id: EpochId, bytes: Uint8Array): EpochSecret {
  const secret = bytes.length === KEY_BYTES ? createSecretKey(bytes) : undefined;
  if (secret !== undefined && epochIdOf(space, secret) === id) return { id, secret };
  throw sealBroken("An epoch's secret", "is another epoch's");
}

/** Seals an epoch's secret under that of the one which follows it. Equal ones give equal bytes. */
export function sealPreviousEpoch(space: SpaceId, next: EpochSecret, previous: EpochSecret): Uint8Array {
  const key = previousEpochKey(space, next, previous.id);
  return sealOnce({ key, plain: previous.secret.export(), head: SEALED_EPOCH_HEAD });
}

/** Opens what {@link sealPreviousEpoch} made. Throws `SEAL_BROKEN` or `UNSUPPORTED_VERSION`. */
export function openPreviousEpoch(
  space: SpaceId,
  next: EpochSecret,
  previous: { readonly epoch: EpochId; readonly sealed: Uint8Array },
): EpochSecret {
  const what = "A sealed epoch";
  const { epoch, sealed } = previous;
  if (sealed.length !== 1 + KEY_BYTES + TAG_BYTES) throw sealBroken(what, "does not have its size");
  if (sealed[0] !== SEALED_EPOCH_HEAD[0])
    throw new GstoreError("UNSUPPORTED_VERSION", `${what} has another version.`);
  const key = previousEpochKey(space, next, epoch);
  return epochSecretOf(space, epoch, openOnce({ key, sealed: sealed.subarray(1), what }));
}

/** The id of the earlier epoch commits to the text, so this key seals one text. */
function previousEpochKey(space: SpaceId, next: EpochSecret, previous: EpochId): KeyObject {
  return expandKey(
    next.secret,
    LABELS.previousEpoch,
    idToBytes(space),
    idToBytes(next.id),
    idToBytes(previous),
  );
}
