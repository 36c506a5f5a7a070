import type { MemberCopyRecord, WhereisAnswer } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { table } from "../table.ts";
import { formatAgo } from "../time-span.ts";
import { VERSION_OPTIONS, versionText } from "../which-version.ts";

interface WhereisArguments {
  readonly key: string;
  readonly version?: string;
}

/** Characters of a version that tell it from a file's others. */
const ID_SHOWN = 16;

export const whereisCommand: Command<WhereisArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: { ...SPACE_OPTION, version: VERSION_OPTIONS.version },
  examples: [
    ["whereis notes.txt", "which nodes hold the file now, and which should"],
    ["whereis notes.txt --version 1e206acf03d3", "the same of another version"],
    ["whereis notes.txt --json", "for programs"],
  ],
  details: `Every node is asked now: those that are connected directly, the others by signed receipts that these bring.
"away" is a node that could not be asked; it may hold the file all the same.`,
  run: whereis,
};

async function whereis(
  { client, output, signal }: CommandContext,
  { key, version }: WhereisArguments,
): Promise<undefined> {
  const answer = await client.copies.whereis(key, {
    signal,
    ...(version === undefined ? {} : { version: versionText(version) }),
  });
  await output.result(answer, () => describe(answer, Date.now()));
  return undefined;
}

function describe(answer: WhereisAnswer, nowMs: number): string {
  const rows = answer.members.map((member) => [
    printable(member.name),
    member.state === "holds" ? "yes" : member.state === "lacks" || member.state === "full" ? "no" : "?",
    member.placed ? "yes" : "no",
    remarkOn(member, nowMs),
  ]);
  return [table(["NODE", "HOLDS", "SHOULD", ""], rows), summary(answer)].join("\n");
}

function remarkOn({ state, proof, placed, lastSeen }: MemberCopyRecord, nowMs: number): string {
  switch (state) {
    case "holds":
      return proof === "here" ? "this node" : proof === "receipt" ? "by its receipt" : "";
    case "lacks":
      return placed ? "does not hold it yet" : "";
    case "full":
      return "full: it has no room for it";
    case "silent":
      return "connected, does not answer";
    case "away":
      return lastSeen === null ? "never seen" : `away, last seen ${formatAgo(nowMs - Date.parse(lastSeen))}`;
    case "excluded":
      return "may not hold this space";
  }
}

function summary({ key, version, size, copies, wanted, min, members }: WhereisAnswer): string {
  const unknown = members.filter(({ state }) => state === "away" || state === "silent").length;
  const nodes = unknown === 1 ? "1 node" : `${unknown} nodes`;
  const asked = unknown === 0 ? "" : `; ${nodes} could not be asked`;
  const short = copies >= wanted ? "" : copies < min ? `, fewer than the ${min} it must have` : ", short";
  const what = `${printable(key)} (${formatBytes(size)}, version ${version.slice(0, ID_SHOWN)})`;
  return `${what}: ${copies} of ${wanted} wanted copies${short}${asked}`;
}
