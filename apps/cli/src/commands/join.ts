import { GstoreError, shellQuote } from "@gstore/gateway/client";
import { readSecret } from "../ask.ts";
import type { Command, CommandContext } from "../command.ts";
import { loadNodeConfig } from "../config.ts";
import { printable } from "../printable.ts";
import { rememberBootstrap } from "../remember-bootstrap.ts";
import { fieldLines } from "../table.ts";

interface JoinArguments {
  readonly ticket?: string;
  readonly name?: string;
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
  },
  examples: [
    ["join", "ask for a ticket and make a node of its network in ~/.gstore"],
    ["join - < ticket.txt", "read the ticket from a file"],
    ["--dir /srv/gstore join - --name berta", "elsewhere, and under a name of your choice"],
  ],
  details:
    "Other users of the machine can see a ticket that is an argument. The node that made the ticket has to run: it alone redeems it.",
  run: join,
};

async function join(context: CommandContext, { ticket, name }: JoinArguments): Promise<undefined> {
  const { dir, configPath, output, signal } = context;
  // Before the ticket is used up: a file that can't be read couldn't be written to afterwards.
  await loadNodeConfig(dir);
  const word = await ticketOf(ticket, signal);
  const { joinNetwork } = await import("@gstore/server");
  // All that a node makes is its user's own business.
  process.umask(0o077);
  const joined = await joinNetwork({ dir, ticket: word, signal, ...(name === undefined ? {} : { name }) });
  await rememberBootstrap(dir, joined.addresses);
  if (configPath !== null) {
    output.note(
      `With --config, start it with: up ${joined.addresses.map((a) => `--bootstrap ${a}`).join(" ")}`,
    );
  }
  const { id, network, role, addresses } = joined;
  await output.result({ id, name: joined.name, network, role, addresses, dir }, () =>
    fieldLines([
      ["joined", printable(dir)],
      ["name", printable(joined.name)],
      ["id", id],
      ["network", network],
      ["role", role],
      ["next", `gstore --dir ${shellQuote(dir)} up`],
    ]),
  );
  return undefined;
}

async function ticketOf(ticket: string | undefined, signal: AbortSignal): Promise<string> {
  if (ticket !== undefined && ticket !== "-") return ticket;
  if (ticket === undefined && process.stdin.isTTY !== true) {
    throw new GstoreError("INVALID_ARGUMENT", "Give the ticket, or - to read it from standard input.");
  }
  return await readSecret({ prompt: "Ticket: ", what: "ticket", signal });
}
