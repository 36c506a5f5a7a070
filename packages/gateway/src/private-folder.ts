import { lstat, mkdir } from "node:fs/promises";
import { GstoreError } from "@gstore/core";

/**
 * Makes sure that `path` is a folder that only this user can enter, creating it if it is missing. Rejects with
 * `REQUEST_REFUSED` where something else has taken the name: whoever owns the folder of a socket can replace the socket.
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const stats = await lstat(path);
  const refuse = (reason: string): never => {
    throw new GstoreError("REQUEST_REFUSED", `The folder ${path} ${reason}. Remove it and start again.`, {
      path,
    });
  };
  if (!stats.isDirectory()) refuse("is no folder");
  if (process.getuid !== undefined && stats.uid !== process.getuid()) refuse("belongs to another user");
  if ((stats.mode & 0o077) !== 0) refuse("is open to other users (its mode must be 0700)");
}
