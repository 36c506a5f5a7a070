import type { PeerRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";

export const peersCommand: Command<object> = {
  examples: [
    ["peers", "the other nodes, and whether they are connected"],
    ["peers --json", "the same for programs"],
  ],
  run: peers,
};

async function peers({ client, output, signal }: CommandContext): Promise<undefined> {
  const all = await client.peers({ signal });
  if (output.json) {
    for (const peer of all) await output.result(peer, () => "");
    return undefined;
  }
  if (all.length === 0) output.note("This node knows no other one yet. gstore connect ADDRESS reaches one.");
  else await output.write(`${table(TITLES, all.map(row))}\n`);
  return undefined;
}

const TITLES = [
  "NAME",
  "ROLE",
  "STATE",
  "PATH",
  "FOUND BY",
  "ROUND TRIP",
  "SENT",
  "RECEIVED",
  "UP",
  "DOWN",
  "ADDRESS",
  "ID",
];

function row(peer: PeerRecord): string[] {
  const {
    name,
    role,
    connected,
    direction,
    punched,
    foundBy,
    roundTripMs,
    bytesSent,
    bytesReceived,
    address,
    id,
  } = peer;
  return [
    printable(name),
    role,
    connected ? "connected" : "away",
    connected ? pathOf(peer) : "-",
    connected ? (foundBy ?? (direction === "inbound" && punched !== true ? "it dialled" : "-")) : "-",
    roundTripMs === null ? "-" : `${roundTripMs.toFixed(1)} ms`,
    bytesSent === null ? "-" : formatBytes(bytesSent),
    bytesReceived === null ? "-" : formatBytes(bytesReceived),
    perSecond(peer.sentPerSecond),
    perSecond(peer.receivedPerSecond),
    address === null ? "-" : printable(address),
    id,
  ];
}

/** Punched: both sides connected at once, through their routers. */
function pathOf({ relay, punched, address }: PeerRecord): string {
  if (relay !== null) return `relay ${printable(relay.name)}`;
  const web = /\/tcp\/\d+\/(wss?)(?:\/|$)/.exec(address ?? "")?.[1];
  return punched === true ? "punched" : (web ?? "direct");
}

function perSecond(bytes: number | null): string {
  return bytes === null ? "-" : `${formatBytes(bytes)}/s`;
}
