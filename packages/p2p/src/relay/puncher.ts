import { type Clock, GstoreError, isGstoreError, type PeerId, type Random } from "@gstore/core";
import { addressOf, parseMultiaddr } from "../address.ts";
import { MEETING_TIMEOUT_MS, PUNCH_RETRY_MIN_MS } from "../limits.ts";
import type { PeerNetworkLogger } from "../logger.ts";
import type { PeerConnection, PeerTable } from "../peer-table.ts";
import type { AdmittedLink, TlsEndpoint } from "../tls-endpoint.ts";
import { ALPN } from "../tls-link.ts";
import { withTimeout } from "../with-timeout.ts";
import { type PunchedSocket, punchSocket } from "./punch-socket.ts";
import { PunchTurns } from "./punch-turns.ts";
import { isPunchable } from "./punchable.ts";
import { encodeReachRequest, type SeenAt } from "./relay-messages.ts";

export interface PuncherOptions {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  readonly endpoint: TlsEndpoint;
  readonly peers: PeerTable;
  /** Other places than those outside all local networks that may be connected to, for tests. */
  readonly isAllowed?: ((seen: SeenAt) => boolean) | undefined;
  request(connection: PeerConnection, message: Uint8Array): Promise<Uint8Array>;
  /** Takes a link that has passed the handshake. */
  admit(admitted: AdmittedLink): void;
}

/**
 * Gets those that are connected through a relay connected directly: both meet at the relay and connect at once to where it
 * sees the other, so that both routers take what comes for an answer (docs/spec/punch.md). The one with the smaller PeerId
 * asks for it and is the client of TLS and the dialler of the handshake; the other is the listener.
 */
export class Puncher {
  readonly #options: PuncherOptions;
  readonly #turns: PunchTurns;
  readonly #timers = new Map<PeerId, () => void>();
  readonly #stopping = new AbortController();
  #tried = 0;
  #made = 0;

  constructor(options: PuncherOptions) {
    this.#options = options;
    this.#turns = new PunchTurns(options);
  }

  /** Tries since the start, and those that led to a connection. */
  get counts(): { readonly punchesTried: number; readonly punchesMade: number } {
    return { punchesTried: this.#tried, punchesMade: this.#made };
  }

  stop(): void {
    this.#stopping.abort(new GstoreError("ABORTED", "The node is stopping."));
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** A peer has a connection, the first or one more. */
  connected(peer: PeerId): void {
    const [best] = this.#options.peers.usable(peer);
    if (best?.link.punched)
      best.link.onClose(() => {
        this.#turns.lost(peer);
        this.#plan(peer);
      });
    else this.#plan(peer);
  }

  /** A peer asks for a try. Throws `REQUEST_REFUSED` or `TOO_BUSY`; else the try is begun. */
  asked(peer: PeerId): void {
    if (this.#options.self < peer)
      throw new GstoreError("REQUEST_REFUSED", "It is this node that would ask you.", { peer });
    const relay = this.#relayOf(peer);
    if (relay === null)
      throw new GstoreError("REQUEST_REFUSED", "There is no relay to meet you at.", { peer });
    this.#turns.begin(peer);
    void this.#try(peer, relay);
  }

  #plan(peer: PeerId): void {
    if (this.#stopping.signal.aborted || this.#timers.has(peer) || !this.#isUp(peer)) return;
    const delayMs = this.#turns.delayMs(peer);
    // What runs plans the next one where it fails.
    if (delayMs !== null) this.#planIn(peer, delayMs);
  }

  #planIn(peer: PeerId, delayMs: number): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(peer);
      if (this.#isUp(peer)) void this.#call(peer);
    });
    this.#timers.set(peer, cancel);
  }

  /** Whether this node is to begin a try with a peer: the two are connected by a relay alone. */
  #isUp(peer: PeerId): boolean {
    return this.#options.self < peer && this.#relayOf(peer) !== null;
  }

  /** The connection to the relay that a peer is connected through, where this node can dial that; else null. */
  #relayOf(peer: PeerId): PeerConnection | null {
    const { peers } = this.#options;
    const { relay = null } = peers.preferred(peer)?.link ?? {};
    const way = relay === null ? null : peers.direct(relay);
    // By a WebSocket it may be a proxy that is seen.
    const isPlain = way !== null && parseMultiaddr(way.link.address).web === null;
    return isPlain && way.link.direction === "outbound" ? way : null;
  }

  /** Never rejects. */
  async #call(peer: PeerId): Promise<void> {
    const { peers, request, logger } = this.#options;
    const relay = this.#relayOf(peer);
    const relayed = peers.preferred(peer);
    if (relay === null || relayed === null) return;
    try {
      this.#turns.begin(peer);
    } catch {
      // Enough are under way: later.
      this.#planIn(peer, PUNCH_RETRY_MIN_MS);
      return;
    }
    try {
      await request(relayed, encodeReachRequest({ kind: "punch" }));
    } catch (error) {
      logger.debug({ peer, error: String(error) }, "a peer does not punch");
      this.#turns.end(peer);
      this.#plan(peer);
      return;
    }
    await this.#try(peer, relay);
  }

  /** Never rejects. The turn has been taken. */
  async #try(peer: PeerId, relay: PeerConnection): Promise<void> {
    const { clock, endpoint, logger, isAllowed = isPunchable } = this.#options;
    this.#tried++;
    const limit = withTimeout(clock, {
      timeoutMs: MEETING_TIMEOUT_MS,
      signal: this.#stopping.signal,
      error: () => new GstoreError("TIMEOUT", "The peer did not come to the relay in time."),
    });
    try {
      const { signal } = limit;
      const punched = await punchSocket({ clock, endpoint, relay, peer, signal, isAllowed });
      await this.#secure(punched, peer, signal);
    } catch (error) {
      const reason = isGstoreError(error) ? error.message : String(error);
      logger.debug({ peer, relay: relay.link.peer, reason }, "no way to a peer was punched");
    } finally {
      limit.clear();
      this.#turns.end(peer);
      this.#plan(peer);
    }
  }

  /** TLS and the handshake, as on any other connection. */
  async #secure({ socket, at }: PunchedSocket, peer: PeerId, signal: AbortSignal): Promise<void> {
    const { self, endpoint } = this.#options;
    if (self < peer) {
      const address = addressOf({ ...at, peer });
      this.#take(await endpoint.dial(address, { alpn: ALPN.libp2p, signal, below: socket }), peer);
      return;
    }
    const how = { ...at, relay: null, punched: true, alpn: [ALPN.libp2p] };
    await new Promise<void>((resolve) => {
      socket.once("close", resolve);
      endpoint.acceptOn(socket, how, (admitted) => {
        this.#take(admitted, peer);
        resolve();
      });
    });
  }

  #take(admitted: AdmittedLink, peer: PeerId): void {
    const { admit, logger } = this.#options;
    if (admitted.link.peer !== peer) {
      admitted.link.destroy();
      return;
    }
    this.#made++;
    admit(admitted);
    logger.info({ peer, address: String(admitted.link.address) }, "a direct way to a peer was punched");
  }
}
