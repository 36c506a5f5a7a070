import type { VerifyRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { startProgress } from "../progress.ts";

interface VerifyArguments {
  readonly repair?: boolean;
}

const DETAILS =
  "The node does the same by itself all the time, a little at a time: see `gstore status`. Files are named where this node can read their names.";

export const verifyCommand: Command<VerifyArguments> = {
  options: { repair: { type: "boolean", description: "Store again from other nodes what is damaged" } },
  examples: [
    ["verify", "read every stored blob again and compare it with its digest"],
    ["verify --repair", "and fetch what is damaged from other nodes"],
  ],
  details: `Ends with exit code 1 where something is damaged and not repaired, and names it. ${DETAILS}`,
  run: (context, { repair }) => verify(context, repair ?? false),
};

export const repairCommand: Command<object> = {
  examples: [["repair", "the same as `verify --repair`"]],
  details: `Ends with exit code 1 where something could not be repaired, and names it. ${DETAILS}`,
  run: (context) => verify(context, true),
};

async function verify({ client, output, signal }: CommandContext, repair: boolean): Promise<ExitCode> {
  const { blobBytes } = await client.status({ signal });
  const progress = startProgress(output, { label: "verifying", total: blobBytes });
  let seen = 0;
  let report: VerifyRecord | undefined;
  try {
    for await (const event of client.verify({ signal, repair })) {
      progress.add(event.bytes - seen);
      seen = event.bytes;
      if (event.type === "report") {
        const { type: _type, ...record } = event;
        report = record;
      }
    }
  } finally {
    progress.end();
  }
  if (report === undefined) return EXIT.failed;
  const record = report;
  await output.result(record, () => describe(record));
  return isSound(record) ? EXIT.done : EXIT.failed;
}

/** Whether nothing is damaged, any more. */
function isSound({ damaged, damagedEntries, damagedRecords, damagedSpans, repair }: VerifyRecord): boolean {
  if (repair !== null) return repair.unrepairedBlobs.length + repair.unrepairedEntries.length === 0;
  return damaged.length + damagedEntries.length + damagedRecords + damagedSpans.length === 0;
}

function describe(record: VerifyRecord): string {
  const { blobs, bytes, damaged, damagedEntries, damagedRecords, damagedSpans, files, moreFiles, repair } =
    record;
  const checked = `checked ${blobs} ${blobs === 1 ? "blob" : "blobs"} (${formatBytes(bytes)})`;
  const count = damaged.length + damagedEntries.length + damagedRecords;
  if (count + damagedSpans.length === 0) return `${checked}: all intact`;
  const lines = [`${checked}: ${count} damaged${repair === null ? "" : `, ${repairedOf(repair)} repaired`}`];
  for (const { space, key, version, repaired } of files) {
    const name = space === "main" ? printable(key) : `${printable(key)} in ${printable(space)}`;
    lines.push(`${repaired ? "repaired" : "damaged"} file ${name}, version ${version}`);
  }
  if (moreFiles) lines.push("and more files");
  const left = new Set([...(repair?.unrepairedBlobs ?? []), ...(repair?.unrepairedEntries ?? [])]);
  const isLeft = (id: string): boolean => repair === null || left.has(id);
  for (const { digest, reason } of damaged)
    if (isLeft(digest)) lines.push(`damaged ${digest}: ${printable(reason)}`);
  for (const id of damagedEntries) if (isLeft(id)) lines.push(`damaged version ${id}: its record is damaged`);
  for (const { path, offset, bytes: length } of repair === null ? damagedSpans : [])
    lines.push(`unreadable ${printable(path)}: ${length} bytes at ${offset}`);
  if (repair === null) lines.push("Mend it from other nodes with: gstore repair");
  else if (left.size > 0) lines.push("No node that is connected has the rest. It is tried again by itself.");
  return lines.join("\n");
}

function repairedOf({ blobs, entries, records }: NonNullable<VerifyRecord["repair"]>): number {
  return blobs + entries + records;
}
