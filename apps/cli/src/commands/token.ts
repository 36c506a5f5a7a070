import { GstoreError, type TokenRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { table } from "../table.ts";

interface TokenArguments {
  readonly action: "create" | "ls" | "revoke";
  readonly id?: string;
  readonly role?: string;
  readonly space?: string;
  readonly prefix?: string;
  readonly expires?: string;
  readonly name?: string;
}

export const tokenCommand: Command<TokenArguments> = {
  positionals: {
    action: { choices: ["create", "ls", "revoke"], description: "Make one, list them, or revoke one" },
    id: { type: "string", description: "Id of the token to revoke, as the list shows it" },
  },
  options: {
    role: {
      choices: ["reader", "writer", "admin"],
      requiresArg: true,
      description: "What whoever has it may do; needed to make one",
    },
    prefix: {
      type: "string",
      requiresArg: true,
      description: "For keys alone that begin so, such as photos/",
    },
    space: {
      ...SPACE_OPTION.space,
      description: "For this space alone (default: all; with --prefix: main)",
    },
    expires: {
      type: "string",
      requiresArg: true,
      description: 'How long it holds, such as 7d (default: "never")',
    },
    name: { type: "string", requiresArg: true, description: "What it is for, to tell it from others" },
  },
  examples: [
    ["token create --role reader --prefix photos/ --expires 7d", "reads what is below photos/, for a week"],
    ["token create --role writer --name backup", "may read, store and remove"],
    ["token ls", "the tokens of this node that hold"],
    ["token revoke 4f1c…", "that token is refused from now on, and what runs by it is cut off"],
  ],
  details:
    "A token is shown once, when it is made, and holds at this node alone. Send it as: Authorization: Bearer TOKEN",
  run: token,
};

async function token(context: CommandContext, args: TokenArguments): Promise<undefined> {
  const { action, id, role, space, prefix, expires, name } = args;
  const isDescribed = [role, space, prefix, expires, name].some((given) => given !== undefined);
  if (action !== "create" && isDescribed) {
    throw new GstoreError("INVALID_ARGUMENT", `${action} takes none of these options.`);
  }
  if (action !== "revoke" && id !== undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Only revoke takes an id.");
  if (action === "create") await create(context, args);
  else if (action === "revoke") await revoke(context, id);
  else await list(context);
  return undefined;
}

async function create(
  { client, output, signal }: CommandContext,
  { role, space, prefix, expires = "never", name }: TokenArguments,
): Promise<void> {
  if (role === undefined) {
    throw new GstoreError("INVALID_ARGUMENT", "Say what it may do: --role reader, writer or admin.");
  }
  const request = {
    role,
    ...(space === undefined ? {} : { space }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(expires === "never" ? {} : { lifetime: expires }),
    ...(name === undefined ? {} : { name }),
  };
  const issued = await client.access.create(request, { signal });
  output.note(`a token ${describe(issued)}. Keep it secret: it is not shown again`);
  await output.result(issued, () => issued.token);
}

function describe({ role, space, prefix, expires }: TokenRecord): string {
  const keys = prefix === "" ? "" : ` for keys below ${prefix}`;
  const where = space === null ? "" : ` in the space ${space}`;
  return `of ${role === "admin" ? "an admin" : `a ${role}`}${keys}${where}, good ${expires === null ? "until it is revoked" : `until ${expires}`}`;
}

async function revoke({ client, output, signal }: CommandContext, id: string | undefined): Promise<void> {
  if (id === undefined) throw new GstoreError("INVALID_ARGUMENT", "Name the token: gstore token revoke ID");
  const revoked = await client.access.revoke(id, { signal });
  await output.result(revoked, () => `revoked ${printable(revoked.id)}`);
}

async function list({ client, output, signal }: CommandContext): Promise<void> {
  const all = await client.access.tokens({ signal });
  if (output.json) {
    for (const record of all) await output.result(record, () => "");
    return;
  }
  if (all.length === 0) {
    output.note("This node has no token. gstore token create makes one.");
    return;
  }
  const rows = all.map(({ id, name, role, space, prefix, expires }) => [
    ...[role, space === null ? "all" : printable(space), printable(prefix)],
    ...[expires ?? "never", printable(name ?? ""), id],
  ]);
  await output.write(`${table(["ROLE", "SPACE", "PREFIX", "EXPIRES", "NAME", "ID"], rows)}\n`);
}
