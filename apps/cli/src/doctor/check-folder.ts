import { access, constants, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shellQuote } from "@gstore/gateway/client";
import { formatSpan } from "../time-span.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Files of a node's folder that hold secrets, or tell who knows whom. */
const PRIVATE_FILES = [
  "identity",
  "network.json",
  "membership",
  "invites.json",
  "sightings.json",
  "addresses.json",
  "config.toml",
];
const OTHERS = 0o077;
/** A file's time may be this far (ms) ahead of the clock: shared disks have clocks of their own. */
const AHEAD_MAX_MS = 5 * 60_000;

/** Whether the folder and what is in it belong to its user alone. */
export async function checkPermissions(dir: string): Promise<Finding> {
  const check = "permissions";
  const folder = await stat(dir);
  const fix = `chmod -R go= ${shellQuote(dir)}`;
  const isOwn = process.getuid === undefined || folder.uid === process.getuid();
  if (!isOwn)
    return problem(check, `${dir} belongs to another user.`, "Run gstore as that user, or change its owner.");
  if ((folder.mode & OTHERS) !== 0)
    return problem(check, `Others on this machine may look into ${dir}.`, `Run: ${fix}`);
  const open: string[] = [];
  for (const name of PRIVATE_FILES) {
    const found = await stat(join(dir, name)).catch(() => null);
    if (found !== null && (found.mode & OTHERS) !== 0) open.push(name);
  }
  if (open.length > 0)
    return problem(check, `Others on this machine may read ${open.join(", ")} in ${dir}.`, `Run: ${fix}`);
  return ok(check, `${dir} is its owner's alone`);
}

/** Whether this user may look into the folder, in which there may be a node then. Null where it may. */
export async function checkAccess(dir: string): Promise<Finding | null> {
  try {
    await access(dir, constants.R_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    const advice = "Run gstore as the user whose node it is, or give the folder to this one (chown).";
    return problem("folder", `This user may not look into ${dir} (${code}).`, advice);
  }
}

/** Whether something can be written into the folder: tried, for a disk may also be full, over its quota, or read-only. */
export async function checkWriting(dir: string): Promise<Finding> {
  const check = "writing";
  const path = join(dir, `doctor-${process.pid}`);
  try {
    await writeFile(path, new Uint8Array(WRITTEN_BYTES), { flag: "wx", mode: 0o600 });
    return ok(check, "the node can write into its folder");
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    const message = `Nothing can be written into ${dir} (${code}): ${WRITE_FAILURES[code] ?? "the disk failed"}.`;
    return problem(
      check,
      message,
      WRITE_ADVICE[code] ?? "Look at the system's log for what is wrong with the disk.",
    );
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

const WRITTEN_BYTES = 4096;
const WRITE_FAILURES: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "this user's quota is used up",
  EROFS: "the disk is mounted read-only",
  EACCES: "this user may not",
  EPERM: "this user may not",
};
const ROOM_ADVICE =
  "Make room on the disk, or raise the quota: nothing can be put until then, and what is stored stays.";
const USER_ADVICE = "Run gstore as the user whose folder it is, or let that user write there (chmod u+w).";
const WRITE_ADVICE: Record<string, string> = {
  ENOSPC: ROOM_ADVICE,
  EDQUOT: ROOM_ADVICE,
  EROFS: "Mount it for writing. A system that did so by itself found the disk failing: see its log first.",
  EACCES: USER_ADVICE,
  EPERM: USER_ADVICE,
};

/** Whether the clock is behind what it was. By the network alone a node can't tell what time it is. */
export async function checkClock(dir: string, nowMs: number): Promise<Finding> {
  const check = "clock";
  const names = await readdir(dir);
  const times = await Promise.all(
    names.map((name) =>
      stat(join(dir, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const aheadMs = Math.max(0, ...times) - nowMs;
  const now = new Date(nowMs).toISOString();
  if (aheadMs <= AHEAD_MAX_MS) return ok(check, `it is ${now}, and no file of the node is from later`);
  return problem(
    check,
    `It is ${now} by this machine, and files of the node are from ${formatSpan(aheadMs)} later.`,
    "Set the clock, or switch its synchronisation on (timedatectl set-ntp true): which of two versions is shown, and when invitations and old versions end, goes by it.",
  );
}

/** Whether there is room for more. */
export function checkDisk(
  { free, size }: { readonly free: number; readonly size: number },
  shown: string,
): Finding {
  const check = "disk";
  const message = `${shown} free`;
  const advice =
    "Make room on the disk, take files away (gstore rm, gstore gc), or let the node hold less (--capacity).";
  if (free < FREE_BYTES_MIN) return problem(check, `Only ${message}: puts will fail soon.`, advice);
  if (free < size * FREE_SHARE_MIN) return warning(check, `Only ${message}.`, advice);
  return ok(check, message);
}

const FREE_BYTES_MIN = 256 * 1024 * 1024;
const FREE_SHARE_MIN = 0.05;
