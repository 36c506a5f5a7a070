import type { World } from "../world/world.ts";
import { membersAtRest } from "./rest.ts";

/** Timers that a node may keep at rest: its connections' pings, and what its upkeep does now and then. */
const TIMERS_PER_PEER_MAX = 4;
const TIMERS_MAX = 8;

/** What goes on though nobody asked for anything: something was not given back. */
export function checkQuiet(world: World): void {
  const members = membersAtRest(world);
  // Who still hopes for a version that is lost everywhere asks all others for it again and again.
  if (members.some(({ running }) => running.parts.replication.catchUp.behind > 0)) return;
  for (const { machine, running } of members) {
    const { network, parts, life } = running;
    const found: Record<string, number> = {
      "bulk transfers": network.bulkLinks.count,
      "bytes of puts in flight": parts.putWindow.inFlight,
      "bytes read ahead": parts.readAhead.inFlight,
      "bytes being received": parts.replication.receiving.inFlight,
      "surplus timers": Math.max(0, life.timers - TIMERS_MAX - TIMERS_PER_PEER_MAX * network.peers().length),
    };
    for (const peer of world.nodes.values())
      found[`bytes pushed to ${peer.name}`] = parts.replication.pushWindow(peer.peer).inFlight;
    const leaks = Object.entries(found).filter(([, count]) => count !== 0);
    if (leaks.length === 0) continue;
    const detail = leaks.map(([what, count]) => `${count} ${what}`).join(", ");
    world.violate("I7: nothing is held at rest", detail, { nodes: [machine.name] });
  }
}
