import { GstoreError } from "@gstore/gateway/client";
import { formatBytes, parseByteSize } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { zoneLabel } from "../settings.ts";

interface MemberArguments {
  readonly action: "remove" | "role" | "set";
  readonly id: string;
  readonly role?: string;
  readonly capacity?: string;
  readonly zone?: string;
}

export const memberCommand: Command<MemberArguments> = {
  positionals: {
    action: { choices: ["remove", "role", "set"], description: "What to do", demandOption: true },
    id: { type: "string", description: "The member's id or name", demandOption: true },
    role: {
      choices: ["admin", "writer", "reader", "vault"],
      description: "The role to give it",
    },
  },
  options: {
    capacity: { type: "string", requiresArg: true, description: "How much it may hold, such as 500GB" },
    zone: { type: "string", requiresArg: true, description: "Where it stands, such as home" },
  },
  examples: [
    ["member remove berta", "take a node out of the network"],
    ["member role berta reader", "let it read and write no more"],
    [
      "member set berta --capacity 500GB --zone office",
      "say of it how much it can hold, and where it stands",
    ],
  ],
  details:
    "What a node has read stays readable to it. What is written after its removal is sealed in keys that it lacks. Only an admin may do that.",
  run: member,
};

const STAYS = "What it has read already stays readable to it";

async function member(context: CommandContext, args: MemberArguments): Promise<undefined> {
  const { action, id, role, capacity, zone } = args;
  if (action === "set") return await setAttributes(context, args);
  if (capacity !== undefined || zone !== undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Only set takes --capacity and --zone.");
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

async function setAttributes(
  { client, output, signal }: CommandContext,
  { id, role, capacity, zone }: MemberArguments,
): Promise<undefined> {
  if (role !== undefined) throw new GstoreError("INVALID_ARGUMENT", "Only a change of role takes one.");
  if (capacity === undefined && zone === undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Say what: gstore member set ID --capacity 500GB --zone home");
  const said = {
    ...(capacity === undefined ? {} : { capacityBytes: parseByteSize(capacity) }),
    ...(zone === undefined ? {} : { zone: zoneLabel(zone) }),
  };
  const changed = await client.membership.setAttributes(id, said, { signal });
  await output.result(changed, () => {
    const bytes =
      changed.capacityBytes === null ? "what its disk has room for" : formatBytes(changed.capacityBytes);
    const where = changed.zone === null ? "" : `, in ${printable(changed.zone)}`;
    return `${printable(changed.name)} can hold ${bytes}${where}`;
  });
  return undefined;
}
