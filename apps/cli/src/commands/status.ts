import type { StatusAnswer } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { fieldLines } from "../table.ts";
import { formatSpan } from "../time-span.ts";

export const statusCommand: Command<object> = {
  examples: [
    ["status", "what the node holds, who is connected, how full the disk is"],
    ["status --json", "the same for programs"],
  ],
  run: status,
};

async function status({ client, output, signal }: CommandContext): Promise<undefined> {
  const answer = await client.status({ signal });
  await output.result(answer, () => describe(answer));
  return undefined;
}

function describe(answer: StatusAnswer): string {
  const { blobs, blobBytes, catchingUp, connected, members } = answer;
  const up = formatSpan(Date.now() - Date.parse(answer.started));
  return fieldLines([
    ["node", `${printable(answer.name)} (${answer.id}), ${answer.role}, gstore ${answer.version}, up ${up}`],
    ["network", answer.network],
    ...answer.addresses.map((address) => ["address", address] as const),
    ["members", `${members}, ${connected} of the others connected`],
    ["files", `${answer.keys} in ${answer.entries} ${answer.entries === 1 ? "version" : "versions"}`],
    ["conflicts", answer.conflicts === 0 ? "none" : `${answer.conflicts} (gstore conflicts lists them)`],
    ["blobs", `${blobs} (${formatBytes(blobBytes)})`],
    ["disk", `${formatBytes(answer.diskUsedBytes)} used, ${formatBytes(answer.diskFreeBytes)} free`],
    ["catching up", catchingUp === 0 ? "no, everything wanted is here" : `${catchingUp} versions to fetch`],
  ]);
}
