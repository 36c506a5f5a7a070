import { rmdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { MembershipRecord } from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { KeyFiles } from "./key-files.ts";
import { makeFolder, writeRecords } from "./node-folder.ts";
import { nodePaths } from "./node-paths.ts";
import { exists } from "./synced-file.ts";

/** A member's folder that is no node's yet: it has an identity, and nobody has admitted it. */
export interface MemberFolder {
  readonly identity: NodeIdentity;
  /** Makes it a node's: `records` is the membership log that admits it. */
  admitted(records: readonly MembershipRecord[]): Promise<void>;
  /** Takes away again what was made. */
  giveUp(): Promise<void>;
}

/** Begins a folder. A disk that refuses is to say so before a ticket is used. */
export async function beginMemberFolder(
  dir: string,
  { passphrase }: { readonly passphrase: string | undefined },
): Promise<MemberFolder> {
  const topmost = await makeFolder(dir);
  const paths = nodePaths(dir);
  const giveUp = async (isNew: boolean): Promise<void> => {
    if (isNew) await unlink(paths.identity).catch(() => {});
    if (topmost !== undefined) await removeFolders(dir, topmost);
  };
  try {
    const { identity, isNew } = await new KeyFiles(passphrase).keepOrMakeIdentity(paths.identity, passphrase);
    return {
      identity,
      admitted: (records) => writeRecords(paths, records),
      giveUp: () => giveUp(isNew),
    };
  } catch (error) {
    await giveUp(false);
    throw error;
  }
}

/** Whether a folder has an identity: one that was begun and never finished, where it is no node's. */
export function hasIdentity(dir: string): Promise<boolean> {
  return exists(nodePaths(dir).identity);
}

/** From the innermost out; one that has something in it stays, and with it those around it. */
async function removeFolders(dir: string, topmost: string): Promise<void> {
  for (let folder = dir; ; folder = dirname(folder)) {
    const isGone = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!isGone || folder === topmost || folder === dirname(folder)) return;
  }
}
