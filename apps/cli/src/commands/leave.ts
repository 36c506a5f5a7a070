import {
  type GatewayClient,
  isGstoreError,
  type LeaveRecord,
  type VersionCountsRecord,
} from "@gstore/gateway/client";
import { confirm, refuseWithoutTerminal } from "../ask.ts";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { type Progress, startProgress } from "../progress.ts";

interface LeaveArguments {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Names of files that a sentence holds. */
const KEYS_SHOWN_MAX = 5;

export const leaveCommand: Command<LeaveArguments> = {
  options: {
    yes: { alias: "y", type: "boolean", description: "Do not ask" },
    force: { type: "boolean", description: "Leave though some files are then on no other node" },
  },
  examples: [
    ["leave", "take this node out of its network, after asking"],
    ["leave --yes", "without asking; it stays where a file would be on no other node"],
    ["leave --yes --force", "in any case"],
  ],
  details:
    "Of what it holds there is then one copy fewer, until the others have made more: gstore drain has them do so first. What only this node holds is first handed over to the others; Ctrl-C ends that and changes nothing. What it has can still be read here. Another invitation is needed to come back. Ends with exit code 6 where it stays.",
  run: leave,
};

async function leave(context: CommandContext, { yes, force }: LeaveArguments): Promise<ExitCode> {
  const { client, output, signal } = context;
  if (!yes) {
    refuseWithoutTerminal();
    const { name, network } = await client.id({ signal });
    const question = `Take ${printable(name)} out of the network ${network}?`;
    if (!(await confirm(question, signal))) {
      output.note("Nothing was changed.");
      return EXIT.failed;
    }
  }
  const report = await attempt(context, force ?? false).catch(async (error: unknown) => {
    if (yes || !isGstoreError(error, "LEAVE_INCOMPLETE")) throw error;
    output.note(error.message);
    if (await confirm("Leave all the same?", signal)) return await attempt(context, true);
    output.note("It stays a member.");
    return undefined;
  });
  if (report === undefined) return EXIT.fewerCopies;
  await output.result(report, () => `${printable(report.name)} has left its network`);
  tell(output, report);
  return EXIT.done;
}

/** Has the node leave, with a bar for each part of the work. */
async function attempt({ client, output, signal }: CommandContext, force: boolean): Promise<LeaveRecord> {
  const bars = new Bars(output);
  try {
    return await reportOf(client.membership.leave({ force, signal }), bars);
  } finally {
    bars.end();
  }
}

async function reportOf(
  events: ReturnType<GatewayClient["membership"]["leave"]>,
  bars: Bars,
): Promise<LeaveRecord> {
  let report: LeaveRecord | undefined;
  for await (const event of events) {
    if (event.type === "report") report = withoutType(event);
    else if (event.stage === "checking") bars.show(event.stage, event.versions, event.versionsTotal);
    else bars.show(event.stage, event.bytes, event.bytesTotal);
  }
  return report as LeaveRecord;
}

/** One bar after the other. */
class Bars {
  readonly #output: Output;
  #stage = "";
  #shown = 0;
  #bar: Progress | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  show(stage: string, amount: number, total: number): void {
    if (stage !== this.#stage) {
      this.end();
      const format = stage === "checking" ? { format: String } : {};
      this.#bar = startProgress(this.#output, { label: stage, total, ...format });
      [this.#stage, this.#shown] = [stage, 0];
    }
    this.#bar?.add(amount - this.#shown);
    this.#shown = amount;
  }

  end(): void {
    this.#bar?.end();
    this.#bar = null;
  }
}

function tell(output: Output, { handedOver, kept, onlyHere: alone, ...report }: LeaveRecord): void {
  if (handedOver.files + handedOver.older + handedOver.removals > 0)
    output.note(`Handed over to others before: ${counted(handedOver)}.`);
  if (alone.files + alone.older + alone.removals > 0)
    output.note(`${onlyHere({ handedOver, kept, onlyHere: alone, ...report })}.`);
  if (kept.files + kept.older > 0)
    output.note(`What it holds stays here, to be read as before: ${counted(kept)}.`);
}

/** What is on no other node, with the first names. */
function onlyHere({ onlyHere: alone }: LeaveRecord): string {
  const names = alone.keys
    .slice(0, KEYS_SHOWN_MAX)
    .map(({ space, key }) => printable(space === "main" ? key : `${key} (in ${space})`));
  const rest = alone.files + alone.older + alone.removals - names.length;
  const list = rest > 0 && names.length > 0 ? [...names, `${rest} more`] : names;
  return `${counted(alone)} on no other node${list.length === 0 ? "" : `: ${list.join(", ")}`}`;
}

function counted({ files, older, removals, bytes }: VersionCountsRecord): string {
  const some = (count: number, noun: string): string[] =>
    count === 0 ? [] : [`${count} ${count === 1 ? noun : `${noun}s`}`];
  const parts = [...some(files, "file"), ...some(older, "older version"), ...some(removals, "removal")];
  return `${parts.join(" and ")} (${formatBytes(bytes)})`;
}

function withoutType({ id, name, handedOver, onlyHere: alone, kept }: LeaveRecord): LeaveRecord {
  return { id, name, handedOver, onlyHere: alone, kept };
}
