import type { MemberRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";
import { formatAgo } from "../time-span.ts";

export const membersCommand: Command<object> = {
  examples: [
    ["members", "who is in the network, and with which role"],
    ["members --json", "the same for programs"],
  ],
  run: members,
};

const TITLES = [
  "NAME",
  "ROLE",
  "SPACES",
  "CAPACITY",
  "ZONE",
  "STATE",
  "LAST SEEN",
  "ADMITTED",
  "ADDRESS",
  "ID",
];

async function members({ client, output, signal }: CommandContext): Promise<undefined> {
  const all = await client.membership.members({ signal });
  if (output.json) for (const member of all) await output.result(member, () => "");
  else await output.write(`${table(TITLES, all.map(row))}\n`);
  return undefined;
}

function row(member: MemberRecord): string[] {
  const { name, role, spaces, self, connected, lastSeen, admitted, address, id } = member;
  const { capacityBytes, zone, full, draining } = member;
  return [
    printable(name),
    role,
    spaces === null ? "all" : printable(spaces.join(",")),
    `${capacityBytes === null ? "-" : formatBytes(capacityBytes)}${full ? " (full)" : ""}`,
    zone === null ? "-" : printable(zone),
    `${self ? "this node" : connected ? "connected" : "away"}${draining ? ", draining" : ""}`,
    self
      ? "-"
      : connected
        ? "now"
        : lastSeen === null
          ? "never"
          : formatAgo(Date.now() - Date.parse(lastSeen)),
    admitted.slice(0, 10),
    address === null ? "-" : printable(address),
    id,
  ];
}
