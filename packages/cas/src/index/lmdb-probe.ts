import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { Clock } from "@gstore/core";
import { INDEX_PROBE_BYTES_PER_MS, INDEX_PROBE_TIMEOUT_MS } from "../constants.ts";

/**
 * Runs in the probing process: checks every record and that all of them are found, and commits a change, which walks the
 * list of free pages too. In text form because a bundle has no file of it.
 */
const SCRIPT = `
const { folder, lmdb } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const { open } = require(lmdb);
const { crc32 } = require("node:zlib");
const options = { path: folder, keyEncoding: "binary", encoding: "binary", overlappingSync: false, maxDbs: 1 };
const database = open(options);
let records = 0;
for (const { key, value } of database.getRange({ snapshot: true })) {
  const length = value.length - 4;
  if (length < 0 || crc32(value.subarray(0, length), crc32(key)) !== value.readUInt32LE(length)) process.exit(1);
  records++;
}
if (records !== database.getStats().entryCount) process.exit(1);
const key = Buffer.from([255, 255]);
database.putSync(key, Buffer.from([1]));
database.removeSync(key);
database.close().then(() => process.exit(0));
`;

/** Whether a process of its own can read and write the LMDB file without an error or a crash. */
export async function probeLmdb(options: { folder: string; bytes: number; clock: Clock }): Promise<boolean> {
  const { folder, bytes, clock } = options;
  const lmdb = createRequire(import.meta.url).resolve("lmdb");
  const child = spawn(process.execPath, ["-e", SCRIPT], { stdio: ["pipe", "ignore", "ignore"], env: {} });
  const timeoutMs = INDEX_PROBE_TIMEOUT_MS + bytes / INDEX_PROBE_BYTES_PER_MS;
  const cancel = clock.after(timeoutMs, () => child.kill("SIGKILL"));
  try {
    return await new Promise<boolean>((resolve) => {
      child.once("error", () => resolve(false));
      child.once("exit", (code) => resolve(code === 0));
      child.stdin.once("error", () => resolve(false));
      child.stdin.end(JSON.stringify({ folder, lmdb }));
    });
  } finally {
    cancel();
  }
}
