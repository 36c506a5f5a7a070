import {
  abortedError,
  BULK_CONNECTIONS_PER_PEER_MAX,
  BULK_IDLE_TIMEOUT_MS,
  type BulkChannel,
  type Clock,
  type PeerId,
  throwIfAborted,
} from "@gstore/core";
import { BulkConnection } from "./bulk-connection.ts";
import type { BulkLinks } from "./bulk-links.ts";
import type { TlsLink } from "./tls-link.ts";

export interface BulkPoolOptions {
  readonly clock: Clock;
  readonly links: Pick<BulkLinks, "open" | "frames" | "rates" | "isDetour">;
}

interface Waiter {
  /** Try again: there may be room now. */
  wake(): void;
  reject(error: Error): void;
}

interface PeerPool {
  readonly all: Set<BulkConnection>;
  readonly idle: BulkConnection[];
  readonly waiters: Set<Waiter>;
  opening: number;
}

/** The bulk connections on which this node begins transfers: at most `BULK_CONNECTIONS_PER_PEER_MAX` a peer, kept for a while. */
export class BulkPool {
  readonly #options: BulkPoolOptions;
  readonly #pools = new Map<PeerId, PeerPool>();

  constructor(options: BulkPoolOptions) {
    this.#options = options;
  }

  /** A channel on an idle connection or a new one; waits while all are in use. */
  async take(peer: PeerId, signal: AbortSignal): Promise<BulkChannel> {
    for (;;) {
      throwIfAborted(signal);
      const pool = this.#pools.get(peer) ?? newPool();
      this.#pools.set(peer, pool);
      const connection = this.#idle(pool);
      if (connection) return connection.begin();
      if (pool.all.size + pool.opening < BULK_CONNECTIONS_PER_PEER_MAX)
        return (await this.#open(pool, peer, signal)).begin();
      await this.#wait(pool, signal);
    }
  }

  /** A peer is connected by another way: links that go by a worse one are closed once no transfer is under way there. */
  connectedAgain(peer: PeerId): void {
    const idle = this.#pools.get(peer)?.idle ?? [];
    for (const { link } of idle) if (this.#options.links.isDetour(link)) link.end();
  }

  /** Drops what there is of a peer; who waits for it is told. */
  close(peer: PeerId, error: Error): void {
    const pool = this.#pools.get(peer);
    if (pool === undefined) return;
    this.#pools.delete(peer);
    for (const waiter of [...pool.waiters]) waiter.reject(error);
    for (const connection of pool.all) connection.fail(error);
  }

  #idle(pool: PeerPool): BulkConnection | null {
    for (let connection = pool.idle.pop(); connection; connection = pool.idle.pop()) {
      if (!connection.isIdle) continue;
      if (!this.#options.links.isDetour(connection.link)) return connection;
      connection.link.end();
    }
    return null;
  }

  async #open(pool: PeerPool, peer: PeerId, signal: AbortSignal): Promise<BulkConnection> {
    pool.opening++;
    let link: TlsLink;
    try {
      link = await this.#options.links.open(peer, signal);
    } finally {
      pool.opening--;
      wakeOne(pool);
    }
    let cancelIdle = (): void => {};
    const connection = new BulkConnection(link, {
      initiates: true,
      clock: this.#options.clock,
      frames: this.#options.links.frames,
      rates: this.#options.links.rates,
      idle: () => {
        pool.idle.push(connection);
        cancelIdle();
        cancelIdle = this.#options.clock.after(BULK_IDLE_TIMEOUT_MS, () => {
          if (connection.isIdle) link.end();
        });
        wakeOne(pool);
      },
    });
    pool.all.add(connection);
    link.onClose(() => {
      cancelIdle();
      pool.all.delete(connection);
      const index = pool.idle.indexOf(connection);
      if (index >= 0) pool.idle.splice(index, 1);
      wakeOne(pool);
    });
    return connection;
  }

  #wait(pool: PeerPool, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => waiter.reject(abortedError(signal));
    const leave = (): void => {
      pool.waiters.delete(waiter);
      signal.removeEventListener("abort", abort);
    };
    const waiter: Waiter = {
      wake: () => {
        leave();
        resolve();
      },
      reject: (error) => {
        leave();
        reject(error);
      },
    };
    signal.addEventListener("abort", abort, { once: true });
    pool.waiters.add(waiter);
    return promise;
  }
}

function newPool(): PeerPool {
  return { all: new Set(), idle: [], waiters: new Set(), opening: 0 };
}

function wakeOne(pool: PeerPool): void {
  for (const waiter of pool.waiters) {
    waiter.wake();
    return;
  }
}
