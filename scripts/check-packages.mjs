// Packs every public package as it would be published, and lets publint and attw judge the tarball.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules", ".bin");

const folder = mkdtempSync(join(tmpdir(), "gstore-pack-"));
let failed = 0;
try {
  for (const { name, path } of publicPackages()) check(name, path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

function publicPackages() {
  return ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(ROOT, parent))
      .map((entry) => join(ROOT, parent, entry))
      .filter((path) => existsSync(join(path, "package.json")))
      .map((path) => ({ path, ...JSON.parse(readFileSync(join(path, "package.json"), "utf8")) }))
      .filter((manifest) => !manifest.private),
  );
}

function check(name, path) {
  const before = new Set(readdirSync(folder));
  if (!run(name, ["pnpm", "pack", "--pack-destination", folder], path)) return;
  const tarball = readdirSync(folder).find((file) => !before.has(file));
  if (!tarball) return report(name, "pack left no tarball");
  const file = join(folder, tarball);
  const isFine = [
    run(name, [join(BIN, "publint"), "run", "--strict", file], ROOT),
    run(name, [join(BIN, "attw"), file, "--profile", "esm-only", "--no-emoji"], ROOT),
  ].every(Boolean);
  if (isFine) console.log(`${name}: publint and attw have nothing to say`);
}

function run(name, [command, ...args], cwd) {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (result.status === 0) return true;
  report(name, `${command} ${args.join(" ")} failed\n${result.error ?? ""}${result.stdout}${result.stderr}`);
  return false;
}

function report(name, text) {
  failed++;
  console.error(`${name}: ${text}`);
}
