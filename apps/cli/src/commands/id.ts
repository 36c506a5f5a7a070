import { type IdAnswer, isGstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { PASSPHRASE_FILE_OPTION, type PassphraseArguments, passphraseSource } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { fieldLines } from "../table.ts";

export const idCommand: Command<PassphraseArguments> = {
  options: PASSPHRASE_FILE_OPTION,
  examples: [
    ["id", "who this node is, and where others reach it"],
    ["id --json", "the same for programs"],
  ],
  run: id,
};

interface NodeIdentity extends IdAnswer {
  /** Whether the node runs; it has no addresses otherwise. */
  readonly running: boolean;
}

async function id(context: CommandContext, args: PassphraseArguments): Promise<undefined> {
  const identity = await identityOf(context, args);
  await context.output.result(identity, () => describe(identity));
  return undefined;
}

async function identityOf(context: CommandContext, args: PassphraseArguments): Promise<NodeIdentity> {
  const { client, dir, signal } = context;
  try {
    return { ...(await client.id({ signal })), running: true };
  } catch (error) {
    if (!isGstoreError(error, "NOT_RUNNING")) throw error;
    const { readNodeId } = await import("@gstore/server");
    const { id, name, network } = await readNodeId(dir, {
      passphrase: passphraseSource(context, dir, args),
    });
    return { id, name, network, addresses: [], running: false };
  }
}

function describe({ id, name, network, addresses, running }: NodeIdentity): string {
  return fieldLines([
    ["name", printable(name)],
    ["id", id],
    ["network", network],
    ...(running
      ? addresses.map((address) => ["address", address] as const)
      : [["address", "none: not running"] as const]),
  ]);
}
