import type { DrainRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { counted } from "../copies-lines.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";

/** Names of files that a sentence holds. */
const KEYS_SHOWN_MAX = 5;

interface DrainArguments {
  readonly node?: string;
  readonly stop?: boolean;
}

export const drainCommand: Command<DrainArguments> = {
  positionals: {
    node: { type: "string", description: "Another node, by name or id; only an admin may say so" },
  },
  options: { stop: { type: "boolean", description: "Take it back: the node is to hold copies again" } },
  examples: [
    ["drain", "empty this node before it leaves: the others take copies of all that it holds"],
    ["drain berta", "have another node emptied, as an admin"],
    ["drain --stop", "let this node hold copies again"],
  ],
  details: `No node places anything at one that is being drained, and it gives its copies up as soon as enough others have proved
theirs; it stays a member until gstore leave. Ctrl-C ends the handing over, not the draining; begun again it goes on where it was.
Of another node the others fetch what it holds by themselves: gstore plan --without NODE says when nothing would be lost.
Ends with exit code 6 where others have too few copies: start more nodes, or make room on them, and try again.`,
  run: drain,
};

async function drain(context: CommandContext, { node, stop }: DrainArguments): Promise<ExitCode> {
  const { client, signal } = context;
  const self = await client.id({ signal });
  const isSelf = node === undefined || node === self.id || node === self.name;
  if (isSelf && stop !== true) return await drainThis(context);
  await mark(context, node ?? self.id, stop !== true);
  return EXIT.done;
}

async function mark(
  { client, output, signal }: CommandContext,
  node: string,
  draining: boolean,
): Promise<void> {
  const member = await client.membership.setAttributes(node, { draining }, { signal });
  const name = printable(member.name);
  await output.result(member, () =>
    draining
      ? `${name} is being drained: the others fetch what it holds. When nothing is lost without it: gstore plan --without ${name}`
      : `${name} holds copies again`,
  );
}

async function drainThis({ client, output, signal }: CommandContext): Promise<ExitCode> {
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
