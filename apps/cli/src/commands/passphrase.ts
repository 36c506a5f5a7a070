import { GstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import {
  askNewPassphrase,
  PASSPHRASE_DETAILS,
  PASSPHRASE_FILE_OPTION,
  type PassphraseArguments,
  passphraseSource,
  readPassphraseFile,
} from "../passphrase.ts";
import { printable } from "../printable.ts";
import { passphraseFileOf } from "../settings.ts";
import { userPath } from "../user-path.ts";

interface ChangeArguments extends PassphraseArguments {
  readonly action: "set" | "change" | "remove";
  readonly "new-passphrase-file"?: string;
}

export const passphraseCommand: Command<ChangeArguments> = {
  positionals: {
    action: { choices: ["set", "change", "remove"], description: "What to do", demandOption: true },
  },
  options: {
    ...PASSPHRASE_FILE_OPTION,
    "new-passphrase-file": {
      type: "string",
      requiresArg: true,
      description: "For change: file that holds the new one (default: asked for twice)",
    },
  },
  takesSecrets: true,
  examples: [
    ["passphrase set", "put the node's key files under a passphrase, asked for twice"],
    ["passphrase change", "put them under another one"],
    ["passphrase remove", "leave them to their file mode alone"],
    ["passphrase change --passphrase-file old --new-passphrase-file new", "without a terminal"],
  ],
  details: `${PASSPHRASE_DETAILS}
The node may run meanwhile. A change that was cut off is finished by the same command with the same passphrases.`,
  run: change,
};

async function change(context: CommandContext, args: ChangeArguments): Promise<undefined> {
  const { dir, output } = context;
  const { action } = args;
  if (action !== "change" && args["new-passphrase-file"] !== undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Only change takes --new-passphrase-file.");
  const { changePassphrase, passphraseUse } = await import("@gstore/server");
  const use = await passphraseUse(dir);
  if (action === "set" && use === "all") throw pointless(dir, "under a passphrase", "change");
  if (action === "change" && use === "none") throw pointless(dir, "under no passphrase", "set");
  const current = passphraseSource(context, dir, args);
  const from = action === "set" || use === "none" ? undefined : await current();
  const to = action === "remove" ? undefined : await nextPassphrase(context, args);
  await changePassphrase(dir, { from, to });
  const state = to === undefined ? "under no passphrase" : "under the new passphrase";
  await output.result(
    { dir, passphrase: to !== undefined },
    () => `${printable(dir)}: key files ${state} now`,
  );
  if (to !== undefined)
    output.note("What they were before may still be found on this disk and in backups of it.");
  return undefined;
}

async function nextPassphrase(context: CommandContext, args: ChangeArguments): Promise<string> {
  const { action } = args;
  const option = args["new-passphrase-file"];
  const file = action === "set" ? passphraseFileOf(args["passphrase-file"]) : option && userPath(option);
  if (file) return await readPassphraseFile(file);
  return await askNewPassphrase(context, action === "set" ? "--passphrase-file" : "--new-passphrase-file");
}

function pointless(dir: string, state: string, action: string): GstoreError {
  const message = `The key files in ${dir} are ${state} already. Do you mean: gstore passphrase ${action}`;
  return new GstoreError("INVALID_ARGUMENT", message, { path: dir });
}
