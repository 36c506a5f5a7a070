// Durable puts and gets of the disk store, beside plain writes with fdatasync of the same bytes in the same run.
// node --conditions=@gstore/source bench/disk-store.bench.mjs [folder] [MiB of 256 KiB blobs] [number of 4 KiB blobs]
import { randomFillSync } from "node:crypto";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writevSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStore } from "@gstore/cas";
import { digestOf } from "@gstore/core";

const KIB = 1024;
const MIB = 1024 * KIB;
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "gstore-bench-"));
const largeCount = Number(process.argv[3] ?? 512) * 4;
const smallCount = Number(process.argv[4] ?? 50_000);

try {
  await compare({ label: "256 KiB", size: 256 * KIB, count: largeCount, atOnce: 64, groupBytes: 16 * MIB });
  await compare({ label: "4 KiB", size: 4 * KIB, count: smallCount, atOnce: 4096, groupBytes: 16 * MIB });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare({ label, size, count, atOnce, groupBytes }) {
  const source = makeSource(size, count);
  // The first file of a run pays for the disk's and the cache's warming up.
  plain(source, Math.ceil(count / 4), groupBytes);
  report(
    `${label} plain write + fdatasync each ${groupBytes / MIB} MiB`,
    plain(source, count, groupBytes),
    size,
    count,
  );
  const dir = join(folder, label.replaceAll(" ", "-"));
  const store = await openDiskStore({ dir });
  report(
    `${label} put, hashed by the store`,
    await timed(() => putAll(store, source, count, atOnce, false)),
    size,
    count,
  );
  report(`${label} get`, await timed(() => getAll(store, source, count, 32)), size, count);
  report(`${label} verify`, await timed(() => store.blobs.verify()), size, count);
  const all = [];
  for (let index = 0; index < count; index += 2) all.push(source.digest(index));
  report(
    `${label} delete half and compact`,
    await timed(() => store.blobs.delete(all).then(() => store.compact())),
    size,
    count / 2,
  );
  await store.close();
  writeLine(`${"".padEnd(60)} ${rssText()}`);
  rmSync(dir, { recursive: true, force: true });
}

/** Blobs that differ in their first bytes, over one random buffer: making them must not cost more than storing them. */
function makeSource(size, count) {
  const bytes = randomFillSync(Buffer.alloc(size));
  const digests = [];
  const blob = (index) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(index, 0);
    return copy;
  };
  for (let index = 0; index < count; index++) digests.push(digestOf(blob(index)));
  return { blob, digest: (index) => digests[index] };
}

function plain(source, count, groupBytes) {
  const path = join(folder, "plain");
  const started = performance.now();
  const file = openSync(path, "w");
  let parts = [];
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    parts.push(source.blob(index));
    bytes += parts.at(-1).length;
    if (bytes < groupBytes && index + 1 < count) continue;
    for (let from = 0; from < parts.length; from += 1024) writevSync(file, parts.slice(from, from + 1024));
    fdatasyncSync(file);
    parts = [];
    bytes = 0;
  }
  closeSync(file);
  const took = performance.now() - started;
  rmSync(path);
  return took;
}

async function putAll(store, source, count, atOnce, digestChecked) {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < count; index = next++) {
        await store.blobs.put(source.digest(index), source.blob(index), { digestChecked });
      }
    }),
  );
}

async function getAll(store, source, count, atOnce) {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < count; index = next++) await store.blobs.get(source.digest(index));
    }),
  );
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function report(label, tookMs, size, count) {
  const rate = (size * count) / MIB / (tookMs / 1000);
  const perSecond = count / (tookMs / 1000);
  writeLine(
    `${label.padEnd(60)} ${rate.toFixed(0).padStart(6)} MiB/s ${perSecond.toFixed(0).padStart(8)} /s`,
  );
}

function rssText() {
  const status = readFileSync("/proc/self/status", "utf8");
  return /RssAnon:\s+\d+ kB/.exec(status)?.[0] ?? "";
}

function writeLine(line) {
  process.stdout.write(`${line}\n`);
}
