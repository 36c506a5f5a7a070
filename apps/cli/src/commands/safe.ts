import type { MemberLackRecord, SafetyRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { counted, countLines, mayLoseText, shortTable } from "../copies-lines.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { fieldLines } from "../table.ts";
import { formatAgo } from "../time-span.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";

interface SafeArguments {
  readonly prefix?: string;
  readonly space?: string;
  readonly all?: boolean;
}

export const safeCommand: Command<SafeArguments> = {
  positionals: { prefix: { type: "string", description: "Only keys that begin with it" } },
  options: {
    space: { ...SPACE_OPTION.space, description: "Only this space (default: all that the node can read)" },
    all: { type: "boolean", description: "List every version that is short, as it is found" },
  },
  examples: [
    ["safe", "does every file have its copies, and if not, why?"],
    ["safe photos/", "of those below photos/ alone"],
    ["safe --all --json", "every version that is short, then the report, one object a line"],
  ],
  details: `Every node is asked now what it holds; what could not be shown counts as missing. Changes nothing.
below copies: fewer copies than wanted. below min: fewer than they must have. Older versions are counted apart.
Ends with exit code 6 where a current version is below min.`,
  run: safe,
};

async function safe(
  { client, output, signal }: CommandContext,
  { prefix, space, all = false }: SafeArguments,
): Promise<ExitCode> {
  const progress = new WalkProgress(output, "asking for copies");
  let report: SafetyRecord | undefined;
  const request = { ...(prefix !== undefined && { prefix }), ...(space !== undefined && { space }), all };
  try {
    for await (const event of client.copies.safe(request, { signal })) {
      if (event.type === "progress") progress.show(event);
      else if (event.type === "report") report = reportOf(event);
      else await output.result(event, () => shortTable([event]).split("\n").slice(1).join("\n"));
    }
  } finally {
    progress.end();
  }
  const found = report as SafetyRecord;
  await output.result(all ? { type: "report", ...found } : found, () => describe(found, all, prefix));
  return found.current.belowMin.versions === 0 ? EXIT.done : EXIT.fewerCopies;
}

function describe(report: SafetyRecord, isListed: boolean, prefix: string | undefined): string {
  const { current, older, members, worst, unasked } = report;
  const nowMs = Date.now();
  const lines = fieldLines([
    ...countLines(current),
    ["older", describeOlder(older)],
    ...members.map((member) => ["why", describeLack(member, nowMs)] as const),
    ...(unasked === 0 ? [] : [["unasked", askedInPart(unasked)] as const]),
    ["safety", mayLoseText(current.mayLose, prefix)],
  ]);
  return worst.length === 0 || isListed ? lines : `${lines}\n\n${shortTable(worst)}`;
}

function describeOlder({ all, belowCopies, belowMin, none }: SafetyRecord["older"]): string {
  if (all.versions === 0) return "no older versions are kept";
  const parts = [
    `${belowCopies.versions} below copies`,
    `${belowMin.versions} below min`,
    `${none.versions} unreachable`,
  ];
  return `${counted(all, "version")}: ${belowCopies.versions === 0 ? "all copies are there" : parts.join(", ")}`;
}

function describeLack({ name, state, lastSeen, lacking }: MemberLackRecord, nowMs: number): string {
  const who = printable(name);
  const what = counted(lacking, "version");
  if (state === "lacks") return `${who} does not hold ${what} yet`;
  if (state === "full") return `${who} is full and has no room for ${what} that it should hold`;
  if (state === "silent") return `${who} does not answer; it should hold ${what} of these`;
  const seen = lastSeen === null ? "was never seen" : `last seen ${formatAgo(nowMs - Date.parse(lastSeen))}`;
  return `${who} is away, ${seen}; it should hold ${what} of these`;
}

export function askedInPart(unasked: number): string {
  return `nodes out of sight were not asked about ${unasked} versions: that took too long`;
}
