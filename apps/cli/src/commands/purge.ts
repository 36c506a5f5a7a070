import {
  isGstoreError,
  type MemberPurgeRecord,
  type PurgeRecord,
  parseDuration,
} from "@gstore/gateway/client";
import { confirm, refuseWithoutTerminal } from "../ask.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { noSuchKey } from "../not-found.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { table } from "../table.ts";

interface PurgeArguments {
  readonly key: string;
  readonly yes?: boolean;
  readonly timeout?: string;
}

export const purgeCommand: Command<PurgeArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: {
    ...SPACE_OPTION,
    yes: { alias: "y", type: "boolean", description: "Do not ask" },
    timeout: {
      type: "string",
      requiresArg: true,
      description: "How long to wait for the other members; default 30s",
    },
  },
  examples: [
    ["purge secret.txt", "destroy it and all that it ever held, on every node, after asking"],
    ["purge secret.txt --yes", "the same in a script; again later, it asks those who were away"],
  ],
  details: `Like gstore rm --history, and every member also destroys what opens the content and what is known of it:
its size, digest and metadata. Each signs that it has. One that is away does so when it is back: run it again
to ask, which writes nothing anew. What somebody has written without having seen the purge stays. Ends with
exit code 7 where not all have confirmed.`,
  run: purge,
};

async function purge(context: CommandContext, { key, yes, timeout }: PurgeArguments): Promise<ExitCode> {
  const { client, output, signal } = context;
  if (timeout !== undefined) parseDuration(timeout);
  if (!yes) {
    refuseWithoutTerminal();
    const question = `Destroy ${printable(key)} and all its versions on every node? Nothing brings them back.`;
    if (!(await confirm(question, signal))) {
      output.note("Nothing was changed.");
      return EXIT.failed;
    }
  }
  const wait = timeout === undefined ? {} : { timeout };
  const report = await client.history.purge(key, { signal, ...wait }).catch(async (error: unknown) => {
    throw isGstoreError(error, "KEY_NOT_FOUND") ? await noSuchKey(context, key) : error;
  });
  await output.result(report, () => describe(report));
  return report.members.every(({ state }) => state === "destroyed") ? EXIT.done : EXIT.unconfirmed;
}

function describe({ key, versions, oldVersions, members }: PurgeRecord): string {
  const lines = [`purged ${printable(key)}: ${versions} ${versions === 1 ? "version" : "versions"}`];
  if (oldVersions > 0) {
    const what = oldVersions === 1 ? "1 version is" : `${oldVersions} versions are`;
    lines.push(`${what} from before gstore could purge: the content is given up, the metadata stays`);
  }
  const rows = members.map(({ name, state }) => [printable(name), SAID[state]]);
  return [...lines, table(["MEMBER", "STATE"], rows)].join("\n");
}

const SAID: Readonly<Record<MemberPurgeRecord["state"], string>> = {
  destroyed: "destroyed",
  pending: "not yet",
  away: "away: does so when it is back",
};
