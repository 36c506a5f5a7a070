import type { Command, CommandContext } from "../command.ts";

export const recoveryCommand: Command<object> = {
  examples: [
    ["recovery", "show the 24 words, to write down"],
    ["--dir /new init --recover", "make an admin's node from the words on another machine"],
  ],
  details: "Whoever has the words owns the network. Write them on paper; keep them on no machine.",
  run: recovery,
};

async function recovery({ dir, output }: CommandContext): Promise<undefined> {
  const { readRecoveryWords } = await import("@gstore/server");
  const words = await readRecoveryWords(dir);
  output.note(
    "These words are the network's root key: whoever has them owns the network. Keep them on paper.",
  );
  await output.result({ words: words.split(" ") }, () => words);
  return undefined;
}
