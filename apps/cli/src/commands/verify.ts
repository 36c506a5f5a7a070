import type { VerifyRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { startProgress } from "../progress.ts";

export const verifyCommand: Command<object> = {
  examples: [["verify", "read every stored blob again and compare it with its digest"]],
  details: "Ends with exit code 1 where something is damaged, and names it.",
  run: verify,
};

async function verify({ client, output, signal }: CommandContext): Promise<ExitCode> {
  const { blobBytes } = await client.status({ signal });
  const progress = startProgress(output, { label: "verifying", total: blobBytes });
  let seen = 0;
  let report: VerifyRecord = { blobs: 0, bytes: 0, damaged: [], damagedSpans: [] };
  try {
    for await (const event of client.verify({ signal })) {
      progress.add(event.bytes - seen);
      seen = event.bytes;
      if (event.type === "report") report = withoutType(event);
    }
  } finally {
    progress.end();
  }
  await output.result(report, () => describe(report));
  return report.damaged.length + report.damagedSpans.length === 0 ? EXIT.done : EXIT.failed;
}

function withoutType({ blobs, bytes, damaged, damagedSpans }: VerifyRecord): VerifyRecord {
  return { blobs, bytes, damaged, damagedSpans };
}

function describe({ blobs, bytes, damaged, damagedSpans }: VerifyRecord): string {
  const checked = `checked ${blobs} ${blobs === 1 ? "blob" : "blobs"} (${formatBytes(bytes)})`;
  if (damaged.length + damagedSpans.length === 0) return `${checked}: all intact`;
  return [
    `${checked}: ${damaged.length} damaged`,
    ...damaged.map(({ digest, reason }) => `damaged ${digest}: ${printable(reason)}`),
    ...damagedSpans.map(
      ({ path, offset, bytes: length }) => `unreadable ${printable(path)}: ${length} bytes at ${offset}`,
    ),
  ].join("\n");
}
