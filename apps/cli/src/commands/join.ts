import { GstoreError } from "@gstore/gateway/client";
import { canAsk, readSecret } from "../ask.ts";
import type { Command, CommandContext } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { joinHere } from "../join-here.ts";
import {
  NEW_PASSPHRASE_OPTIONS,
  type NewPassphraseArguments,
  newPassphrase,
  PASSPHRASE_DETAILS,
} from "../passphrase.ts";
import { RUN_OPTIONS, type RunArguments, runNode } from "../run-node.ts";
import { nodeSettings } from "../settings.ts";

interface JoinArguments extends RunArguments, NewPassphraseArguments {
  readonly ticket?: string;
  readonly name?: string;
  readonly up: boolean;
}

export const joinCommand: Command<JoinArguments> = {
  positionals: {
    ticket: {
      type: "string",
      description: "The ticket; - for standard input (default: asked for on the terminal)",
    },
  },
  options: {
    name: { type: "string", requiresArg: true, description: "The node's name (default: the machine's)" },
    up: { type: "boolean", default: true, description: "Run the node then; --no-up only makes its folder" },
    ...RUN_OPTIONS,
    ...NEW_PASSPHRASE_OPTIONS,
  },
  takesSecrets: true,
  examples: [
    ["join", "ask for a ticket, make a node of its network in ~/.gstore, and run it"],
    ["join - < ticket.txt", "read the ticket from a file"],
    ["--dir /srv/gstore join - --name berta", "elsewhere, and under a name of your choice"],
    ["join - --no-up < ticket.txt", "make the folder; gstore up runs the node later"],
  ],
  details: `Other users of the machine can see a ticket that is an argument. The node that made the ticket has to run: it alone redeems it.
Tells when the node has joined, is ready, and is in sync; then it runs until Ctrl-C, as with gstore up.
${PASSPHRASE_DETAILS}`,
  run: join,
};

async function join(context: CommandContext, args: JoinArguments): Promise<ExitCode | undefined> {
  const { dir, configPath, output, signal } = context;
  const { refuseInitialised } = await import("@gstore/server");
  // All that could be wrong is found before anything is asked for, and before the ticket is used up.
  await refuseInitialised(dir);
  const { proxy } = await nodeSettings(context, args);
  const ticket = await ticketOf(args, signal);
  const passphrase = await newPassphrase(context, args);
  const joined = await joinHere(context, { ticket, passphrase, proxy, name: args.name, tellNext: !args.up });
  if (args.up) return await runNode(context, args, { passphrase, joined });
  const addresses = joined.addresses.map((address) => `--bootstrap ${address}`).join(" ");
  if (configPath !== null) output.note(`With --config, start it with: up ${addresses}`);
  return undefined;
}

async function ticketOf(args: JoinArguments, signal: AbortSignal): Promise<string> {
  const { ticket } = args;
  if (ticket !== undefined && ticket !== "-") return ticket;
  if (ticket === undefined && !canAsk()) {
    throw new GstoreError("INVALID_ARGUMENT", "Give the ticket, or - to read it from standard input.");
  }
  // With --with-stdin the rest of standard input is what keeps the node up.
  const isOneLine = args["with-stdin"] === true;
  return await readSecret({ prompt: "Ticket: ", what: "ticket", signal, isOneLine });
}
