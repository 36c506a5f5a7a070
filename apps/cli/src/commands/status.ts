import type { StatusAnswer } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { mayLoseText } from "../copies-lines.ts";
import { printable } from "../printable.ts";
import { fieldLines } from "../table.ts";
import { formatAgo, formatSpan } from "../time-span.ts";

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
    ["copies", describeSafety(answer.safety)],
    ["catching up", catchingUp === 0 ? "no, everything wanted is here" : `${catchingUp} versions to fetch`],
  ]);
}

/** In short, and how old it is: what all nodes hold is asked by `gstore safe` alone. */
function describeSafety(safety: StatusAnswer["safety"]): string {
  if (safety === null) return "not looked at since the start (gstore safe asks all nodes)";
  const { all, belowCopies, belowMin, mayLose } = safety.current;
  const short =
    belowCopies.versions === 0
      ? "all there"
      : `${belowCopies.versions} short of copies, ${belowMin.versions} below min`;
  const when = formatAgo(Date.now() - Date.parse(safety.checked));
  return `${all.versions === 0 ? "" : `${short}; `}${mayLoseText(mayLose)} (gstore safe, ${when})`;
}
