import { GstoreError, isGstoreError, shellQuote } from "@gstore/gateway/client";
import { canAsk, typeUnseen } from "../ask.ts";
import type { Command, CommandContext } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { joinHere } from "../join-here.ts";
import {
  newPassphrase,
  PASSPHRASE_FILE_OPTION,
  type PassphraseArguments,
  passphraseSource,
} from "../passphrase.ts";
import { printable } from "../printable.ts";
import { RUN_OPTIONS, type RunArguments, type RunNodeOptions, runNode } from "../run-node.ts";
import { nodeSettings } from "../settings.ts";

interface UpArguments extends RunArguments, PassphraseArguments {
  readonly init?: boolean;
}

export const upCommand: Command<UpArguments> = {
  options: {
    ...RUN_OPTIONS,
    init: {
      type: "boolean",
      description: "Make the node's folder first, with a new network, if it is not there",
    },
    ...PASSPHRASE_FILE_OPTION,
  },
  examples: [
    ["up", "run the node of ~/.gstore on port 4000; where there is none, ask whether to make or to join one"],
    [
      "up --listen 127.0.0.1:5000 --bootstrap /ip4/192.168.1.7/tcp/4000",
      "on another port, connected to another node",
    ],
    ["up --http 8080", "with the HTTP API on another port of this machine; --http off serves none"],
  ],
  details: 'Prints one line that begins with "ready". Ctrl-C stops in order, a second one at once.',
  run: up,
};

async function up(context: CommandContext, args: UpArguments): Promise<ExitCode> {
  // All that a node makes is its user's own business.
  process.umask(0o077);
  // Settings that can't be used are told before anything is asked or made.
  const { proxy } = await nodeSettings(context, args);
  const passphrase = passphraseSource(context, context.dir, args);
  const joined = await makeIfMissing(context, args, proxy);
  return await runNode(context, args, { passphrase, ...(joined === undefined ? {} : { joined }) });
}

/** Sees to it that there is a node in the folder; gives who let it in, where it has just joined. */
async function makeIfMissing(
  context: CommandContext,
  args: UpArguments,
  proxy: string | undefined,
): Promise<RunNodeOptions["joined"]> {
  const { dir, signal } = context;
  const { refuseUninitialised } = await import("@gstore/server");
  try {
    await refuseUninitialised(dir);
    return undefined;
  } catch (error) {
    if (!isGstoreError(error, "NOT_INITIALISED")) throw error;
    if (!args.init && !canAsk()) throw notInitialised(dir);
  }
  const ticket = args.init ? "" : await askForTicket(dir, signal);
  const passphrase = await newPassphrase(context, args);
  if (ticket !== "") return await joinHere(context, { ticket, passphrase, proxy });
  await makeNetwork(context, passphrase);
  return undefined;
}

/** The one question on a new machine. Empty for a new network. */
async function askForTicket(dir: string, signal: AbortSignal): Promise<string> {
  const question = `There is no node in ${printable(dir)} yet.
Press Enter to make a new network, or paste a ticket to join one (it stays unseen): `;
  return (await typeUnseen(question, signal)).trim();
}

async function makeNetwork({ dir, output }: CommandContext, passphrase: string | undefined): Promise<void> {
  const { initNode } = await import("@gstore/server");
  const { name, networkFile } = await initNode({ dir, ...(passphrase === undefined ? {} : { passphrase }) });
  output.note(`made the node ${name} in ${dir}; its network's key is ${networkFile}`);
}

function notInitialised(dir: string): GstoreError {
  const gstore = `gstore --dir ${shellQuote(dir)}`;
  const message = `There is no node in ${dir}. Make one: ${gstore} init, or for a new network at once: ${gstore} up --init. With a ticket: ${gstore} join`;
  return new GstoreError("NOT_INITIALISED", message, { path: dir });
}
