import { GstoreError, shellQuote } from "@gstore/gateway/client";
import { readSecret } from "../ask.ts";
import { ATTRIBUTE_OPTIONS } from "../attribute-options.ts";
import { parseByteSize } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import {
  NEW_PASSPHRASE_OPTIONS,
  type NewPassphraseArguments,
  newPassphrase,
  PASSPHRASE_DETAILS,
  passphraseSource,
} from "../passphrase.ts";
import { printable } from "../printable.ts";
import { rememberSettings } from "../remember-settings.ts";
import { zoneLabel } from "../settings.ts";
import { fieldLines } from "../table.ts";
import { userPath } from "../user-path.ts";

interface InitArguments extends NewPassphraseArguments {
  readonly from?: string;
  readonly name?: string;
  readonly recover?: boolean;
  readonly capacity?: string;
  readonly zone?: string;
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
    ...ATTRIBUTE_OPTIONS,
    ...NEW_PASSPHRASE_OPTIONS,
  },
  takesSecrets: true,
  examples: [
    ["init", "make a node and a new network in ~/.gstore"],
    ["--dir /srv/gstore init --name anna", "elsewhere, and under a name of your choice"],
    ["init --capacity 500GB --zone home", "that holds at most 500 GB; what is said stays in config.toml"],
    ["init --from network.json", "make a node of the network whose file you copied here"],
    ["init --recover", "ask for the 24 words of gstore recovery, and make an admin's node"],
    ["init --passphrase", "ask for a passphrase that gstore up will ask for"],
  ],
  details: `The network file holds the network's root key: whoever has it owns the network. Keep it secret.
${PASSPHRASE_DETAILS}`,
  run: init,
};

async function init(context: CommandContext, args: InitArguments): Promise<undefined> {
  const { dir, output, signal } = context;
  const { from, name, recover } = args;
  if (from !== undefined && recover) {
    throw new GstoreError("INVALID_ARGUMENT", "--from and --recover each name a network; give one.");
  }
  const settings = settingsOf(args);
  const { initNode, refuseInitialised } = await import("@gstore/server");
  // Before anything is asked for.
  await refuseInitialised(dir);
  // All that a node makes is its user's own business.
  process.umask(0o077);
  const request = { prompt: "Recovery words: ", what: "recovery words", signal };
  const recoveryWords = recover ? await readSecret(request) : undefined;
  const passphrase = await newPassphrase(context, args);
  const networkFile = from === undefined ? undefined : userPath(from);
  const made = await initNode({
    dir,
    ...(name === undefined ? {} : { name }),
    ...(networkFile === undefined
      ? {}
      : { networkFile, networkFilePassphrase: passphraseSource(context, networkFile, args) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(recoveryWords === undefined ? {} : { recoveryWords }),
  });
  if (Object.keys(settings).length > 0) await rememberSettings(dir, settings);
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

/** What is to stay in the node's config file. Throws `INVALID_ARGUMENT` before anything is made. */
function settingsOf({ capacity, zone }: InitArguments): { capacity?: string; zone?: string } {
  if (capacity !== undefined) parseByteSize(capacity);
  if (zone !== undefined) zoneLabel(zone);
  return { ...(capacity === undefined ? {} : { capacity }), ...(zone === undefined ? {} : { zone }) };
}
