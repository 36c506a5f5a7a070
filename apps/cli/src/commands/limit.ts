import { GstoreError, type LimitsRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { formatRate, parseRate } from "../rate.ts";
import { rememberSettings } from "../remember-settings.ts";
import { fieldLines } from "../table.ts";

interface LimitArguments {
  readonly direction?: string;
  readonly rate?: string;
}

export const limitCommand: Command<LimitArguments> = {
  positionals: {
    direction: { type: "string", choices: ["up", "down"], description: "What is sent, or what is received" },
    rate: { type: "string", description: "Such as 5MB/s, 800kB/s or 50Mbit/s; off for no limit" },
  },
  examples: [
    ["limit", "show the limits"],
    ["limit up 2MB/s", "send no more than that, to all nodes together"],
    ["limit down off", "receive as fast as it goes"],
  ],
  details:
    "Holds at once, and is kept in config.toml. It is for the content of files; what nodes tell each other otherwise, and the first 256 KiB of each transfer, go first.",
  run: limit,
};

async function limit(context: CommandContext, { direction, rate }: LimitArguments): Promise<undefined> {
  const { client, output, signal, dir } = context;
  if (direction !== undefined && rate === undefined)
    throw new GstoreError("INVALID_ARGUMENT", `Say how much, such as: gstore limit ${direction} 2MB/s`);
  let limits: LimitsRecord;
  if ((direction === "up" || direction === "down") && rate !== undefined) {
    limits = await client.setLimits({ [direction]: parseRate(rate) }, { signal });
    await rememberSettings(dir, { limit: { [direction]: rate } });
  } else limits = await client.limits({ signal });
  await output.result(limits, () =>
    fieldLines([
      ["up", formatRate(limits.up)],
      ["down", formatRate(limits.down)],
    ]),
  );
  return undefined;
}
