import { GstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";

interface MemberArguments {
  readonly action: "remove" | "role";
  readonly id: string;
  readonly role?: string;
}

export const memberCommand: Command<MemberArguments> = {
  positionals: {
    action: { choices: ["remove", "role"], description: "What to do", demandOption: true },
    id: { type: "string", description: "The member's id or name", demandOption: true },
    role: {
      choices: ["admin", "writer", "reader", "vault"],
      description: "The role to give it",
    },
  },
  examples: [
    ["member remove berta", "take a node out of the network"],
    ["member role berta reader", "let it read and write no more"],
  ],
  details:
    "What a node has read stays readable to it. What is written after its removal is sealed in keys that it lacks. Only an admin may do that.",
  run: member,
};

const STAYS = "What it has read already stays readable to it";

async function member(context: CommandContext, { action, id, role }: MemberArguments): Promise<undefined> {
  if (action === "remove") await remove(context, id, role);
  else await changeRole(context, id, role);
  return undefined;
}

async function remove(
  { client, output, signal }: CommandContext,
  id: string,
  role: string | undefined,
): Promise<void> {
  if (role !== undefined) throw new GstoreError("INVALID_ARGUMENT", "Only a change of role takes one.");
  const removed = await client.membership.removeMember(id, { signal });
  await output.result(removed, () => `removed ${printable(removed.name)} (${removed.id})`);
  output.note(`${STAYS}; what is written from now on is not.`);
}

async function changeRole(
  { client, output, signal }: CommandContext,
  id: string,
  role: string | undefined,
): Promise<void> {
  if (role === undefined) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "Name the role: gstore member role ID admin|writer|reader|vault",
    );
  }
  const changed = await client.membership.setRole({ member: id, role }, { signal });
  await output.result(changed, () => `${printable(changed.name)} is ${changed.role} now (${changed.id})`);
  if (changed.role === "vault") output.note(`${STAYS}.`);
}
