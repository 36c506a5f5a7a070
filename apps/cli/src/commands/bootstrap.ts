import { type BootstrapRecord, GstoreError, isGstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { loadNodeConfig } from "../config.ts";
import { placeOf } from "../doctor/place.ts";
import { printable } from "../printable.ts";
import { rememberSettings } from "../remember-settings.ts";
import { table } from "../table.ts";

interface BootstrapArguments {
  readonly action?: string;
  readonly address?: string;
}

export const bootstrapCommand: Command<BootstrapArguments> = {
  positionals: {
    action: {
      type: "string",
      choices: ["ls", "add", "rm"],
      description: "What to do; ls where nothing is said",
    },
    address: { type: "string", description: "Such as /ip4/192.168.1.7/tcp/4000 or nas.local:4000" },
  },
  examples: [
    ["bootstrap", "which addresses the node stays connected to"],
    ["bootstrap add 192.168.1.7:4000", "one more, now and after each start"],
    ["bootstrap rm 192.168.1.7:4000", "no longer; the connection that there is stays"],
  ],
  details:
    "Kept in config.toml, and works with and without a running node. One address of any member is enough: where the others are is then known, and remembered.",
  run: bootstrap,
};

async function bootstrap(context: CommandContext, args: BootstrapArguments): Promise<undefined> {
  const { action = "ls", address } = args;
  if (action === "ls") return await list(context);
  if (address === undefined)
    throw new GstoreError("INVALID_ARGUMENT", `Say which address: gstore bootstrap ${action} ADDRESS`);
  const { client, output, signal, dir } = context;
  placeOf(address);
  const { bootstrap: kept = [] } = await loadNodeConfig(dir);
  const isKept = kept.includes(address);
  const running = await whileRunning(() =>
    action === "add"
      ? client.others.addBootstrap(address, { signal })
      : client.others.removeBootstrap(address, { signal }),
  );
  if (action === "add" && !isKept) await rememberSettings(dir, { bootstrap: [...kept, address] });
  if (action === "rm" && isKept)
    await rememberSettings(dir, { bootstrap: kept.filter((one) => one !== address) });
  const isNow = running === null ? "from its next start on" : "from now on";
  const what = action === "add" ? "stays connected to" : "no longer looks for";
  await output.result(
    { address, action, running: running !== null },
    () => `the node ${what} ${printable(address)} ${isNow}`,
  );
  return undefined;
}

async function list({ client, output, signal, dir }: CommandContext): Promise<undefined> {
  const { bootstrap: kept = [] } = await loadNodeConfig(dir);
  const running = await whileRunning(() => client.others.bootstrap({ signal }));
  const known = new Set(running?.map(({ address }) => address));
  const all: BootstrapRecord[] = [
    ...(running ?? []),
    ...kept.filter((address) => !known.has(address)).map((address) => ({ address, connectedTo: null })),
  ];
  const records = all.map((one) => ({ ...one, kept: kept.includes(one.address) }));
  if (output.json) {
    for (const record of records) await output.result(record, () => "");
    return undefined;
  }
  if (records.length === 0) {
    output.note("This node stays connected to no address of its own. gstore bootstrap add ADDRESS adds one.");
    return undefined;
  }
  const rows = records.map(({ address, connectedTo, kept: isKept }) => [
    printable(address),
    connectedTo === null ? "-" : printable(connectedTo.name),
    isKept ? "config.toml" : "until the node stops",
  ]);
  await output.write(`${table(["ADDRESS", "CONNECTED TO", "KEPT"], rows)}\n`);
  return undefined;
}

/** What a running node answers; null where none runs. */
async function whileRunning<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isGstoreError(error, "NOT_RUNNING")) return null;
    throw error;
  }
}
