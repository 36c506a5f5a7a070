import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStore } from "@gstore/cas";
import { digestOf, type Entry, keyIdFromBytes, SIGNATURE_BATCH_ENTRIES_MAX } from "@gstore/core";
import { signEntries, type UnsignedEntry, unsignedEntry } from "@gstore/crypto";
import {
  decodeHoldsVersions,
  decodeStoreFile,
  encodeHoldsVersionsAnswer,
  encodeStoreFileAnswer,
} from "@gstore/p2p";
import type { MemoryDiskStore } from "@gstore/testing";
import { expect, onTestFinished, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { TestAuthor } from "../support/test-author.ts";
import { TestNetwork } from "../support/test-network.ts";
import { until } from "../support/waiting.ts";

const KEYS = 1_000_000;
/** What a peer says it does not hold: of a digest's last byte one value. */
const LACKING = "7";
/** A page of a thousand entries, and garbage; a list of a million versions would be 200 MiB. */
const GROWTH_BYTES_MAX = 120 * 1024 * 1024;

test("leaving with 1,000,000 keys takes no more memory than with few", { timeout: 3_600_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "gstore-leave-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const network = new TestNetwork();
  const self = network.identity("b");
  const disk = await openDiskStore({ dir, holder: "soak" });
  const head = self.certificate[0]?.id;
  if (head === undefined) throw new Error("b has a certificate");
  const author = new TestAuthor({ ...self, space: network.log.space.id, head });
  let last: Entry | null = null;
  for (let seq = 1; seq <= KEYS; seq += SIGNATURE_BATCH_ENTRIES_MAX) {
    const entries = signEntries(unsignedFrom(author, seq, last), self.identity);
    await disk.entries.append(entries, { complete: true });
    last = entries.at(-1) as Entry;
  }
  const b = await network.node("b", { self, disk: disk as unknown as MemoryDiskStore });
  const raw = await RawMember.join(network, "raw");
  let isGiven = 0;
  raw.answers.set("holdsVersions", (message) =>
    encodeHoldsVersionsAnswer(decodeHoldsVersions(message).filter((version) => !version.endsWith(LACKING))),
  );
  raw.answers.set("storeFile", (message) => {
    const { entries } = decodeStoreFile(message);
    isGiven += entries.length;
    return encodeStoreFileAnswer(entries.map(() => "held" as const));
  });
  await network.hub.connect(raw.id, b.id);
  await until("b knows it", () => b.parts.members.count === 2);
  const before = anonymousBytes();
  let most = 0;
  const started = performance.now();
  const report = await b.node.leave({
    onProgress: () => {
      most = Math.max(most, anonymousBytes());
    },
  });
  const tookS = (performance.now() - started) / 1000;
  process.stdout.write(
    `left with ${KEYS} keys in ${tookS.toFixed(1)} s, ${isGiven} handed over; ` +
      `RssAnon ${mib(before)} MiB before, at most ${mib(most)} MiB\n`,
  );
  expect(report).toMatchObject({ onlyHere: { files: 0 }, kept: { files: KEYS } });
  expect(report.handedOver.files).toBe(isGiven);
  expect(isGiven).toBeGreaterThan(KEYS / 20);
  expect(most - before).toBeLessThan(GROWTH_BYTES_MAX);
  await network.stop();
});

function unsignedFrom(author: TestAuthor, from: number, before: Entry | null): UnsignedEntry[] {
  let prev = before?.id ?? null;
  const count = Math.min(SIGNATURE_BATCH_ENTRIES_MAX, KEYS - from + 1);
  return Array.from({ length: count }, (_, index) => {
    const seq = from + index;
    const keyId = keyIdFromBytes(Buffer.from(digestOf(Buffer.from(`key ${seq}`)).slice(4), "hex"));
    const entry = unsignedEntry(author.body({ seq, prev }, { keyId }));
    prev = entry.id;
    return entry;
  });
}

/** What counts as memory, see docs: mapped index pages are the system's to take back. */
function anonymousBytes(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
