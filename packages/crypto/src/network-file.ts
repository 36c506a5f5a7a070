import { createSecretKey, type KeyObject } from "node:crypto";
import {
  type EpochId,
  epochIdFromBytes,
  ID_BYTES,
  type NetworkId,
  networkIdOfRootKey,
  type Random,
  type SpaceId,
  spaceIdFromBytes,
  systemRandom,
} from "@gstore/core";
import { privateKeyOfSeed, rawPublicKeyOf, seedOfPrivateKey } from "./asymmetric-keys.ts";
import { KEY_BYTES } from "./key-derivation.ts";
import { SecretFields } from "./secret-fields.ts";
import { readSecretFile, writeSecretFile } from "./secret-file.ts";

const NETWORK_FILE = { format: "gstore network", version: 1, what: "The network file" } as const;
const MAIN_SPACE = "main";
const SPACE_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const SPACES_MAX = 256;
const EPOCHS_MAX = 1024;

/** One generation of a space's content keys. */
export interface EpochSecret {
  readonly id: EpochId;
  /** 32 bytes. */
  readonly secret: KeyObject;
}

/**
 * The keys of a space. Secrets are `KeyObject`s of 32 bytes: they can be posted to a worker thread and compared, and
 * show nothing when logged, inspected or turned into JSON.
 */
export interface SpaceSecrets {
  readonly id: SpaceId;
  readonly name: string;
  readonly nameKey: KeyObject;
  readonly chunkSeed: KeyObject;
  /** All epochs whose blobs can be read; at least one, each id once. */
  readonly epochs: readonly EpochSecret[];
  /** The epoch that new blobs are sealed in: one of `epochs`. */
  readonly currentEpoch: EpochId;
}

/** All secrets of a network. Who holds them is its root. */
export interface NetworkSecrets {
  readonly networkId: NetworkId;
  readonly rootPublicKey: Uint8Array;
  readonly rootPrivateKey: KeyObject;
  readonly spaces: readonly SpaceSecrets[];
}

/** A new network with the space `main` in its first epoch. */
export function createNetworkSecrets(random: Random = systemRandom): NetworkSecrets {
  const key = (): KeyObject => createSecretKey(random.bytes(KEY_BYTES));
  const root = rootOf(random.bytes(KEY_BYTES));
  const epoch = { id: epochIdFromBytes(random.bytes(ID_BYTES.epoch)), secret: key() };
  const space: SpaceSecrets = {
    id: spaceIdFromBytes(random.bytes(ID_BYTES.space)),
    name: MAIN_SPACE,
    nameKey: key(),
    chunkSeed: key(),
    epochs: [epoch],
    currentEpoch: epoch.id,
  };
  return { ...root, spaces: [space] };
}

/** Writes the network file, mode 0600; otherwise as {@link import("./identity.ts").saveIdentity}. */
export async function saveNetworkFile(path: string, secrets: NetworkSecrets): Promise<void> {
  await writeSecretFile(path, NETWORK_FILE, {
    networkId: secrets.networkId,
    rootSeed: seedOfPrivateKey(secrets.rootPrivateKey).toString("hex"),
    spaces: secrets.spaces.map((space) => ({
      id: space.id,
      name: space.name,
      nameKey: hexOf(space.nameKey),
      chunkSeed: hexOf(space.chunkSeed),
      epochs: space.epochs.map((epoch) => ({ id: epoch.id, secret: hexOf(epoch.secret) })),
      currentEpoch: space.currentEpoch,
    })),
  });
}

/** Reads what {@link saveNetworkFile} wrote; rejects as {@link import("./identity.ts").loadIdentity}. */
export async function loadNetworkFile(path: string): Promise<NetworkSecrets> {
  const content = await readSecretFile(path, NETWORK_FILE);
  const fields = new SecretFields(content, { path, what: NETWORK_FILE.what });
  const networkId = fields.text("networkId");
  const root = rootOf(fields.bytes("rootSeed", KEY_BYTES));
  const spaces = fields.list("spaces", SPACES_MAX).map(readSpace);
  fields.end();
  if (root.networkId !== networkId) fields.refuse("its network id does not belong to its root key");
  refuseDoubles(
    fields,
    "space",
    spaces.map((space) => space.id),
  );
  refuseDoubles(
    fields,
    "space name",
    spaces.map((space) => space.name),
  );
  return { ...root, spaces };
}

function rootOf(seed: Uint8Array): Omit<NetworkSecrets, "spaces"> {
  const rootPrivateKey = privateKeyOfSeed("ed25519", seed);
  const rootPublicKey = rawPublicKeyOf(rootPrivateKey);
  return { networkId: networkIdOfRootKey(rootPublicKey), rootPublicKey, rootPrivateKey };
}

function readSpace(fields: SecretFields): SpaceSecrets {
  const space: SpaceSecrets = {
    id: spaceIdFromBytes(fields.bytes("id", ID_BYTES.space)),
    name: fields.text("name", SPACE_NAME),
    nameKey: createSecretKey(fields.bytes("nameKey", KEY_BYTES)),
    chunkSeed: createSecretKey(fields.bytes("chunkSeed", KEY_BYTES)),
    epochs: fields.list("epochs", EPOCHS_MAX).map(readEpoch),
    currentEpoch: epochIdFromBytes(fields.bytes("currentEpoch", ID_BYTES.epoch)),
  };
  fields.end();
  const epochs = space.epochs.map((epoch) => epoch.id);
  refuseDoubles(fields, "epoch", epochs);
  if (!epochs.includes(space.currentEpoch))
    fields.refuse("the current epoch of a space is none of its epochs");
  return space;
}

function readEpoch(fields: SecretFields): EpochSecret {
  const id = epochIdFromBytes(fields.bytes("id", ID_BYTES.epoch));
  const secret = createSecretKey(fields.bytes("secret", KEY_BYTES));
  fields.end();
  return { id, secret };
}

function refuseDoubles(fields: SecretFields, what: string, ids: readonly string[]): void {
  if (new Set(ids).size !== ids.length) fields.refuse(`it has a ${what} twice`);
}

function hexOf(key: KeyObject): string {
  return key.export().toString("hex");
}
