import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "./scratch.ts";

test("files are 0600 and folders 0700, also under umask 000", () => {
  const dir = join(scratchFolder(), "a", "store");
  const script = join(import.meta.dirname, "open-mask.ts");
  execFileSync(process.execPath, ["--conditions=@gstore/source", script, dir]);
  const seen = readdirSync(dir, { recursive: true, withFileTypes: true });
  expect(seen.length).toBeGreaterThan(8);
  for (const entry of seen) {
    const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
    expect(mode.toString(8), entry.name).toBe(entry.isDirectory() ? "700" : "600");
  }
  expect((statSync(dir).mode & 0o777).toString(8)).toBe("700");
});
