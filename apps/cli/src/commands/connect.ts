import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";

interface ConnectArguments {
  readonly address: string;
}

export const connectCommand: Command<ConnectArguments> = {
  positionals: {
    address: {
      type: "string",
      description: "Address of the other node, as its id command shows it",
      demandOption: true,
    },
  },
  examples: [["connect /ip4/192.168.1.7/tcp/4000", "connect to it, and again whenever it is lost"]],
  run: connect,
};

async function connect(
  { client, output, signal }: CommandContext,
  { address }: ConnectArguments,
): Promise<undefined> {
  const peer = await client.connect(address, { signal });
  await output.result(peer, () => `connected to ${printable(peer.name)} (${peer.id})`);
  return undefined;
}
