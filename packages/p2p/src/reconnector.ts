import {
  type Clock,
  isGstoreError,
  type PeerId,
  type Random,
  RECONNECT_DELAY_MAX_MS,
  RECONNECT_DELAY_MIN_MS,
} from "@gstore/core";
import type { PeerNetworkLogger } from "./logger.ts";

interface Kept {
  readonly address: string;
  /** Who answered there last, or is expected. */
  peer: PeerId | null;
  delayMs: number;
  connectedAtMs: number;
  isBusy: boolean;
}

export interface ReconnectorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  readonly self: PeerId;
  connect(address: string): Promise<PeerId>;
  isConnected(peer: PeerId): boolean;
}

/** Keeps connections to addresses: dials at once and again, with growing delays and jitter, whenever one is missing. */
export class Reconnector {
  readonly #options: ReconnectorOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #timers = new Set<() => void>();
  #stopped = true;

  constructor(options: ReconnectorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    for (const kept of this.#kept.values()) this.#dial(kept);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  keep(address: string, peer: PeerId | null): void {
    if (this.#kept.has(address) || peer === this.#options.self) return;
    const kept = { address, peer, delayMs: RECONNECT_DELAY_MIN_MS, connectedAtMs: 0, isBusy: false };
    this.#kept.set(address, kept);
    if (!this.#stopped) this.#dial(kept);
  }

  /** An address is no longer dialled. */
  forget(address: string): void {
    this.#kept.delete(address);
  }

  /** A peer's last connection is gone. */
  disconnected(peer: PeerId): void {
    for (const kept of this.#kept.values()) if (kept.peer === peer && !kept.isBusy) this.#dialLater(kept);
  }

  #dial(kept: Kept): void {
    const { connect, isConnected, clock, logger } = this.#options;
    if (this.#stopped || kept.isBusy || this.#kept.get(kept.address) !== kept) return;
    if (kept.peer !== null && isConnected(kept.peer)) return;
    kept.isBusy = true;
    connect(kept.address).then(
      (peer) => {
        kept.isBusy = false;
        kept.peer = peer;
        kept.connectedAtMs = clock.monotonic();
        // It may be gone already; then nobody else notices.
        if (!isConnected(peer)) this.#dialLater(kept);
      },
      (error: unknown) => {
        kept.isBusy = false;
        if (this.#stopped) return;
        if (isGstoreError(error, "INVALID_ARGUMENT")) {
          // This node's own address, or none at all: it will not get better.
          logger.debug({ address: kept.address, error }, "not connecting to an address");
          return;
        }
        logger.info({ address: kept.address, error }, "could not connect; trying again later");
        this.#dialLater(kept);
      },
    );
  }

  #dialLater(kept: Kept): void {
    if (this.#stopped) return;
    const { clock, random } = this.#options;
    // A connection that lasted was a success; one that broke at once must not make us dial in a tight loop.
    if (kept.connectedAtMs > 0 && clock.monotonic() - kept.connectedAtMs > kept.delayMs)
      kept.delayMs = RECONNECT_DELAY_MIN_MS;
    kept.connectedAtMs = 0;
    const delayMs = kept.delayMs / 2 + random.below(Math.ceil(kept.delayMs / 2) + 1);
    kept.delayMs = Math.min(kept.delayMs * 2, RECONNECT_DELAY_MAX_MS);
    const cancel = clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      this.#dial(kept);
    });
    this.#timers.add(cancel);
  }
}
