import { GstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";

interface PingArguments {
  readonly member: string;
  readonly count?: number;
}

const COUNT_DEFAULT = 3;
const COUNT_MAX = 1000;
/** Between two pings (ms). */
const PAUSE_MS = 1000;

export const pingCommand: Command<PingArguments> = {
  positionals: {
    member: { type: "string", description: "Name or id of a member", demandOption: true },
  },
  options: {
    count: {
      alias: "n",
      type: "number",
      requiresArg: true,
      description: `How often (default ${COUNT_DEFAULT})`,
    },
  },
  examples: [
    ["ping berta", "how long a message to berta and back takes"],
    ["ping berta -n 1 --json", "once, for programs"],
  ],
  details: "Goes over the connection that there is. Fails where the member is not connected.",
  run: ping,
};

async function ping(
  { client, output, signal }: CommandContext,
  { member, count = COUNT_DEFAULT }: PingArguments,
): Promise<undefined> {
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX)
    throw new GstoreError("INVALID_ARGUMENT", `--count is a number from 1 to ${COUNT_MAX}.`);
  for (let done = 0; done < count; done++) {
    if (done > 0) await pause(signal);
    signal.throwIfAborted();
    const pong = await client.others.ping(member, { signal });
    await output.result(
      pong,
      () =>
        `${printable(pong.name)} answered in ${pong.roundTripMs.toFixed(1)} ms from ${printable(pong.address)}`,
    );
  }
  return undefined;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, PAUSE_MS);
    signal.addEventListener("abort", end);
  });
}
