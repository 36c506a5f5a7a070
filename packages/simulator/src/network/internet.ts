import { GstoreError, type PeerId, type Random } from "@gstore/core";
import type { Scheduler } from "../time/scheduler.ts";
import { Host, peerOfAddress } from "./host.ts";
import { Pipe } from "./pipe.ts";
import { Road } from "./road.ts";
import { Way } from "./way.ts";

/** All machines and the ways between them: the place for the network's faults. */
export class Internet {
  readonly scheduler: Scheduler;
  readonly #random: Random;
  readonly #hosts = new Map<PeerId, Host>();
  readonly #ways = new Map<string, Way>();
  /** What a node's code threw at a peer that is no `GstoreError`: none, if all is well. */
  onUnexpected: (peer: PeerId, error: unknown) => void = () => {};

  constructor(scheduler: Scheduler, random: Random) {
    this.scheduler = scheduler;
    this.#random = random;
  }

  addHost(peer: PeerId): Host {
    const host = new Host(peer, this.#hosts.size + 1);
    this.#hosts.set(peer, host);
    return host;
  }

  host(peer: PeerId): Host {
    const host = this.#hosts.get(peer);
    if (host === undefined) throw new Error(`there is no machine ${peer}`);
    return host;
  }

  hosts(): Host[] {
    return [...this.#hosts.values()];
  }

  /** The way from one machine to another. */
  way(from: PeerId, to: PeerId): Way {
    const id = `${from} ${to}`;
    const way = this.#ways.get(id) ?? new Way(this.scheduler, this.#random);
    this.#ways.set(id, way);
    return way;
  }

  ways(): Way[] {
    return [...this.#ways.values()];
  }

  road(from: PeerId, to: PeerId): Road {
    return new Road(this.scheduler, this.way(from, to), this.host(to));
  }

  /**
   * One request of a machine that is no member, to the node at an address: what `requestAsStranger` does over TLS. The
   * binding is known to both ends and nobody else. Rejects with what the node says, or `PEER_UNREACHABLE`.
   */
  askAsStranger(
    from: PeerId,
    address: string,
    { message, timeoutMs }: { message: (binding: Uint8Array) => Uint8Array; timeoutMs: number },
  ): Promise<Uint8Array> {
    const to = peerOfAddress(address);
    const there = new Pipe(this.scheduler, this.way(from, to));
    const back = new Pipe(this.scheduler, this.way(to, from));
    const binding = this.#random.bytes(32);
    return new Promise((resolve, reject) => {
      const cancel = this.scheduler.schedule(timeoutMs, () => reject(unreachable(to)));
      const settle = (answer: () => void): void => {
        back.send(500, () => {
          cancel();
          answer();
        });
      };
      there.send(500, () => {
        const network = this.host(to).network;
        if (network === null) {
          if (this.host(to).isPowered) settle(() => reject(unreachable(to)));
          return;
        }
        network.answerStranger(from, message(binding), binding).then(
          (answer) => settle(() => resolve(answer)),
          (error: unknown) => settle(() => reject(error)),
        );
      });
    });
  }
}

export function unreachable(peer: PeerId): GstoreError {
  return new GstoreError("PEER_UNREACHABLE", "The peer can't be reached.", { peer, retryable: true });
}
