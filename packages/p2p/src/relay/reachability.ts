import { isIP } from "node:net";
import type { Clock, PeerId, Random } from "@gstore/core";
import { addressOf, relayedAddressOf } from "../address.ts";
import {
  REACH_ASKED_MAX,
  REACH_RECHECK_MS,
  REACH_RETRY_MS,
  REACH_SETTLE_MS,
  RELAYS_WANTED,
} from "../limits.ts";
import { isLoopback } from "../listen-addresses.ts";
import type { PeerNetworkLogger } from "../logger.ts";
import type { PeerConnection } from "../peer-table.ts";
import type { TlsLink } from "../tls-link.ts";
import { type DialBackAnswer, decodeDialBackAnswer, encodeReachRequest } from "./relay-messages.ts";

/** Whether members can dial this node. `unknown` where nobody could say yet. */
export type Reached = "unknown" | "yes" | "no";

export interface ReachabilityOptions {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  /** By which port the peer of a link is to dial this node; without one, the port it listens on; 0 where it listens nowhere. */
  port(link?: TlsLink): number;
  /** Direct connections to members. */
  connections(): readonly PeerConnection[];
  request(connection: PeerConnection, message: Uint8Array): Promise<Uint8Array>;
}

interface Answer extends DialBackAnswer {
  readonly connection: PeerConnection;
}

/**
 * Finds out whether others can dial this node, by having members do so, and gets it places at relays where they can't. Who
 * is asked dials the address at which it sees this node and no other.
 */
export class Reachability {
  readonly #options: ReachabilityOptions;
  /** Where members that see another address than the node's own reached it: a router forwards the port. */
  readonly #external = new Map<PeerId, string>();
  readonly #relays = new Set<PeerId>();
  #reached: Reached = "unknown";
  #cancel: (() => void) | null = null;
  #isLooking = false;
  #isOutdated = false;
  #isStopped = true;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  get reached(): Reached {
    return this.#reached;
  }

  /** Through whom others reach this node. */
  get relays(): readonly PeerId[] {
    return [...this.#relays];
  }

  /** Where else than at its own addresses the node can be dialled. */
  addresses(): string[] {
    const peer = this.#options.self;
    const relayed = [...this.#relays].map((relay) => String(relayedAddressOf({ relay, peer }).multiaddr));
    return [...new Set(this.#external.values()), ...relayed];
  }

  start(): void {
    this.#isStopped = false;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** Who is connected has changed, or where this node is. */
  changed(): void {
    if (this.#isLooking) this.#isOutdated = true;
    else this.#lookIn(REACH_SETTLE_MS);
  }

  disconnected(peer: PeerId): void {
    this.#relays.delete(peer);
    this.#external.delete(peer);
    this.changed();
  }

  /** Whether others may come through a member: where this node has asked it for a place. */
  hasPlaceAt(relay: PeerId): boolean {
    return this.#relays.has(relay);
  }

  #lookIn(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(delayMs, () => void this.#look());
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#isOutdated = false;
    const answers = await this.#ask();
    for (const answer of answers) {
      this.#noteExternal(answer);
      if (!answer.relays) this.#relays.delete(answer.connection.link.peer);
    }
    if (answers.length > 0) this.#reached = answers.every(({ reached }) => reached) ? "yes" : "no";
    else if (this.#options.port() > 0) this.#reached = "unknown";
    if (this.#reached === "yes") await this.#releaseAll();
    else if (this.#reached === "no") await this.#reserve(answers);
    this.#isLooking = false;
    // Who came while others were asked has not been asked, nor by which port a router has begun to forward.
    const isNew = this.#isOutdated;
    const laterMs = this.#reached === "yes" ? REACH_RECHECK_MS : REACH_RETRY_MS;
    this.#lookIn(isNew ? REACH_SETTLE_MS : laterMs);
  }

  async #ask(): Promise<Answer[]> {
    const { connections, random, port } = this.#options;
    // What is on the same machine says nothing about others, but may relay where nobody could dial us anyway.
    const useful = connections().filter(({ link }) => port() === 0 || !isLoopback(String(link.address)));
    const shuffled = useful.map((connection) => ({ connection, order: random.below(1 << 20) }));
    // First the relays in use, then who was dialled by this node: only they are sure to be of use as relays.
    const rank = ({ link }: PeerConnection): number => {
      if (this.#relays.has(link.peer)) return 0;
      return link.direction === "outbound" ? 1 << 20 : 2 << 20;
    };
    shuffled.sort((a, b) => a.order + rank(a.connection) - (b.order + rank(b.connection)));
    const asked = shuffled.slice(0, REACH_ASKED_MAX).map(({ connection }) => this.#askOne(connection));
    return (await Promise.all(asked)).flatMap((answer) => answer ?? []);
  }

  async #askOne(connection: PeerConnection): Promise<Answer | null> {
    const { request, port, logger } = this.#options;
    try {
      const asked = encodeReachRequest({ kind: "dialBack", port: port(connection.link) });
      return { ...decodeDialBackAnswer(await request(connection, asked)), connection };
    } catch (error) {
      // An older gstore, or one that is busy: that says nothing of this node.
      logger.debug({ peer: connection.link.peer, error: String(error) }, "a peer did not dial back");
      return null;
    }
  }

  #noteExternal({ connection, host, reached }: Answer): void {
    const { self, port } = this.#options;
    const { link } = connection;
    const own = link.socket.localAddress?.replace(/^::ffff:/i, "");
    if (!reached || isIP(host) === 0 || link.direction === "inbound" || host === own)
      this.#external.delete(link.peer);
    else this.#external.set(link.peer, String(addressOf({ host, port: port(link), peer: self }).multiaddr));
  }

  async #reserve(answers: readonly Answer[]): Promise<void> {
    const { logger } = this.#options;
    for (const { connection, relays } of answers) {
      if (this.#relays.size >= RELAYS_WANTED) return;
      const { peer, direction } = connection.link;
      if (!relays || direction === "inbound" || this.#relays.has(peer)) continue;
      try {
        await this.#options.request(connection, encodeReachRequest({ kind: "reserve" }));
        this.#relays.add(peer);
        logger.info({ relay: peer }, "this node can't be dialled from everywhere; it has a place at a relay");
      } catch (error) {
        logger.debug({ peer, error: String(error) }, "a relay has no place for this node");
      }
    }
  }

  async #releaseAll(): Promise<void> {
    const held = this.#options.connections().filter(({ link }) => this.#relays.has(link.peer));
    this.#relays.clear();
    const message = encodeReachRequest({ kind: "release" });
    await Promise.all(held.map((connection) => this.#options.request(connection, message).catch(() => {})));
  }
}
