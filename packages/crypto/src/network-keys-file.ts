import { type NetworkId, parseDigest } from "@gstore/core";
import { KEY_BYTES } from "./key-derivation.ts";
import { RootKey } from "./root-key.ts";
import { SecretFields } from "./secret-fields.ts";
import { type KeyFileOptions, readSecretFile, type SecretFileKind, writeSecretFile } from "./secret-file.ts";

export const NETWORK_KEYS_FILE: SecretFileKind = {
  format: "gstore network",
  version: 2,
  what: "The network file",
};
const NETWORK_ID = /^1e20[0-9a-f]{64}$/;

/** Which network a node is in, and its root key where the node has that. The spaces' keys are in the membership log. */
export interface NetworkKeys {
  readonly networkId: NetworkId;
  readonly root: RootKey | null;
}

/** Writes a network file of version 2, mode 0600; otherwise as {@link import("./identity.ts").saveIdentity}. */
export async function saveNetworkKeys(
  path: string,
  keys: NetworkKeys,
  options: KeyFileOptions = {},
): Promise<void> {
  const seed = keys.root?.exportSeed();
  const rootSeed = seed === undefined ? null : Buffer.from(seed).toString("hex");
  seed?.fill(0);
  await writeSecretFile(path, NETWORK_KEYS_FILE, { networkId: keys.networkId, rootSeed }, options);
}

/** Reads what {@link saveNetworkKeys} wrote; rejects as {@link import("./identity.ts").loadIdentity}. */
export async function loadNetworkKeys(path: string, options: KeyFileOptions = {}): Promise<NetworkKeys> {
  const content = await readSecretFile(path, NETWORK_KEYS_FILE, options);
  const fields = new SecretFields(content, { path, what: NETWORK_KEYS_FILE.what });
  const networkId = parseDigest(fields.text("networkId", NETWORK_ID)) as string as NetworkId;
  const seed = fields.bytesOrNull("rootSeed", KEY_BYTES);
  fields.end();
  const root = seed === null ? null : new RootKey(seed);
  if (root !== null && root.networkId !== networkId)
    fields.refuse("its network id does not belong to its root key");
  return { networkId, root };
}
