import type { UsageRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { counted } from "../copies-lines.ts";
import { printable } from "../printable.ts";
import { fieldLines, table } from "../table.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";

export const usageCommand: Command<object> = {
  examples: [
    ["usage", "what this node's disk is used for, and what the others can hold"],
    ["usage --json", "the same for programs"],
  ],
  details: `LIVE is what readers see, HISTORY older versions that are kept; what several versions have in common is
counted for each. garbage is what nothing names any more: it goes by itself. What the files of a folder take
is told by: gstore du`,
  run: usage,
};

async function usage({ client, output, signal }: CommandContext): Promise<undefined> {
  const progress = new WalkProgress(output, "reading the store");
  let report: UsageRecord | undefined;
  try {
    for await (const event of client.storage.usage({ signal })) {
      if (event.type === "report") report = reportOf(event);
      else progress.show({ keys: event.done, keysTotal: event.total });
    }
  } finally {
    progress.end();
  }
  const found = report as UsageRecord;
  await output.result(found, () => describe(found));
  return undefined;
}

function describe({ stored, garbage, entries, disk, spaces, members }: UsageRecord): string {
  const [self] = members;
  const packs = disk.usedBytes - disk.indexBytes;
  const lines = fieldLines([
    ["on disk", `${formatBytes(disk.usedBytes)}, ${formatBytes(disk.freeBytes)} free`],
    ["capacity", capacityText(self?.capacityBytes ?? null)],
    ["packs", `${formatBytes(packs)}: blobs, records of versions, and what is not compacted yet`],
    ["index", formatBytes(disk.indexBytes)],
    ["blobs", `${stored.blobs} (${formatBytes(stored.bytes)})`],
    ["garbage", garbage.blobs === 0 ? "none" : `${garbage.blobs} blobs (${formatBytes(garbage.bytes)})`],
    ["versions", `${entries} known`],
  ]);
  const rows = spaces.map(({ name, id, live, history }) => [
    name === null ? id.slice(0, ID_SHOWN) : printable(name),
    counted(live, "version"),
    history.versions === 0 ? "-" : counted(history, "version"),
  ]);
  const bySpace = rows.length === 0 ? "" : `\n\n${table(["SPACE", "LIVE", "HISTORY"], rows)}`;
  const capacities = members.map(({ name, capacityBytes }) => [printable(name), capacityText(capacityBytes)]);
  return `${lines}${bySpace}\n\n${table(["NODE", "CAPACITY"], capacities)}`;
}

const ID_SHOWN = 16;

function capacityText(bytes: number | null): string {
  return bytes === null ? "not stated" : formatBytes(bytes);
}
