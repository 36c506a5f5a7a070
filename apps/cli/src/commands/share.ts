import { GstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { table } from "../table.ts";

interface ShareArguments {
  readonly key: string;
  readonly expires: string;
  readonly space?: string;
}

export const shareCommand: Command<ShareArguments> = {
  positionals: { key: { type: "string", description: "The file" } },
  options: {
    expires: {
      type: "string",
      requiresArg: true,
      default: "1d",
      description: 'How long the link leads to it, or "never"',
    },
    ...SPACE_OPTION,
  },
  examples: [
    ["share photos/trip.jpg", "a link to the file, good for a day"],
    ["share photos/trip.jpg --expires 2h", "good for two hours"],
  ],
  details:
    "Whoever has the link reads the file as it is then, and nothing else, where the node's HTTP port can be reached. gstore shares withdraws it.",
  run: share,
};

async function share({ client, output, signal }: CommandContext, args: ShareArguments): Promise<undefined> {
  const { key, expires, space } = args;
  const request = {
    key,
    ...(space === undefined ? {} : { space }),
    ...(expires === "never" ? {} : { lifetime: expires }),
  };
  const issued = await client.access.share(request, { signal });
  const until = issued.expires === null ? "until it is revoked" : `until ${issued.expires}`;
  output.note(`a link to ${issued.key}, good ${until}: whoever has it reads the file`);
  await output.result(issued, () => issued.url);
  return undefined;
}

interface SharesArguments {
  readonly action?: "ls" | "revoke";
  readonly id?: string;
}

export const sharesCommand: Command<SharesArguments> = {
  positionals: {
    action: { choices: ["ls", "revoke"], description: "List them (the default), or revoke one" },
    id: { type: "string", description: "Id of the link to revoke, as the list shows it" },
  },
  examples: [
    ["shares", "the links of this node that lead somewhere"],
    ["shares revoke 4f1c…", "that link leads nowhere from now on, and what is read by it is cut off"],
  ],
  run: shares,
};

async function shares(context: CommandContext, { action, id }: SharesArguments): Promise<undefined> {
  if (action === "revoke") await revoke(context, id);
  else if (id !== undefined) throw new GstoreError("INVALID_ARGUMENT", "Only revoke takes an id.");
  else await list(context);
  return undefined;
}

async function revoke({ client, output, signal }: CommandContext, id: string | undefined): Promise<void> {
  if (id === undefined) throw new GstoreError("INVALID_ARGUMENT", "Name the link: gstore shares revoke ID");
  const revoked = await client.access.revokeShare(id, { signal });
  await output.result(revoked, () => `revoked ${printable(revoked.id)}`);
}

async function list({ client, output, signal }: CommandContext): Promise<void> {
  const all = await client.access.shares({ signal });
  if (output.json) {
    for (const record of all) await output.result(record, () => "");
    return;
  }
  if (all.length === 0) {
    output.note("This node shares no file. gstore share KEY makes a link.");
    return;
  }
  const rows = all.map(({ id, space, key, expires }) => [
    ...[printable(space), printable(key), expires ?? "never", id],
  ]);
  await output.write(`${table(["SPACE", "KEY", "EXPIRES", "ID"], rows)}\n`);
}
