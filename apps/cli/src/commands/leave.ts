import { confirm, refuseWithoutTerminal } from "../ask.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";

interface LeaveArguments {
  readonly yes?: boolean;
}

export const leaveCommand: Command<LeaveArguments> = {
  options: { yes: { alias: "y", type: "boolean", description: "Do not ask" } },
  examples: [
    ["leave", "take this node out of its network, after asking"],
    ["leave --yes", "without asking"],
  ],
  details:
    "What this node has can still be read here. Files that no other node holds are then nowhere else. Another invitation is needed to come back.",
  run: leave,
};

async function leave({ client, output, signal }: CommandContext, { yes }: LeaveArguments): Promise<ExitCode> {
  if (!yes) {
    refuseWithoutTerminal();
    const { name, network } = await client.id({ signal });
    const question = `Take ${printable(name)} out of the network ${network}? Files that only it holds stay only here.`;
    if (!(await confirm(question, signal))) {
      output.note("Nothing was changed.");
      return EXIT.failed;
    }
  }
  const left = await client.membership.leave({ signal });
  await output.result(left, () => `${printable(left.name)} has left its network`);
  return EXIT.done;
}
