import type { ScrubRecord, StatusAnswer } from "@gstore/gateway/client";
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
  const { blobs, blobBytes, connected, members } = answer;
  const up = formatSpan(Date.now() - Date.parse(answer.started));
  return fieldLines([
    ["node", `${printable(answer.name)} (${answer.id}), ${answer.role}, gstore ${answer.version}, up ${up}`],
    ["network", answer.network],
    ...answer.addresses.map((address) => ["address", address] as const),
    ["reached", describeReach(answer.discovery.reach)],
    ["members", `${members}, ${connected} of the others connected`],
    ...(answer.draining.length === 0 ? [] : [["draining", describeDraining(answer)] as const]),
    ["files", `${answer.keys} in ${answer.entries} ${answer.entries === 1 ? "version" : "versions"}`],
    ["conflicts", answer.conflicts === 0 ? "none" : `${answer.conflicts} (gstore conflicts lists them)`],
    ["blobs", `${blobs} (${formatBytes(blobBytes)})`],
    ["disk", `${formatBytes(answer.diskUsedBytes)} used, ${formatBytes(answer.diskFreeBytes)} free`],
    ...(answer.full ? [["full", FULL] as const] : []),
    ["copies", describeSafety(answer.safety)],
    ...clockLines(answer.clock),
    ["scrub", describeScrub(answer.scrub)],
    ["catching up", describeCatchingUp(answer)],
    ["repair", describeRepair(answer.repair)],
    ["audits", describeAudits(answer.repair.audits)],
  ]);
}

function describeReach(reach: StatusAnswer["discovery"]["reach"]): string {
  const { reached, relays, relayed, refused, punchesTried, punchesMade, forwardedPort } = reach;
  const through = relays.map(({ name }) => printable(name)).join(", ");
  const how = {
    yes: "the members asked can dial this node",
    no:
      relays.length > 0
        ? `through ${through}; not every member can dial this node`
        : "not every member can dial this node, and none that it can dial relays",
    unknown: "no member could say yet",
  };
  const punched = `hole punching made ${punchesMade} of ${punchesTried} connections it tried`;
  return [
    how[reached],
    ...(relayed === 0 ? [] : [`it relays ${relayed} connections of others`]),
    ...(refused === 0 ? [] : [`it refused to relay ${refused} times`]),
    ...(punchesTried === 0 ? [] : [punched]),
    ...(forwardedPort === null ? [] : [`the router forwards port ${forwardedPort}`]),
  ].join("; ");
}

function clockLines({ historyPaused, apart }: StatusAnswer["clock"]): (readonly [string, string])[] {
  const lines = apart.map(({ name, aheadMs }) => {
    const side = aheadMs > 0 ? "ahead of" : "behind";
    return `${formatSpan(Math.abs(aheadMs))} ${side} that of ${printable(name)}: set the one that is wrong`;
  });
  if (historyPaused !== null) lines.push(historyPausedText(historyPaused));
  return lines.map((line) => ["clock", line] as const);
}

export function historyPausedText(paused: NonNullable<StatusAnswer["clock"]["historyPaused"]>): string {
  return paused === "clock set"
    ? "old history is kept for now, however old: this clock was set, or stood still"
    : "old history is kept, however old, while the clocks of other nodes do not bear this one out";
}

function describeDraining({ draining, id }: StatusAnswer): string {
  const names = draining.map((one) => (one.id === id ? "this node" : printable(one.name)));
  return `${names.join(", ")}: given nothing to hold (gstore drain NODE --stop takes it back)`;
}

function describeCatchingUp({ catchingUp, noRoom }: StatusAnswer): string {
  const versions = (count: number): string => `${count} ${count === 1 ? "version" : "versions"}`;
  const parts = [
    ...(catchingUp === 0 ? [] : [`${versions(catchingUp)} to fetch`]),
    ...(noRoom === 0 ? [] : [`no room for ${versions(noRoom)} that it should hold: other nodes take them`]),
  ];
  return parts.length === 0 ? "no, everything wanted is here" : parts.join("; ");
}

const FULL = "it takes no copies that others give: more room with gstore up --capacity, or on the disk";

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

const FILES_SHOWN_MAX = 5;

function describeScrub(scrub: ScrubRecord): string {
  const { lastEnded, progress, damagedFound, repaired, unrepaired, unrepairedFiles } = scrub;
  const last =
    lastEnded === null ? "no round yet" : `last round ended ${formatAgo(Date.now() - Date.parse(lastEnded))}`;
  const now = progress === null ? "" : `, ${percent(progress)} of this one`;
  const found = damagedFound === 0 ? "nothing damaged" : `${damagedFound} damaged, ${repaired} repaired`;
  if (unrepaired === 0) return `${last}${now}, ${found}`;
  const names = unrepairedFiles.slice(0, FILES_SHOWN_MAX).map(({ key }) => printable(key));
  if (unrepairedFiles.length > names.length) names.push("…");
  const files = names.length === 0 ? "" : `: ${names.join(", ")}`;
  return `${last}${now}, ${found}, ${unrepaired} LEFT DAMAGED${files}`;
}

function percent({ bytes, bytesTotal }: NonNullable<ScrubRecord["progress"]>): string {
  return `${Math.floor((100 * bytes) / Math.max(1, bytesTotal))} %`;
}

function describeRepair(repair: StatusAnswer["repair"]): string {
  const { short, belowMin, queued, running, copiesMade, failed, surplusDropped, lastWalk } = repair;
  const state = [
    short === 0 ? "nothing known to be short" : `${short} versions short, ${belowMin} of them below min`,
    ...(queued + running > 0 ? [`${running} being given, ${queued} queued`] : []),
    ...(failed > 0 ? [`${failed} that no node took`] : []),
    ...(copiesMade + surplusDropped > 0 ? [`${copiesMade} copies made, ${surplusDropped} given up`] : []),
    lastWalk === null
      ? "not looked through yet"
      : `looked through ${formatAgo(Date.now() - Date.parse(lastWalk))}`,
  ];
  return state.join("; ");
}

function describeAudits({ proved, failed, unanswered, failures }: StatusAnswer["repair"]["audits"]): string {
  const counts = `${proved} proved, ${failed} failed, ${unanswered} unanswered`;
  const last = failures.at(-1);
  if (last === undefined) return counts;
  const when = formatAgo(Date.now() - Date.parse(last.at));
  return `${counts}; last failure: ${printable(last.name)} (${last.reason}) ${when}`;
}
