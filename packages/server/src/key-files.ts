import { GstoreError, isGstoreError } from "@gstore/core";
import {
  generateIdentity,
  isKeyFileSealed,
  type KeyFileName,
  type KeyFileOptions,
  loadIdentity,
  loadNetworkKeys,
  type NodeIdentity,
  type PassphraseChange,
  prepareReseal,
  type RootKey,
  saveIdentity,
  saveNetworkKeys,
} from "@gstore/crypto";
import { nodePaths } from "./node-paths.ts";
import { exists } from "./synced-file.ts";

/** The passphrase of key files, or who gives it: asked once, and only where one of them is under it. */
export type PassphraseSource = string | (() => Promise<string>);

/** Loads a folder's key files, all under one passphrase or none, and makes those that are missing. */
export class KeyFiles {
  readonly #source: PassphraseSource | undefined;
  #passphrase: string | undefined;
  /** Whether the passphrase opened a file. */
  #isProved = false;

  constructor(source?: PassphraseSource) {
    this.#source = source;
    if (typeof source === "string") this.#passphrase = source;
  }

  identity(path: string): Promise<NodeIdentity> {
    return this.#load(path, "identity", loadIdentity);
  }

  rootKey(path: string): Promise<RootKey> {
    return this.#load(path, "network", rootKeyOfFile);
  }

  /** What a beginning that was cut off has left is used again, under the passphrase given now. */
  async keepOrMakeIdentity(
    path: string,
    passphrase: string | undefined,
  ): Promise<{ readonly identity: NodeIdentity; readonly isNew: boolean }> {
    if (await exists(path)) {
      const identity = await this.identity(path);
      await resealed(path, "identity", passphrase);
      return { identity, isNew: false };
    }
    const identity = generateIdentity();
    await saveIdentity(path, identity, optionsOf(passphrase));
    return { identity, isNew: true };
  }

  /** As {@link keepOrMakeIdentity}. */
  async keepOrMakeRootKey(
    path: string,
    make: () => RootKey,
    passphrase: string | undefined,
  ): Promise<RootKey> {
    if (await exists(path)) {
      const root = await this.rootKey(path);
      await resealed(path, "network", passphrase);
      return root;
    }
    const root = make();
    await saveNetworkKeys(path, { networkId: root.networkId, root }, optionsOf(passphrase));
    return root;
  }

  async #load<T>(
    path: string,
    name: KeyFileName,
    load: (path: string, options: KeyFileOptions) => Promise<T>,
  ): Promise<T> {
    const isSealed = await isKeyFileSealed(path, name);
    if (isSealed && this.#passphrase === undefined && typeof this.#source === "function") {
      this.#passphrase = await this.#source();
    }
    try {
      const loaded = await load(path, optionsOf(this.#passphrase));
      this.#isProved ||= isSealed;
      return loaded;
    } catch (error) {
      throw this.#isProved && isGstoreError(error, "PASSPHRASE_NEEDED") ? differing(path) : error;
    }
  }
}

/**
 * Puts a folder's key files under another passphrase, or none; each is replaced whole. Where it was cut off some files
 * are under the one and some under the other: made again it finishes. Rejects with `NOT_INITIALISED`, or with
 * `PASSPHRASE_NEEDED` before anything is changed, where a file is opened by neither. A running node goes on.
 */
export async function changePassphrase(dir: string, change: PassphraseChange): Promise<void> {
  const prepared: ((() => Promise<void>) | null)[] = [];
  for (const [path, name] of await keyFilesOf(dir)) prepared.push(await prepareReseal(path, name, change));
  for (const carryOut of prepared) await carryOut?.();
}

/** How many of a folder's key files are under a passphrase. Rejects with `NOT_INITIALISED`. */
export async function passphraseUse(dir: string): Promise<"all" | "some" | "none"> {
  const files = await keyFilesOf(dir);
  const sealed = await Promise.all(files.map(([path, name]) => isKeyFileSealed(path, name)));
  return sealed.every((is) => is) ? "all" : sealed.some((is) => is) ? "some" : "none";
}

async function keyFilesOf(dir: string): Promise<(readonly [string, KeyFileName])[]> {
  const { identity, network } = nodePaths(dir);
  const own = [identity, "identity"] as const;
  return (await exists(network)) ? [own, [network, "network"]] : [own];
}

async function resealed(path: string, name: KeyFileName, passphrase: string | undefined): Promise<void> {
  if (passphrase === undefined || (await isKeyFileSealed(path, name))) return;
  await (await prepareReseal(path, name, { from: undefined, to: passphrase }))?.();
}

async function rootKeyOfFile(path: string, options: KeyFileOptions): Promise<RootKey> {
  const { root } = await loadNetworkKeys(path, options);
  if (root !== null) return root;
  throw new GstoreError("KEY_FILE_INVALID", "That network file has no root key in it.", { path });
}

function optionsOf(passphrase: string | undefined): KeyFileOptions {
  return passphrase === undefined ? {} : { passphrase };
}

function differing(path: string): GstoreError {
  const message = `${path} is under another passphrase than the rest: a change of it was cut off. Finish it with: gstore passphrase change`;
  return new GstoreError("PASSPHRASE_NEEDED", message, { path });
}
