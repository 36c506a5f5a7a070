import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Lab } from "./lab.ts";

const run = promisify(execFile);
const MIB = 2 ** 20;

/** Whether this process may mount file systems; asked once. Tests that need it are skipped elsewhere. */
export const canMount: boolean = await triesMount();

/** Mounts an empty disk of so many MiB in the lab, and gives its path. */
export async function mountSmallDisk(lab: Lab, mib: number): Promise<string> {
  const path = await lab.path("small-disk");
  await mkdir(path);
  await run("mount", ["-t", "tmpfs", "-o", `size=${mib * MIB},mode=0700`, "none", path]);
  lab.cleanUp(() => unmount(path));
  return path;
}

/** A disk that can lose its power. */
export class CuttableDisk {
  readonly path: string;
  readonly #image: string;

  private constructor(path: string, image: string) {
    this.path = path;
    this.#image = image;
  }

  /** Makes an empty ext4 file system of so many MiB in the lab, and mounts it. */
  static async mount(lab: Lab, mib: number): Promise<CuttableDisk> {
    const disk = new CuttableDisk(await lab.path("disk"), await lab.path("image"));
    await mkdir(disk.path);
    await run("truncate", ["-s", String(mib * MIB), disk.#image]);
    await run("mkfs.ext4", ["-q", "-F", disk.#image]);
    await run("mount", ["-o", "loop", disk.#image, disk.path]);
    lab.cleanUp(() => unmount(disk.path));
    return disk;
  }

  /** From now on nothing reaches the disk, and what was not synced never will. Every access fails. */
  async cutPower(): Promise<void> {
    const EXT4_IOC_SHUTDOWN = "0x8004587d";
    const NO_LOG_FLUSH = "2";
    const script = `my $flags = pack("L", ${NO_LOG_FLUSH}); open(my $f, "<", $ARGV[0]) or die $!;
      ioctl($f, ${EXT4_IOC_SHUTDOWN}, $flags) or die $!`;
    await run("perl", ["-e", script, this.path]);
  }

  /** What a machine finds that starts again. Nobody may have files of it open. */
  async powerUp(): Promise<void> {
    await run("umount", [this.path]);
    await run("mount", ["-o", "loop", this.#image, this.path]);
  }
}

async function unmount(path: string): Promise<void> {
  await run("umount", [path]).catch(() => run("umount", ["-l", path]));
}

async function triesMount(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const path = await mkdtemp(join(tmpdir(), "gstore-mount-"));
  try {
    await run("mount", ["-t", "tmpfs", "none", path]);
    await unmount(path);
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
