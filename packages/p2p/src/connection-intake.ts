import type { Clock } from "@gstore/core";
import type { Connection } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { PeerTable } from "./peer-table.ts";
import type { Shown } from "./perform-handshake.ts";
import { monitorLink } from "./ping-monitor.ts";
import type { TlsConnection } from "./tls-connection.ts";
import type { AdmittedLink } from "./tls-endpoint.ts";

/** Brings libp2p's connections together with the links below them, and both to the peer table. */
export class ConnectionIntake {
  readonly #clock: Clock;
  readonly #peers: PeerTable;
  // libp2p hands the address object through, and by it a connection is told to belong to its link.
  readonly #connecting = new WeakMap<Multiaddr, { connection: TlsConnection; shown: Shown }>();

  constructor({ clock, peers }: { readonly clock: Clock; readonly peers: PeerTable }) {
    this.#clock = clock;
    this.#peers = peers;
  }

  /** A link is given to libp2p. */
  connecting(connection: TlsConnection, { certificate, agent }: AdmittedLink): void {
    this.#connecting.set(connection.remoteAddr, { connection, shown: { certificate, agent } });
  }

  /** libp2p has made a connection. One of no admitted link is broken off. */
  opened(connection: Connection, isStopped: boolean): void {
    const admitted = this.#connecting.get(connection.remoteAddr);
    if (admitted === undefined || !admitted.connection.link.isOpen || isStopped) {
      connection.abort(new Error("not admitted"));
      return;
    }
    const { link } = admitted.connection;
    const ping = () => admitted.connection.ping();
    const entry = { connection, link, ...admitted.shown, ping, roundTripMs: null as number | null };
    link.onClose(() => this.#peers.remove(entry));
    this.#peers.add(entry);
    monitorLink(link, {
      clock: this.#clock,
      ping,
      measured: (roundTripMs) => {
        entry.roundTripMs = roundTripMs;
      },
    });
  }
}
