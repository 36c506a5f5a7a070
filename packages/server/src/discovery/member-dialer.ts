import {
  type Clock,
  DIAL_STAGGER_MS,
  GstoreError,
  isGstoreError,
  MEMBERS_DIALLED_AT_ONCE_MAX,
  MEMBERS_DIALLED_MAX,
  type PeerId,
  type PeerNetwork,
  type Random,
  RECONNECT_DELAY_MAX_MS,
  RECONNECT_DELAY_MIN_MS,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { AddressBook } from "./address-book.ts";
import { relayOf } from "./own-addresses.ts";

export interface MemberDialerOptions {
  readonly network: PeerNetwork;
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Who may be dialled. */
  readonly wanted: () => readonly PeerId[];
  /** Whether an address is one that this node should dial at all. */
  readonly isDialable: (address: string) => boolean;
  /** A member has answered at none of the addresses that were due. */
  readonly unreached: (peer: PeerId) => void;
}

/** The one of two nodes with the higher id waits this much longer (ms) before it dials the other, which as a rule dials it first. */
const SECOND_DELAY_MS = 750;
/** A connection that breaks sooner (ms) must not make us dial in a tight loop. */
const LASTING_MS = 10_000;
/** A member's new addresses lead to a dial this often (ms) at most. */
const NEWS_INTERVAL_MS = 5000;

/** How a member's protocol differs from this node's, so that they can't connect. */
export type Incompatibility = "older" | "newer";

/** Keeps connections to all members whose addresses are known. */
export class MemberDialer {
  readonly #options: MemberDialerOptions;
  readonly #dialling = new Map<PeerId, AbortController>();
  /** When those were connected that are, and how often in a row connections did not last. */
  readonly #connectedAtMs = new Map<PeerId, number>();
  readonly #brokenAtOnce = new Map<PeerId, number>();
  readonly #newsAtMs = new Map<PeerId, number>();
  /** Members that speak another version of the protocol, as far as the last dial told. */
  readonly #incompatible = new Map<PeerId, Incompatibility>();
  #cancelRound: (() => void) | null = null;
  #stopped = true;

  constructor(options: MemberDialerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    for (const peer of this.#options.wanted()) this.#retryIn(peer, 0);
    this.poke();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRound?.();
    for (const controller of this.#dialling.values()) controller.abort(stopped());
  }

  /** Null where nothing says that a member's protocol is another one. */
  incompatibility(peer: PeerId): Incompatibility | null {
    return this.#incompatible.get(peer) ?? null;
  }

  connected(peer: PeerId): void {
    this.#incompatible.delete(peer);
    this.#connectedAtMs.set(peer, this.#options.clock.monotonic());
  }

  /** A member's connection was lost: it is dialled soon, and less soon where connections break at once. */
  disconnected(peer: PeerId): void {
    const lastedMs = this.#options.clock.monotonic() - (this.#connectedAtMs.get(peer) ?? 0);
    this.#connectedAtMs.delete(peer);
    const broken = lastedMs < LASTING_MS ? (this.#brokenAtOnce.get(peer) ?? 0) + 1 : 0;
    this.#brokenAtOnce.set(peer, broken);
    const delayMs = broken === 0 ? 0 : RECONNECT_DELAY_MIN_MS * 2 ** Math.min(broken, 16);
    this.#retryIn(peer, Math.min(delayMs, RECONNECT_DELAY_MAX_MS));
    this.poke();
  }

  /** Other addresses of a member are known. One that says so all the time is not dialled all the time. */
  news(peer: PeerId): void {
    const now = this.#options.clock.monotonic();
    const isOften = now - (this.#newsAtMs.get(peer) ?? Number.NEGATIVE_INFINITY) < NEWS_INTERVAL_MS;
    this.#newsAtMs.set(peer, now);
    this.#retryIn(peer, isOften ? NEWS_INTERVAL_MS : 0);
    this.poke();
  }

  /** Who is no member any more leaves nothing behind. */
  forget(peer: PeerId): void {
    for (const kept of [this.#connectedAtMs, this.#brokenAtOnce, this.#newsAtMs, this.#incompatible])
      kept.delete(peer);
  }

  /** Looks at once who is to be dialled. */
  poke(): void {
    this.#cancelRound?.();
    this.#cancelRound = null;
    if (!this.#stopped) this.#round();
  }

  #retryIn(peer: PeerId, delayMs: number): void {
    const { book, random, network } = this.#options;
    const second = network.self < peer ? 0 : SECOND_DELAY_MS;
    book.retrySoon(peer, delayMs + second + random.below(RECONNECT_DELAY_MIN_MS));
  }

  #round(): void {
    const { network, book, clock, wanted, isDialable } = this.#options;
    const peers = network.peers();
    const connected = new Set(
      peers.filter(({ address }) => relayOf(address) === null).map(({ peer }) => peer),
    );
    const relayed = new Set(peers.filter(({ address }) => relayOf(address) !== null).map(({ peer }) => peer));
    const now = clock.monotonic();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const peer of wanted()) {
      if (peers.length + this.#dialling.size >= MEMBERS_DIALLED_MAX) return;
      if (peer === network.self || connected.has(peer) || this.#dialling.has(peer)) continue;
      // Who is connected through a relay is still tried at its own addresses.
      const isUseful = (address: string) => !relayed.has(peer) || relayOf(address) === null;
      const addresses = book
        .addresses(peer)
        .filter(({ address }) => isDialable(address) && isUseful(address));
      const due = addresses.filter(({ retryAtMs }) => retryAtMs <= now);
      if (due.length > 0 && this.#dialling.size < MEMBERS_DIALLED_AT_ONCE_MAX) {
        const tried = due.map(({ address }) => address);
        void this.#dial(peer, tried).then(() => this.poke());
      } else if (due.length === 0)
        for (const { retryAtMs } of addresses) nextMs = Math.min(nextMs, retryAtMs);
    }
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#cancelRound = clock.after(Math.max(1, nextMs - now), () => this.poke());
  }

  /** Dials a member at several addresses, one a moment after the other. Never rejects. */
  async #dial(peer: PeerId, addresses: readonly string[]): Promise<void> {
    const controller = new AbortController();
    this.#dialling.set(peer, controller);
    const attempts = addresses.map(async (address, index) => {
      await this.#pause(index * DIAL_STAGGER_MS, controller.signal);
      await this.#attempt({ peer, address, controller });
    });
    await Promise.all(attempts);
    this.#dialling.delete(peer);
    if (!controller.signal.aborted) this.#options.unreached(peer);
  }

  async #attempt(dial: {
    readonly peer: PeerId;
    readonly address: string;
    readonly controller: AbortController;
  }): Promise<void> {
    const { peer, address, controller } = dial;
    const { network, book, logger } = this.#options;
    const { signal } = controller;
    // It may have come by itself meanwhile.
    const isAsGood = (known: string): boolean => relayOf(known) === null || relayOf(address) !== null;
    if (signal.aborted || network.peers().some((one) => one.peer === peer && isAsGood(one.address))) return;
    const isOnline = () => network.peers().length > 0;
    try {
      // Only that member is told who dials: others may sit at its address by now.
      await network.connect(`${address}/p2p/${peer}`, { signal, apart: true });
      book.worked(peer, address);
      controller.abort(stopped());
    } catch (error) {
      if (signal.aborted) return;
      logger.debug({ peer, address, error: String(error) }, "a member does not answer at an address");
      // Whoever refuses a version that it does not know has an older one.
      if (isGstoreError(error, "UNSUPPORTED_VERSION"))
        this.#incompatible.set(peer, error.fields.actual === undefined ? "older" : "newer");
      const isNoAddress = isGstoreError(error, "INVALID_ARGUMENT");
      book.failed(peer, address, { isOnline: isOnline() || isNoAddress });
    }
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    if (delayMs === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}

function stopped(): GstoreError {
  return new GstoreError("ABORTED", "This dial is of no use any more.");
}
