import { GstoreError, isGstoreError } from "@gstore/core";
import { IDENTITY_FILE } from "./identity.ts";
import { NETWORK_KEYS_FILE } from "./network-keys-file.ts";
import { isSecretFileSealed, readSecretFile, replaceSecretFile, type SecretFileKind } from "./secret-file.ts";

export type KeyFileName = "identity" | "network";

const KINDS: Readonly<Record<KeyFileName, SecretFileKind>> = {
  identity: IDENTITY_FILE,
  network: NETWORK_KEYS_FILE,
};

/** From one passphrase to another; none where it is undefined. */
export interface PassphraseChange {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Whether a key file is under a passphrase. Rejects as {@link import("./identity.ts").loadIdentity}, but for want of one. */
export function isKeyFileSealed(path: string, name: KeyFileName): Promise<boolean> {
  return isSecretFileSealed(path, KINDS[name]);
}

/**
 * Opens a key file for a change of its passphrase and gives what carries it out, or null where it has been: so that a
 * change of several files that was cut off can be made again. Rejects with `PASSPHRASE_NEEDED` where neither passphrase
 * opens it; nothing has changed then. What is given writes the file anew, under its name once it is whole and synced.
 */
export async function prepareReseal(
  path: string,
  name: KeyFileName,
  { from, to }: PassphraseChange,
): Promise<(() => Promise<void>) | null> {
  const kind = KINDS[name];
  if (!(await isSecretFileSealed(path, kind)) && to === undefined) return null;
  const content = await contentUnder(path, kind, from);
  if (content !== null) {
    return () => replaceSecretFile(path, kind, content, to === undefined ? {} : { passphrase: to });
  }
  if (to !== undefined && (await contentUnder(path, kind, to)) !== null) return null;
  throw new GstoreError("PASSPHRASE_NEEDED", `The passphrase does not open ${path}. Give it again.`, {
    path,
  });
}

/** Null where another passphrase is needed. */
async function contentUnder(
  path: string,
  kind: SecretFileKind,
  passphrase: string | undefined,
): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    return await readSecretFile(path, kind, passphrase === undefined ? {} : { passphrase });
  } catch (error) {
    if (isGstoreError(error, "PASSPHRASE_NEEDED")) return null;
    throw error;
  }
}
