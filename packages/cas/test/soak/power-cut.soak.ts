import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Acknowledged } from "../acknowledged.ts";
import { scratchFolder } from "../scratch.ts";

const ROUNDS = Number(process.env.GSTORE_POWER_CUTS ?? 10);
const WRITER = join(import.meta.dirname, "..", "writer.ts");
/** EXT4_IOC_SHUTDOWN without flushing the journal: what xfs_io's `shutdown` does. */
const CUT =
  "import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
const NO_SYNC = "int fsync(int f){return 0;} int fdatasync(int f){return 0;}";

/** An ext4 of its own on a loop device, mounted at the folder it resolves with. */
function makeDisk(skip: (reason: string) => void): { mount: string; remount: () => void; cut: () => void } {
  const folder = scratchFolder(tmpdir());
  const [image, mount] = [join(folder, "image"), join(folder, "mount")];
  const run = (command: string, ...rest: string[]): void =>
    void execFileSync(command, rest, { stdio: "pipe" });
  mkdirSync(mount);
  writeFileSync(image, "");
  truncateSync(image, 512 * 1024 * 1024);
  try {
    run("mkfs.ext4", "-q", "-F", image);
    run("mount", "-o", "loop", image, mount);
    run("python3", "-c", "import fcntl");
  } catch (error) {
    skip(`no disk of its own can be made here: ${(error as Error).message}`);
  }
  onTestFinished(() => run("umount", "-l", mount));
  return {
    mount,
    remount: () => {
      run("umount", mount);
      run("mount", "-o", "loop", image, mount);
    },
    cut: () => run("python3", "-c", CUT, mount),
  };
}

/** Writes until so much is acknowledged, then cuts the power and comes back. */
async function writeAndCut(
  disk: ReturnType<typeof makeDisk>,
  acknowledged: Acknowledged,
  { changes, preload }: { changes: number; preload?: string },
): Promise<void> {
  const arguments_ = [
    "--conditions=@gstore/source",
    WRITER,
    join(disk.mount, "store"),
    String(acknowledged.next),
  ];
  const env = preload === undefined ? process.env : { ...process.env, LD_PRELOAD: preload };
  const writer = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "ignore"], env });
  const target = acknowledged.size + changes;
  let isCut = false;
  writer.stdout.on("data", (bytes) => {
    acknowledged.take(String(bytes));
    if (isCut || acknowledged.size < target) return;
    isCut = true;
    disk.cut();
    writer.kill("SIGKILL");
  });
  await once(writer, "close");
  expect(isCut).toBe(true);
  disk.remount();
}

test("what was acknowledged is there after each power cut", { timeout: 600_000 }, async ({ skip }) => {
  const disk = makeDisk(skip);
  const acknowledged = new Acknowledged();
  for (let round = 0; round < ROUNDS; round++) {
    await writeAndCut(disk, acknowledged, { changes: 200 + 150 * (round % 7) });
    await acknowledged.expectIn(join(disk.mount, "store"));
  }
});

test("without real syncs the same test fails", { timeout: 120_000 }, async ({ skip }) => {
  const disk = makeDisk(skip);
  const library = join(scratchFolder(tmpdir()), "nosync.so");
  execFileSync("gcc", ["-shared", "-fPIC", "-x", "c", "-o", library, "-"], { input: NO_SYNC });
  const acknowledged = new Acknowledged();
  await writeAndCut(disk, acknowledged, { changes: 500, preload: library });
  const store = join(disk.mount, "store");
  const check = existsSync(store)
    ? acknowledged.expectIn(store)
    : Promise.reject(new Error("nothing is left"));
  await expect(check).rejects.toThrow();
});
