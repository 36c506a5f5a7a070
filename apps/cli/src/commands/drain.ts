import type { DrainRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { counted } from "../copies-lines.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";

/** Names of files that a sentence holds. */
const KEYS_SHOWN_MAX = 5;

export const drainCommand: Command<object> = {
  examples: [["drain", "have the other nodes make copies of all that this one holds, before it leaves"]],
  details: `Afterwards as many others hold each version as are wanted without this node. It keeps what it has and stays a member
until gstore leave: do that soon, while these copies are extra ones. Ctrl-C ends it; begun again it goes on where it was.
Ends with exit code 6 where others have too few copies: start more nodes, or make room on them, and try again.`,
  run: drain,
};

async function drain({ client, output, signal }: CommandContext): Promise<ExitCode> {
  const progress = new WalkProgress(output, "handing over");
  let report: DrainRecord | undefined;
  try {
    for await (const event of client.copies.drain({ signal })) {
      if (event.type === "report") report = reportOf(event);
      else progress.show({ keys: event.versions, keysTotal: event.versionsTotal });
    }
  } finally {
    progress.end();
  }
  const done = report as DrainRecord;
  await output.result(done, () => describe(done));
  return done.short.versions === 0 ? EXIT.done : EXIT.fewerCopies;
}

function describe({ name, held, handedOver, short, shortKeys }: DrainRecord): string {
  const made = handedOver.versions === 0 ? "" : `; others made copies of ${counted(handedOver, "version")}`;
  const of = `${printable(name)} holds ${counted(held, "version")}${made}`;
  if (short.versions === 0) return `${of}. All have their copies elsewhere: gstore leave takes it out`;
  const names = shortKeys
    .slice(0, KEYS_SHOWN_MAX)
    .map(({ space, key }) => printable(space === "main" ? key : `${key} (in ${space})`));
  const rest = short.versions - names.length;
  const list = rest > 0 && names.length > 0 ? [...names, `${rest} more`] : names;
  const which = list.length === 0 ? "" : `: ${list.join(", ")}`;
  return `${of}. Too few copies elsewhere of ${short.versions} (${formatBytes(short.bytes)})${which}`;
}
