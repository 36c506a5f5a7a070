import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, link, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GstoreError } from "@gstore/core";

const MODE_OWNER_ONLY = 0o600;
const LINKS_UNSUPPORTED = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** A new file for its owner alone, whole and synced once it has its name. A name that is taken is an `EEXIST`. */
export async function placeFile(path: string, text: string): Promise<void> {
  const temporary = temporaryOf(path);
  await writeSynced(temporary, text);
  try {
    await takeName(temporary, path);
  } finally {
    await unlink(temporary).catch(ignoreMissing);
  }
  await syncFolder(dirname(path));
}

/** Puts a file in the place of another one, whole and synced, once `check` has found nothing wrong with it. */
export async function replaceFile(
  path: string,
  text: string,
  check: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryOf(path);
  await writeSynced(temporary, text);
  try {
    await check(temporary);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing);
    throw error;
  }
  await syncFolder(dirname(path));
}

function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", MODE_OWNER_ONLY);
  try {
    // The umask may have taken bits away, never added any.
    await file.chmod(MODE_OWNER_ONLY);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await unlink(path).catch(ignoreMissing);
    throw error;
  } finally {
    await file.close();
  }
}

/** Gives the file its name unless that is taken: a link fails where a rename would replace. */
async function takeName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!LINKS_UNSUPPORTED.includes(systemCodeOf(error) ?? "")) throw error;
    const isTaken = await access(path).then(
      () => true,
      (cause) => systemCodeOf(cause) !== "ENOENT",
    );
    if (isTaken) throw Object.assign(new Error("the name is taken"), { code: "EEXIST" });
    await rename(temporary, path);
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows can't open a folder; its file systems log the change of a name by themselves.
  if (process.platform === "win32") return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCodeOf(error) !== "ENOENT") throw error;
}

/** The system's code of a fault of the file system; GstoreErrors have a `code` too, but no errno. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof GstoreError) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : undefined;
}
