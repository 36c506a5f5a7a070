import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const ENTRY = fileURLToPath(new URL("../src/gstore.ts", import.meta.url));
const LAUNCHER = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url));
/** Writes which parts of Node itself were loaded to standard error. */
const TELL_INTERNALS = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  process.on("exit", () => writeSync(2, process.moduleLoadList.join("\\n")));
`)}`;
/** Writes the address of each module that is loaded to standard error. */
const TELL_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  import { writeSync } from "node:fs";
  registerHooks({ load: (url, context, next) => { writeSync(2, url + "\\n"); return next(url, context); } });
`)}`;

test("help loads neither a node nor the formats, and no code that is not JavaScript", () => {
  const modules = modulesOf(["--help"]);
  const ours = modules.filter((url) => !url.includes("node_modules") && url.includes("/packages/"));
  expect(ours.filter((url) => !/packages\/(gateway|core)\/src/.test(url))).toEqual([]);
  expect(ours).not.toContainEqual(expect.stringMatching(/packages\/core\/src\/(index|cbor|digest)\.ts$/));
  expect(modules).not.toContainEqual(expect.stringMatching(/\.node$|blake-hash|lmdb|libp2p|cborg/));
  // Their facades evaluate every export, which costs as much as reading the help.
  expect(modules).not.toContain("node:http");
  expect(modules).not.toContain("node:crypto");
});

test("from a clone, a second start finds all TypeScript stripped already", () => {
  const cache = mkdtempSync(join(tmpdir(), "gstore-cache-"));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const start = (): string => {
    const options = ["--conditions=@gstore/source", "--import", TELL_INTERNALS, LAUNCHER, "cli", "--version"];
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    const { status, stderr } = spawnSync(process.execPath, options, { encoding: "utf8", env });
    expect(status).toBe(0);
    return stderr;
  };
  const stripper = /internal\/deps\/amaro/;
  expect(start()).toMatch(stripper);
  expect(start()).not.toMatch(stripper);
});

function modulesOf(args: readonly string[]): string[] {
  const options = [
    "--conditions=@gstore/source",
    "--disable-warning=ExperimentalWarning",
    "--import",
    TELL_MODULES,
  ];
  const { status, stderr, stdout } = spawnSync(process.execPath, [...options, ENTRY, ...args], {
    encoding: "utf8",
  });
  expect({ status, help: stdout.startsWith("gstore keeps your files") }).toEqual({ status: 0, help: true });
  return stderr.trim().split("\n");
}
