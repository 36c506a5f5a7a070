import { GstoreError, shellQuote } from "@gstore/gateway/client";
import { readSecret } from "../ask.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { fieldLines } from "../table.ts";
import { userPath } from "../user-path.ts";

interface InitArguments {
  readonly from?: string;
  readonly name?: string;
  readonly recover?: boolean;
}

export const initCommand: Command<InitArguments> = {
  options: {
    from: {
      type: "string",
      requiresArg: true,
      description: "Network file of another node, to join its network",
    },
    recover: {
      type: "boolean",
      description: "Join a network by its recovery words, from standard input or asked for",
    },
    name: { type: "string", requiresArg: true, description: "The node's name (default: the machine's)" },
  },
  examples: [
    ["init", "make a node and a new network in ~/.gstore"],
    ["--dir /srv/gstore init --name anna", "elsewhere, and under a name of your choice"],
    ["init --from network.json", "make a node of the network whose file you copied here"],
    ["init --recover", "ask for the 24 words of gstore recovery, and make an admin's node"],
  ],
  details: "The network file holds the network's root key: whoever has it owns the network. Keep it secret.",
  run: init,
};

async function init(
  { dir, output, signal }: CommandContext,
  { from, name, recover }: InitArguments,
): Promise<undefined> {
  if (from !== undefined && recover) {
    throw new GstoreError("INVALID_ARGUMENT", "--from and --recover each name a network; give one.");
  }
  const request = { prompt: "Recovery words: ", what: "recovery words", signal };
  const recoveryWords = recover ? await readSecret(request) : undefined;
  const { initNode } = await import("@gstore/server");
  const made = await initNode({
    dir,
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { networkFile: userPath(from) }),
    ...(recoveryWords === undefined ? {} : { recoveryWords }),
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
