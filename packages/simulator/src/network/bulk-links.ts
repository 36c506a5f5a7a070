import {
  abortedError,
  BULK_CONNECTIONS_PER_PEER_MAX,
  type BulkChannel,
  type Clock,
  DIAL_TIMEOUT_MS,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  type PeerId,
} from "@gstore/core";
import type { Life } from "../world/life.ts";
import { SimulatedBulkChannel } from "./bulk-channel.ts";
import type { Internet } from "./internet.ts";
import { connectionLost, HANDSHAKE, Link } from "./link.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";

interface OpenTransfer {
  readonly link: Link;
  readonly channel: SimulatedBulkChannel;
}

/** The bulk transfers of one node: those it began, at most so many a peer at a time, and those that its peers began. */
export class BulkLinks {
  readonly #life: Life;
  readonly #clock: Clock;
  readonly #internet: Internet;
  readonly #self: PeerId;
  readonly #open = new Map<PeerId, Set<OpenTransfer>>();
  /** Transfers that this node began or is beginning, by peer; others wait. */
  readonly #begun = new Map<PeerId, number>();
  readonly #waiting = new Map<PeerId, Set<() => void>>();

  constructor(options: { life: Life; clock: Clock; internet: Internet; self: PeerId }) {
    this.#life = options.life;
    this.#clock = options.clock;
    this.#internet = options.internet;
    this.#self = options.self;
  }

  /** Transfers that are not over. */
  get count(): number {
    return [...this.#open.values()].reduce((sum, transfers) => sum + transfers.size, 0);
  }

  links(peer: PeerId): Link[] {
    return [...(this.#open.get(peer) ?? [])].map(({ link }) => link);
  }

  /** Begins a transfer: the peer serves it. Rejects with `CONNECTION_LOST`, `TIMEOUT` or the signal's reason. */
  async begin(peer: PeerId, signal: AbortSignal | undefined): Promise<BulkChannel> {
    while ((this.#begun.get(peer) ?? 0) >= BULK_CONNECTIONS_PER_PEER_MAX) await this.#wait(peer, signal);
    this.#begun.set(peer, (this.#begun.get(peer) ?? 0) + 1);
    const over = (): void => {
      this.#begun.set(peer, (this.#begun.get(peer) ?? 1) - 1);
      this.#wake(peer);
    };
    try {
      return await this.#dial(peer, { signal, over });
    } catch (error) {
      over();
      throw error;
    }
  }

  /** Takes one side of a transfer into account until it is over. */
  add(link: Link, over: () => void = () => {}): SimulatedBulkChannel {
    const { peer } = link;
    const transfers = this.#open.get(peer) ?? new Set();
    this.#open.set(peer, transfers);
    const ended = (): void => {
      transfers.delete(transfer);
      over();
    };
    const channel = new SimulatedBulkChannel(link, { clock: this.#clock, ended });
    const transfer = { link, channel };
    transfers.add(transfer);
    return channel;
  }

  /** Takes the side of a transfer that a peer begins: one that goes silent before it has is not waited for. */
  accept(link: Link): { channel: SimulatedBulkChannel; opened: () => void } {
    const opened = this.#clock.after(HANDSHAKE_TIMEOUT_MS, () => link.destroy());
    return { channel: this.add(link, opened), opened };
  }

  /** Breaks off all transfers with a peer. */
  close(peer: PeerId): void {
    for (const { link } of [...(this.#open.get(peer) ?? [])]) link.destroy(connectionLost(peer));
    this.#wake(peer);
  }

  /** What the machine does when the process is gone. */
  orphan(): void {
    for (const transfers of this.#open.values()) for (const { link } of transfers) link.closeOrphaned();
  }

  #dial(
    peer: PeerId,
    { signal, over }: { signal: AbortSignal | undefined; over: () => void },
  ): Promise<BulkChannel> {
    const network = this.#internet.host(peer).network;
    if (network === null) return Promise.reject(connectionLost(peer));
    const { here, there } = joinBulk(this.#internet, { self: this.#self, life: this.#life }, network);
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error): void => {
        settle();
        here.destroy();
        reject(error);
      };
      const abort = (): void => giveUp(abortedError(signal as AbortSignal));
      const cancel = this.#clock.after(DIAL_TIMEOUT_MS, () => giveUp(dialTimedOut(peer)));
      const settle = (): void => {
        cancel();
        signal?.removeEventListener("abort", abort);
      };
      signal?.addEventListener("abort", abort, { once: true });
      let isOpened = false;
      here.onClose(() => {
        if (!isOpened) giveUp(connectionLost(peer));
      });
      here.send(HANDSHAKE, 500, () => {
        // A bulk connection belongs to a connection of members: without one it is refused.
        if (!network.isConnectedTo(this.#self)) return there.destroy();
        const { channel: theirs, opened } = network.bulkLinks.accept(there);
        there.establish();
        there.send(HANDSHAKE, 500, () => {
          opened();
          isOpened = true;
          settle();
          const ours = this.add(here, over);
          SimulatedBulkChannel.join(ours, theirs);
          here.establish();
          network.serveBulk(this.#self, theirs);
          resolve(ours);
        });
      });
    });
  }

  #wait(peer: PeerId, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(peer) ?? new Set();
      this.#waiting.set(peer, waiting);
      const leave = (): void => {
        waiting.delete(wake);
        signal?.removeEventListener("abort", abort);
      };
      const wake = (): void => {
        leave();
        resolve();
      };
      const abort = (): void => {
        leave();
        reject(abortedError(signal as AbortSignal));
      };
      signal?.addEventListener("abort", abort, { once: true });
      waiting.add(wake);
    });
  }

  #wake(peer: PeerId): void {
    for (const wake of [...(this.#waiting.get(peer) ?? [])]) wake();
  }
}

function joinBulk(
  internet: Internet,
  here: { self: PeerId; life: Life },
  network: SimulatedNetwork,
): { here: Link; there: Link } {
  const peer = network.self;
  return Link.join(
    { ...here, address: internet.host(here.self).address },
    { self: peer, life: network.life, address: internet.host(peer).address },
    { there: internet.road(here.self, peer), back: internet.road(peer, here.self) },
  );
}

function dialTimedOut(peer: PeerId): GstoreError {
  return new GstoreError("TIMEOUT", "No bulk connection came about in time.", { peer, retryable: true });
}
