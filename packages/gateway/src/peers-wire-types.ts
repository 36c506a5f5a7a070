import type { NodeRef } from "./wire-types.ts";

export interface PeerRecord extends NodeRef {
  readonly role: string;
  readonly connected: boolean;
  /** `older` or `newer` where it speaks another protocol than the node, and so can't connect; null where nothing says so. */
  readonly incompatible: string | null;
  /** The fields below are null unless connected. The version is that of gstore there, as it says. */
  readonly version: string | null;
  readonly address: string | null;
  readonly direction: string | null;
  /** Made through two routers by both sides' connecting at once (hole punching). */
  readonly punched: boolean | null;
  /** By what its address was known: `address` (given by a user), `lan`, `address book` or `member list`; null where it dialled. */
  readonly foundBy: string | null;
  /** Through which member the connection goes; null for a direct one. */
  readonly relay: NodeRef | null;
  readonly since: string | null;
  readonly roundTripMs: number | null;
  readonly bytesSent: number | null;
  readonly bytesReceived: number | null;
  /** Bytes per second over the last two seconds or so. */
  readonly sentPerSecond: number | null;
  readonly receivedPerSecond: number | null;
}

/** An address that the node stays connected to. */
export interface BootstrapRecord {
  readonly address: string;
  /** Who is connected at it now. */
  readonly connectedTo: NodeRef | null;
}

export interface PingRecord extends NodeRef {
  readonly roundTripMs: number;
  readonly address: string;
}
