import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";
import { pinText } from "./pin.ts";

export const pinsCommand: Command<object> = {
  examples: [["pins", "what this node keeps whatever the policies say"]],
  run: pins,
};

async function pins({ client, output, signal }: CommandContext): Promise<undefined> {
  const all = await client.storage.pins({ signal });
  if (output.json) {
    for (const one of all) await output.result(one, () => "");
  } else if (all.length === 0) {
    output.note("Nothing is pinned on this node. Pin a folder with: gstore pin FOLDER/");
  } else {
    const rows = all.map(({ space, ...one }) => [
      pinText({ ...one, space: "main" }),
      space === null ? "-" : printable(space),
    ]);
    await output.write(`${table(["PINNED", "SPACE"], rows)}\n`);
  }
  return undefined;
}
