import type { MemberRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";

export const membersCommand: Command<object> = {
  examples: [
    ["members", "who is in the network, and with which role"],
    ["members --json", "the same for programs"],
  ],
  run: members,
};

const TITLES = ["NAME", "ROLE", "SPACES", "STATE", "ADMITTED", "ADDRESS", "ID"];

async function members({ client, output, signal }: CommandContext): Promise<undefined> {
  const all = await client.membership.members({ signal });
  if (output.json) for (const member of all) await output.result(member, () => "");
  else await output.write(`${table(TITLES, all.map(row))}\n`);
  return undefined;
}

function row(member: MemberRecord): string[] {
  const { name, role, spaces, self, connected, admitted, address, id } = member;
  return [
    printable(name),
    role,
    spaces === null ? "all" : printable(spaces.join(",")),
    self ? "this node" : connected ? "connected" : "away",
    admitted.slice(0, 10),
    address === null ? "-" : printable(address),
    id,
  ];
}
