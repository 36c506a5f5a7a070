import { GstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";

interface SpaceArguments {
  readonly action: "create" | "ls";
  readonly name?: string;
}

export const spaceCommand: Command<SpaceArguments> = {
  positionals: {
    action: { choices: ["create", "ls"], description: "What to do", demandOption: true },
    name: { type: "string", description: "Name of the new space" },
  },
  examples: [
    ["space create photos", "make a space with keys of its own"],
    ["put trip.jpg --space photos", "store a file in it"],
    ["space ls", "the spaces that this node can read"],
  ],
  details: "Everything goes to the space main where no other is named. Only an admin makes spaces.",
  run: space,
};

async function space(context: CommandContext, { action, name }: SpaceArguments): Promise<undefined> {
  if (action === "create") await create(context, name);
  else if (name !== undefined) throw new GstoreError("INVALID_ARGUMENT", "Only create takes a name.");
  else await list(context);
  return undefined;
}

async function create({ client, output, signal }: CommandContext, name: string | undefined): Promise<void> {
  if (!name) throw new GstoreError("INVALID_ARGUMENT", "Name the space: gstore space create NAME");
  const made = await client.membership.createSpace(name, { signal });
  await output.result(made, () => `made the space ${printable(made.name)}`);
}

async function list({ client, output, signal }: CommandContext): Promise<void> {
  const all = await client.membership.spaces({ signal });
  if (output.json) for (const one of all) await output.result(one, () => "");
  else if (all.length === 0) output.note("This node can read no space.");
  else {
    const rows = all.map(({ name, keys, id }) => [printable(name), String(keys), id]);
    await output.write(`${table(["NAME", "KEYS", "ID"], rows)}\n`);
  }
}
