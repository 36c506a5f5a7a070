import type { PinRecord, PinReportRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { counted } from "../copies-lines.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";

interface PinArguments {
  readonly key: string;
}

export const pinCommand: Command<PinArguments> = {
  positionals: {
    key: {
      type: "string",
      description: "File, or folder with a slash at its end; / for all",
      demandOption: true,
    },
  },
  options: SPACE_OPTION,
  examples: [
    ["pin music/", "have this node keep all below music/, now and in future"],
    ["pin notes/today.txt", "this one file"],
    ["pin /", "everything in the space main"],
    ["pins", "what is pinned here"],
    ["drop music/", "give it up again"],
  ],
  details: `The node then has a copy of its own, whatever the policies say, and can read it while no other node is
there. What is stored below later it fetches as it comes. A pin is of this node alone; it survives restarts,
and ends with: gstore drop
Ctrl-C ends the waiting: the pin stands, and fetching goes on.`,
  run: pin,
};

async function pin({ client, output, signal }: CommandContext, { key }: PinArguments): Promise<undefined> {
  const progress = new WalkProgress(output, "fetching");
  let report: PinReportRecord | undefined;
  try {
    for await (const event of client.storage.pin(pinnedText(key), { signal })) {
      if (event.type === "report") report = reportOf(event);
      else progress.show(event);
    }
  } finally {
    progress.end();
  }
  const done = report as PinReportRecord;
  await output.result(done, () => describe(done));
  const { missing, missingKeys } = done;
  if (missing.versions > 0) {
    const some = missingKeys.slice(0, 3).join(", ");
    output.note(
      `No node that can be reached has ${counted(missing, "version")} of it, such as ${some}: they are fetched once one can.`,
    );
  }
  return undefined;
}

/** A lone slash names all: no key begins with one. */
export function pinnedText(key: string): string {
  return key === "/" ? "" : key;
}

/** What is pinned, for people. */
export function pinText({ space, prefix }: PinRecord): string {
  const name = prefix === null ? "(sealed)" : prefix === "" ? "(all)" : printable(prefix);
  return space === "main"
    ? name
    : `${name} (in ${space === null ? "a space without keys here" : printable(space)})`;
}

function describe({ pin: pinned, all, fetched }: PinReportRecord): string {
  const news = fetched.versions === 0 ? "all of it was here" : `${counted(fetched, "version")} fetched`;
  return `pinned ${pinText(pinned)}: ${counted(all, "version")}, ${news}`;
}
