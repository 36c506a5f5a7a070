import type { Command, CommandContext } from "../command.ts";
import { PASSPHRASE_FILE_OPTION, type PassphraseArguments, passphraseSource } from "../passphrase.ts";

export const recoveryCommand: Command<PassphraseArguments> = {
  options: PASSPHRASE_FILE_OPTION,
  takesSecrets: true,
  examples: [
    ["recovery", "show the 24 words, to write down"],
    ["--dir /new init --recover", "make an admin's node from the words on another machine"],
  ],
  details: "Whoever has the words owns the network. Write them on paper; keep them on no machine.",
  run: recovery,
};

async function recovery(context: CommandContext, args: PassphraseArguments): Promise<undefined> {
  const { dir, output } = context;
  const { readRecoveryWords } = await import("@gstore/server");
  const words = await readRecoveryWords(dir, { passphrase: passphraseSource(context, dir, args) });
  output.note(
    "These words are the network's root key: whoever has them owns the network. Keep them on paper.",
  );
  await output.result({ words: words.split(" ") }, () => words);
  return undefined;
}
