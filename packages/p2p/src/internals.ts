/** What of the real network the simulator's runs on: `@gstore/p2p/internals`, which the published package does not have. */
export { type PeerConnection, PeerTable } from "./peer-table.ts";
export { monitorLink } from "./ping-monitor.ts";
export { Reconnector } from "./reconnector.ts";
