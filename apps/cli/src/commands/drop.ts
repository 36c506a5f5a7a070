import type { DropReportRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { counted } from "../copies-lines.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";
import { pinnedText, pinText } from "./pin.ts";

interface DropArguments {
  readonly key: string;
}

export const dropCommand: Command<DropArguments> = {
  positionals: {
    key: {
      type: "string",
      description: "File, or folder with a slash at its end; / for all",
      demandOption: true,
    },
  },
  options: SPACE_OPTION,
  examples: [
    ["drop music/", "unpin it, and give up this node's copies that others need not rely on"],
    ["drop notes/today.txt", "of this one file"],
  ],
  details: `Takes away the pins of what is named and of all below it. Of the copies here those go that neither the
policy nor another pin wants here, once enough other nodes have proved that they hold theirs; nothing is
deleted from the network. What they can't prove now goes by itself when they can. In the first minute after
its start a node gives up nothing.`,
  run: drop,
};

async function drop({ client, output, signal }: CommandContext, { key }: DropArguments): Promise<undefined> {
  const progress = new WalkProgress(output, "asking for copies");
  let report: DropReportRecord | undefined;
  try {
    for await (const event of client.storage.drop(pinnedText(key), { signal })) {
      if (event.type === "report") report = reportOf(event);
      else progress.show(event);
    }
  } finally {
    progress.end();
  }
  const done = report as DropReportRecord;
  await output.result(done, () => describe(done));
  return undefined;
}

function describe({ unpinned, dropped, placed, pinned, needed }: DropReportRecord): string {
  const lines = [
    ...unpinned.map((one) => `unpinned ${pinText(one)}`),
    dropped.versions === 0 ? "no copy was given up" : `gave up copies of ${counted(dropped, "version")}`,
  ];
  if (placed.versions > 0)
    lines.push(`kept ${counted(placed, "version")}: the policy wants them here (gstore explain FILE)`);
  if (pinned.versions > 0) lines.push(`kept ${counted(pinned, "version")}: pinned still (gstore pins)`);
  if (needed.versions > 0)
    lines.push(
      `kept ${counted(needed, "version")}: not enough other nodes have shown that they hold them yet`,
    );
  return lines.join("\n");
}
