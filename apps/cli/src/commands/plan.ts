import { GstoreError, type PlanRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { counted, countLines, mayLoseText, shortTable } from "../copies-lines.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { fieldLines } from "../table.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";
import { askedInPart } from "./safe.ts";

interface PlanArguments {
  readonly prefix?: string;
  readonly space?: string;
  readonly without?: string | readonly string[];
}

export const planCommand: Command<PlanArguments> = {
  positionals: { prefix: { type: "string", description: "Only keys that begin with it" } },
  options: {
    without: {
      type: "string",
      requiresArg: true,
      description: "Node that would be gone for good, by name or id (repeatable, or several with commas)",
    },
    space: { ...SPACE_OPTION.space, description: "Only this space (default: all that the node can read)" },
  },
  examples: [
    ["plan --without berta", "what would be lost or short if berta were gone, and who would take over"],
    ["plan --without berta,carol photos/", "the same of two nodes, for what is below photos/"],
  ],
  details: `Asks every node what it holds, as gstore safe does, and changes nothing.
Ends with exit code 6 where something would be lost or below min.`,
  run: plan,
};

async function plan(
  { client, output, signal }: CommandContext,
  { prefix, space, without: given }: PlanArguments,
): Promise<ExitCode> {
  const without = [given ?? []].flat().flatMap((names) => names.split(",").filter((name) => name !== ""));
  if (without.length === 0)
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "Name the nodes that would be gone: gstore plan --without NODE",
    );
  if (prefix !== undefined) await refuseNodeAsPrefix(client, { prefix, without, signal });
  const progress = new WalkProgress(output, "asking for copies");
  let report: PlanRecord | undefined;
  const request = { without, ...(prefix !== undefined && { prefix }), ...(space !== undefined && { space }) };
  try {
    for await (const event of client.copies.plan(request, { signal })) {
      if (event.type === "progress") progress.show(event);
      else report = reportOf(event);
    }
  } finally {
    progress.end();
  }
  const found = report as PlanRecord;
  await output.result(found, () => describe(found, prefix));
  const { after, lost } = found.current;
  return after.belowMin.versions + lost.versions === 0 ? EXIT.done : EXIT.fewerCopies;
}

/** `--without anna berta` leaves berta to be the prefix, and the plan would be about files that nobody meant. */
async function refuseNodeAsPrefix(
  client: CommandContext["client"],
  {
    prefix,
    without,
    signal,
  }: { readonly prefix: string; readonly without: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const members = await client.membership.members({ signal });
  if (!members.some(({ id, name }) => name === prefix || id === prefix)) return;
  const shown = printable(prefix);
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `${shown} is a node, and stands where a prefix of keys would. To be without it too: gstore plan --without ${printable([...without, prefix].join(","))}. For the keys below a folder of that name: ${shown}/`,
  );
}

function describe(
  { without, current, older, members, fewerWanted, worst, unasked }: PlanRecord,
  prefix: string | undefined,
): string {
  const names = without.map(({ name }) => printable(name)).join(", ");
  const [files, ...short] = countLines(current.after);
  const lines = fieldLines([
    ["without", names],
    files as readonly [string, string],
    ["lost", current.lost.versions === 0 ? "none" : counted(current.lost)],
    ...short,
    ...(older.lost.versions === 0 ? [] : [["older lost", counted(older.lost, "version")] as const]),
    ["safety", mayLoseText(current.after.mayLose, prefix)],
    ...members.map(({ name, fetching }) => ["then", fetchText(printable(name), fetching)] as const),
    ...(fewerWanted.versions === 0
      ? []
      : [["then", `${counted(fewerWanted, "version")} would have fewer copies for good`] as const]),
    ...(unasked === 0 ? [] : [["unasked", askedInPart(unasked)] as const]),
  ]);
  return worst.length === 0 ? lines : `${lines}\n\n${shortTable(worst)}`;
}

function fetchText(name: string, { versions, bytes }: PlanRecord["fewerWanted"]): string {
  return `${name} would fetch ${versions} ${versions === 1 ? "version" : "versions"}, at most ${formatBytes(bytes)}`;
}
