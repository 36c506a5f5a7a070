import {
  GstoreError,
  type PolicyClient,
  type PolicyRecord,
  type PolicyReportRecord,
} from "@gstore/gateway/client";
import type { Options } from "yargs";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { startProgress } from "../progress.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { table } from "../table.ts";
import { formatSpan } from "../time-span.ts";

interface PolicyArguments {
  readonly action: "set" | "ls" | "rm";
  readonly prefix?: string;
  readonly copies?: number;
  readonly min?: number;
  readonly zones?: number;
  readonly require?: readonly string[];
  readonly history?: string;
}

const SETTINGS: Readonly<Record<string, Options>> = {
  copies: { type: "number", requiresArg: true, description: "Nodes that shall hold each file (default: 3)" },
  min: {
    type: "number",
    requiresArg: true,
    description: "Below so many a file is in danger; a put waits for them (default: 2)",
  },
  require: {
    type: "string",
    array: true,
    requiresArg: true,
    description: "A node that shall hold each file, by name or id (repeatable)",
  },
  zones: {
    type: "number",
    requiresArg: true,
    description: "In so many zones the copies shall lie, where nodes stand in so many (default: 1)",
  },
  history: {
    type: "string",
    requiresArg: true,
    description: "How long older versions are kept, such as 30d (default: 30d)",
  },
};

export const policyCommand: Command<PolicyArguments> = {
  positionals: {
    action: { choices: ["set", "ls", "rm"], description: "What to do", demandOption: true },
    prefix: { type: "string", description: "Of the keys that it is for; without it, all of the space" },
  },
  options: { ...SPACE_OPTION, ...SETTINGS },
  examples: [
    ["policy set --copies 2", "two copies of every file that no other policy is for"],
    ["policy set photos/ --copies 3 --zones 2", "three copies of what is below photos/, in two places"],
    ["policy set taxes/ --require nas --history 365d", "always also on nas, old versions for a year"],
    ["policy ls", "what holds now"],
    ["policy rm photos/", "back to the space's default"],
  ],
  details: `Set in place of what was set for the prefix before. The longest prefix of a key decides; put --copies wins over all.
Files that are there already are given the policy too. Broken off, that goes on when the node starts again. Only an admin
sets policies.`,
  run: policy,
};

async function policy(context: CommandContext, args: PolicyArguments): Promise<undefined> {
  const { action, prefix = "", copies, min, zones, require, history } = args;
  const given = Object.entries({ copies, min, zones, require, history }).filter(
    ([, value]) => value !== undefined,
  );
  if (action === "set") {
    if (given.length === 0)
      throw new GstoreError("INVALID_ARGUMENT", "Say what shall hold, such as: gstore policy set --copies 2");
    await change(context, prefix, (client, signal) =>
      client.set({ prefix, ...Object.fromEntries(given) }, { signal }),
    );
  } else if (given.length > 0) {
    throw new GstoreError("INVALID_ARGUMENT", `Only set takes --${given[0]?.[0]}.`);
  } else if (action === "rm") {
    await change(context, prefix, (client, signal) => client.remove(prefix, { signal }));
  } else if (args.prefix !== undefined) {
    throw new GstoreError("INVALID_ARGUMENT", "ls takes no prefix.");
  } else {
    await list(context);
  }
  return undefined;
}

async function change(
  { client, output, signal }: CommandContext,
  prefix: string,
  begin: (client: PolicyClient, signal: AbortSignal) => ReturnType<PolicyClient["set"]>,
): Promise<void> {
  const progress = startProgress(output, { label: "looking through the keys", total: null, format: String });
  let shown = 0;
  let report: PolicyReportRecord | undefined;
  try {
    for await (const { type, ...event } of begin(client.policies, signal)) {
      if (type === "report") report = event as PolicyReportRecord;
      progress.add(event.keys - shown);
      shown = event.keys;
    }
  } finally {
    progress.end();
  }
  const told = report as PolicyReportRecord;
  await output.result(told, () => describe(prefix, told));
  for (const note of told.notes) output.note(note);
  if (told.left > 0) {
    const keep = told.left === 1 ? "1 file keeps" : `${told.left} files keep`;
    output.note(`${keep} what held before: in conflict, or on no node that could be reached.`);
  }
}

function describe(prefix: string, { policy: said, keys, reclassified }: PolicyReportRecord): string {
  const what = prefix === "" ? `the space ${printable(said.space)}` : printable(prefix);
  const files = keys === 1 ? "1 file" : `${keys} files`;
  const given = prefix === "" ? "" : `; ${reclassified} of ${files} there took it on`;
  return `${what}: ${wordsOf(said)}${given}`;
}

/** A policy in words. */
export function wordsOf({ copies, min, zones, required, historyMs }: Omit<PolicyRecord, "space">): string {
  const names = required.map(({ name }) => printable(name));
  return [
    `${copies} ${copies === 1 ? "copy" : "copies"}`,
    ...(min === copies ? [] : [`at least ${min}`]),
    ...(zones === 1 ? [] : [`in ${zones} zones`]),
    ...(names.length === 0 ? [] : [`always on ${names.join(" and ")}`]),
    `old versions for ${formatSpan(historyMs)}`,
  ].join(", ");
}

async function list({ client, output, signal }: CommandContext): Promise<void> {
  const all = await client.policies.list({ signal });
  if (output.json) {
    for (const one of all) await output.result(one, () => "");
    return;
  }
  const titles = ["PREFIX", "COPIES", "MIN", "ZONES", "REQUIRED", "HISTORY"];
  await output.write(`${table(titles, all.map(rowOf))}\n`);
}

function rowOf({ prefix, set, copies, min, zones, required, historyMs }: PolicyRecord): string[] {
  const of =
    prefix === null ? "(sealed)" : prefix === "" ? (set ? "(all)" : "(all, not set)") : printable(prefix);
  const names = required.map(({ name }) => printable(name)).join(",");
  return [of, String(copies), String(min), String(zones), names === "" ? "-" : names, formatSpan(historyMs)];
}
