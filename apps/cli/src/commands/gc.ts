import type { GcRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { startProgress } from "../progress.ts";
import { historyPausedText } from "./status.ts";

interface GcArguments {
  readonly "dry-run"?: boolean;
}

export const gcCommand: Command<GcArguments> = {
  options: { "dry-run": { type: "boolean", description: "Say what would be taken away, and take nothing" } },
  examples: [
    ["gc", "give back the space of what no version has any more"],
    ["gc --dry-run", "say how much that is"],
  ],
  details:
    "A node does this by itself, at most once an hour. Ends with exit code 1 where nothing may be taken, since a version can't be read.",
  run: gc,
};

async function gc(
  { client, output, signal }: CommandContext,
  { "dry-run": dryRun = false }: GcArguments,
): Promise<ExitCode> {
  const progress = startProgress(output, {
    label: "looking for garbage",
    total: 100,
    format: (share) => `${share} %`,
  });
  let shown = 0;
  let report: GcRecord | undefined;
  try {
    for await (const event of client.collectGarbage({ signal, dryRun })) {
      if (event.type === "report") {
        const { type: _type, ...rest } = event;
        report = rest;
        continue;
      }
      const { step, done, total } = event;
      // Marking reads all entries, sweeping an index: nearly all of the time goes into the first.
      const share = Math.floor(
        (step === "marking" ? 0 : 90) + ((step === "marking" ? 90 : 10) * done) / Math.max(1, total),
      );
      progress.add(Math.max(0, share - shown));
      shown = Math.max(shown, share);
    }
  } finally {
    progress.end();
  }
  const found = report as GcRecord;
  await output.result(found, () => describe(found));
  return found.unreadable.length === 0 ? EXIT.done : EXIT.failed;
}

function describe({ dryRun, expired, historyPaused, blobs, bytes, leased, unreadable }: GcRecord): string {
  const lines: string[] = [];
  const [first] = unreadable;
  if (first !== undefined) {
    const which = first.version === null ? "an entry" : `version ${first.version}`;
    lines.push(`nothing was taken: ${which} can't be read here (${first.code}). Run gstore verify.`);
  } else if (dryRun) lines.push(`${count(blobs, "blob")} (${formatBytes(bytes)}) would be taken away`);
  else lines.push(`took away ${count(blobs, "blob")} (${formatBytes(bytes)})`);
  if (expired > 0) lines.push(`${count(expired, "old version")} given up`);
  if (historyPaused !== null) lines.push(historyPausedText(historyPaused));
  if (leased > 0) lines.push(`${count(leased, "blob")} kept for up to an hour, for puts of other nodes`);
  return lines.join("\n");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
