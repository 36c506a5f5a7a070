import { GstoreError } from "@gstore/core";
import type { NodeStatus, PeerStatus } from "@gstore/server";
import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";

/** Name, type, help and value. No labels: how many lines there are does not depend on what is stored or who is a member. */
type Metric = readonly [name: string, type: "gauge" | "counter", help: string, value: number | null];

const readySchema = Type.Object({ status: Type.Literal("ready") });

/** GET /metrics in Prometheus' text format, and GET /readyz. */
export function registerMetrics(app: GatewayServer, { node, clock, stopping }: GatewayContext): void {
  const schema = { response: { 200: readySchema } };
  app.get("/readyz", { schema }, async () => {
    if (stopping.aborted) throw new GstoreError("ABORTED", "The node is stopping.");
    return { status: "ready" as const };
  });
  app.get("/metrics", async (_request, reply) => {
    const status = await node.status();
    const all = [
      ...ofStore(status),
      ...ofNetwork(status, node.peers()),
      ...ofDht(status.discovery.dht),
      ...ofHolders(status.discovery.holders),
      ...ofProcess(clock.now() - status.startedMs),
    ];
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    return all
      .filter(([, , , value]) => value !== null)
      .map(textOf)
      .join("");
  });
}

function ofStore(status: NodeStatus): Metric[] {
  const { scrub, repair } = status;
  return [
    ["gstore_keys", "gauge", "Files that the node knows", status.keys],
    ["gstore_entries", "gauge", "Version records", status.entries],
    ["gstore_conflicts", "gauge", "Keys in conflict", status.conflicts],
    ["gstore_blobs", "gauge", "Blobs stored here", status.blobs],
    ["gstore_blob_bytes", "gauge", "Bytes of blobs stored here", status.blobBytes],
    ["gstore_disk_used_bytes", "gauge", "Bytes of disk that the store takes", status.diskUsedBytes],
    ["gstore_disk_free_bytes", "gauge", "Bytes that the disk has left", status.diskFreeBytes],
    ["gstore_full", "gauge", "1 while no copies are taken for want of room", Number(status.full)],
    ["gstore_catching_up_versions", "gauge", "Versions still to be fetched", status.catchingUp],
    [
      "gstore_no_room_versions",
      "gauge",
      "Versions meant for this node that it has no room for",
      status.noRoom,
    ],
    ["gstore_scrub_damaged_total", "counter", "Blobs found damaged since the start", scrub.damagedFound],
    ["gstore_scrub_repaired_total", "counter", "Of these, mended", scrub.repaired],
    ["gstore_scrub_unrepaired", "gauge", "Blobs that nobody could mend", scrub.unrepaired],
    ["gstore_repair_short_versions", "gauge", "Versions here with fewer copies than wanted", repair.short],
    ["gstore_repair_below_min_versions", "gauge", "Of these, with fewer than the minimum", repair.belowMin],
    [
      "gstore_repair_copies_made_total",
      "counter",
      "Copies that repair made since the start",
      repair.copiesMade,
    ],
    ["gstore_repair_failed_total", "counter", "Repairs that nobody took", repair.failed],
    ["gstore_audits_failed_total", "counter", "Proofs of possession that failed", repair.audits.failed],
  ];
}

function ofNetwork(status: NodeStatus, peers: readonly PeerStatus[]): Metric[] {
  const sum = (of: "bytesSent" | "bytesReceived"): number =>
    peers.reduce((total, { connection }) => total + (connection?.[of] ?? 0), 0);
  const { reach, refusedRecords } = status.discovery;
  const records = Object.values(refusedRecords).reduce((total, count) => total + count, 0);
  return [
    ["gstore_members", "gauge", "Members of the network, this node included", status.members],
    ["gstore_connected_members", "gauge", "Other members that are connected", status.connected],
    [
      "gstore_connections_sent_bytes",
      "gauge",
      "Bytes sent on the connections that are open",
      sum("bytesSent"),
    ],
    ["gstore_connections_received_bytes", "gauge", "Bytes received on these", sum("bytesReceived")],
    [
      "gstore_turned_away_total",
      "counter",
      "Connections refused to strangers and above caps",
      reach.turnedAway,
    ],
    ["gstore_relayed_connections", "gauge", "Connections of others that are relayed", reach.relayed],
    ["gstore_relay_refused_total", "counter", "Requests to relay that were refused", reach.refused],
    ["gstore_address_records_refused_total", "counter", "Address records that do not hold", records],
    ["gstore_punches_tried_total", "counter", "Tries to get past two routers", reach.punchesTried],
    ["gstore_punches_made_total", "counter", "Of these, that made a connection", reach.punchesMade],
  ];
}

function ofDht(dht: NodeStatus["discovery"]["dht"]): Metric[] {
  if (dht === null) return [];
  const refused = Object.values(dht.refused).reduce((total, count) => total + count, 0);
  return [
    ["gstore_dht_members", "gauge", "Members in the routing table of the DHT", dht.members],
    ["gstore_dht_holder_records", "gauge", "Members said to hold something", dht.holderRecords],
    ["gstore_dht_lookups_total", "counter", "Lookups since the start", dht.lookups],
    ["gstore_dht_lookups_found_total", "counter", "Of these, that found something", dht.found],
    ["gstore_dht_asked_total", "counter", "Requests to other members in lookups", dht.asked],
    ["gstore_dht_answered_total", "counter", "Requests of other members", dht.answered],
    ["gstore_dht_refused_total", "counter", "What was wrong with what members sent", refused],
  ];
}

function ofHolders(holders: NodeStatus["discovery"]["holders"]): Metric[] {
  return [
    ["gstore_holdings_told_total", "counter", "Times the DHT was told of what is held here", holders.told],
    ["gstore_holder_lookups_total", "counter", "Lookups of who holds a version", holders.lookups],
    ["gstore_holder_lookups_found_total", "counter", "Of these, that named somebody else", holders.found],
    ["gstore_holders_refuted_total", "counter", "Members named that did not have it", holders.refuted],
  ];
}

function ofProcess(upMs: number): Metric[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    ["gstore_up_seconds", "gauge", "Seconds since the node was started", upMs / 1000],
    ["process_resident_memory_bytes", "gauge", "Resident memory, mapped index pages included", rss],
    ["nodejs_heap_used_bytes", "gauge", "Memory of JavaScript objects", heapUsed],
    ["process_cpu_seconds_total", "counter", "CPU seconds, user and system", (user + system) / 1_000_000],
  ];
}

function textOf([name, type, help, value]: Metric): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}
