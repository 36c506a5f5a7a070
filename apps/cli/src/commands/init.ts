import { shellQuote } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { fieldLines } from "../table.ts";
import { userPath } from "../user-path.ts";

interface InitArguments {
  readonly from?: string;
  readonly name?: string;
}

export const initCommand: Command<InitArguments> = {
  options: {
    from: {
      type: "string",
      requiresArg: true,
      description: "Network file of another node, to join its network",
    },
    name: { type: "string", requiresArg: true, description: "The node's name (default: the machine's)" },
  },
  examples: [
    ["init", "make a node and a new network in ~/.gstore"],
    ["--dir /srv/gstore init --name anna", "elsewhere, and under a name of your choice"],
    ["init --from network.json", "make a node of the network whose file you copied here"],
  ],
  details: "The network file holds the network's root key: whoever has it owns the network. Keep it secret.",
  run: init,
};

async function init({ dir, output }: CommandContext, { from, name }: InitArguments): Promise<undefined> {
  const { initNode } = await import("@gstore/server");
  const made = await initNode({
    dir,
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { networkFile: userPath(from) }),
  });
  await output.result({ ...made, dir }, () =>
    fieldLines([
      ["made", printable(dir)],
      ["name", made.name],
      ["id", made.id],
      ["network", made.network],
      ["file", `${printable(made.networkFile)} (the key to the network: keep it secret)`],
      ["next", `gstore --dir ${shellQuote(dir)} up`],
    ]),
  );
  return undefined;
}
