import { GstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";

interface InvitesArguments {
  readonly action?: "ls" | "rm";
  readonly id?: string;
}

export const invitesCommand: Command<InvitesArguments> = {
  positionals: {
    action: { choices: ["ls", "rm"], description: "List them (the default), or withdraw one" },
    id: { type: "string", description: "Id of the invitation to withdraw, as the list shows it" },
  },
  examples: [
    ["invites", "the invitations of this node that can still be used"],
    ["invites rm 4f1c…", "withdraw one: its ticket is refused from then on"],
  ],
  details: "A ticket is shown once, when it is made, and kept nowhere.",
  run: invites,
};

async function invites(context: CommandContext, { action, id }: InvitesArguments): Promise<undefined> {
  if (action === "rm") await withdraw(context, id);
  else if (id !== undefined) throw new GstoreError("INVALID_ARGUMENT", "Only rm takes an id.");
  else await list(context);
  return undefined;
}

async function withdraw({ client, output, signal }: CommandContext, id: string | undefined): Promise<void> {
  if (id === undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Name the invitation: gstore invites rm ID");
  const withdrawn = await client.membership.withdrawInvite(id, { signal });
  await output.result(withdrawn, () => `withdrew ${printable(withdrawn.id)}`);
}

async function list({ client, output, signal }: CommandContext): Promise<void> {
  const all = await client.membership.invites({ signal });
  if (output.json) {
    for (const invite of all) await output.result(invite, () => "");
    return;
  }
  if (all.length === 0) {
    output.note("This node has no open invitation. gstore invite makes one.");
    return;
  }
  const rows = all.map(({ id, role, spaces, expires, uses, usesLeft }) => [
    ...[role, spaces === null ? "all" : printable(spaces.join(","))],
    ...[`${usesLeft} of ${uses}`, expires ?? "never", id],
  ]);
  await output.write(`${table(["ROLE", "SPACES", "USES LEFT", "EXPIRES", "ID"], rows)}\n`);
}
