#!/usr/bin/env node
// The first file that runs, on whatever Node there is: it must parse on an old one, so all else is imported only after the check.
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isSupported = (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;

if (isSupported) {
  // Node's own default is a folder in /tmp that another user could have made first, to have us run what is in it.
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  if (existsSync(homedir())) nodeModule.enableCompileCache?.(join(cache, "gstore", "compiled"));
  await import("./main.ts");
} else {
  console.error(`gstore needs Node 22.18, 24.11, or 26 and later; this is Node ${process.versions.node}.`);
  process.exitCode = 1;
}
