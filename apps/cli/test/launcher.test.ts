import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const LAUNCHER = join(import.meta.dirname, "../../../scripts/run.mjs");

async function launched(
  args: readonly string[],
): Promise<{ code: number | null; stderr: string; cwd: string }> {
  const cwd = await mkdtemp(join(tmpdir(), "gstore-launcher-"));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const env = { ...process.env, GSTORE_DIR: join(cwd, "node") };
  const { status, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], { cwd, env, encoding: "utf8" });
  return { code: status, stderr, cwd };
}

test.each([[["cli"]], [["pnpm", "--filter", "cli", "start"]]])(
  "%j keeps the command's exit code, and takes paths from where the caller stands",
  async (start) => {
    const usage = await launched([...start, "ls", "--frob"]);
    expect([usage.code, usage.stderr]).toEqual([2, expect.stringContaining("Unknown option")]);
    const missing = await launched([...start, "put", "nothing here"]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining(join(missing.cwd, "nothing here")),
    ]);
    expect((await launched([...start, "status"])).code).toBe(4);
  },
);
