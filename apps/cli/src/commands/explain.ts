import type { ExplainAnswer, PlacedNodeRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { table } from "../table.ts";
import { wordsOf } from "./policy.ts";

interface ExplainArguments {
  readonly key: string;
}

export const explainCommand: Command<ExplainArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: SPACE_OPTION,
  examples: [
    ["explain photos/trip.jpg", "which policy holds for it, and which nodes should have it"],
    ["whereis photos/trip.jpg", "which nodes have it now"],
  ],
  details: `The nodes are ranked by a hash of the file and each node, those with more capacity higher: every node finds the
same order by itself. The first ones should hold it, as many as the policy wants copies, in as many zones as it says.`,
  run: explain,
};

async function explain(
  { client, output, signal }: CommandContext,
  { key }: ExplainArguments,
): Promise<undefined> {
  const answer = await client.policies.explain(key, { signal });
  await output.result(answer, () =>
    [table(["NODE", "SHOULD", "CAPACITY", "ZONE", ""], answer.nodes.map(rowOf)), summaryOf(answer)].join(
      "\n",
    ),
  );
  return undefined;
}

function rowOf({ name, shouldHold, required, capacityBytes, zone, full }: PlacedNodeRecord): string[] {
  return [
    printable(name),
    shouldHold ? "yes" : "no",
    capacityBytes === null ? "-" : formatBytes(capacityBytes),
    zone === null ? "-" : printable(zone),
    [...(required ? ["required"] : []), ...(full ? ["full: others take what is new"] : [])].join(", "),
  ];
}

function summaryOf({ key, by, policy }: ExplainAnswer): string {
  const why =
    by === "copies"
      ? "put with a number of copies of its own"
      : by === "default" || policy.prefix === null
        ? "gstore's own default"
        : policy.prefix === ""
          ? `the default of the space ${printable(policy.space)}`
          : `the policy for ${printable(policy.prefix)}`;
  return `${printable(key)}: ${wordsOf(policy)} (${why})`;
}
