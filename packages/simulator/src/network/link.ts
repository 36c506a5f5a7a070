import { GstoreError, type PeerId } from "@gstore/core";
import type { Life } from "../world/life.ts";
import { Pipe } from "./pipe.ts";
import type { Road } from "./road.ts";

/** What every message and every packet costs besides its bytes. */
const OVERHEAD_BYTES = 60;

/** The stream that is read before the link is established. */
export const HANDSHAKE = "handshake";

export interface LinkEnd {
  /** Who this end belongs to. */
  readonly self: PeerId;
  readonly life: Life;
}

/**
 * One end of a TCP connection between two nodes. Its streams are independent of each other. It ends when either side
 * closes it, when the peer's process ends (its machine says so), or when the peer is silent and somebody notices.
 */
export class Link {
  readonly self: PeerId;
  readonly peer: PeerId;
  readonly direction: "inbound" | "outbound";
  readonly address: string;
  bytesSent = 0;
  bytesReceived = 0;
  readonly #life: Life;
  readonly #road: Road;
  readonly #pipes = new Map<string, Pipe>();
  #onClose: ((error: Error | null) => void)[] = [];
  #other: Link | null = null;
  #isOpen = true;
  /** What came before this end was ready to read it; null once it is. */
  #early: (() => void)[] | null = [];

  private constructor(
    end: LinkEnd,
    facts: { peer: PeerId; direction: "inbound" | "outbound"; address: string; road: Road },
  ) {
    this.self = end.self;
    this.#life = end.life;
    this.peer = facts.peer;
    this.direction = facts.direction;
    this.address = facts.address;
    this.#road = facts.road;
  }

  /** Both ends of a new connection. */
  static join(
    dialler: LinkEnd & { readonly address: string },
    listener: LinkEnd & { readonly address: string },
    roads: { readonly there: Road; readonly back: Road },
  ): { here: Link; there: Link } {
    const here = new Link(dialler, {
      ...{ peer: listener.self, direction: "outbound", address: listener.address, road: roads.there },
    });
    const there = new Link(listener, {
      ...{ peer: dialler.self, direction: "inbound", address: dialler.address, road: roads.back },
    });
    here.#other = there;
    there.#other = here;
    return { here, there };
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#life.isOver;
  }

  /** Calls back once when this end is closed, at once where it is. */
  onClose(listener: (error: Error | null) => void): void {
    if (this.#isOpen) this.#onClose.push(listener);
    else listener(null);
  }

  /** Sends something on a stream; `deliver` is called at the other end when it has arrived and that end is open. */
  send(stream: string, bytes: number, deliver: (there: Link) => void): void {
    if (!this.isOpen) return;
    const size = bytes + OVERHEAD_BYTES;
    this.bytesSent += size;
    this.#pipe(stream).send(size, () => {
      const there = this.#other as Link;
      if (there.#life.isOver) {
        // The machine knows nothing of the connection: it says so, if it runs.
        if (this.#road.isPeerPowered) there.#tellReset();
        return;
      }
      if (!there.#isOpen) return;
      there.bytesReceived += size;
      if (there.#early === null || stream === HANDSHAKE) deliver(there);
      else there.#early.push(() => deliver(there));
    });
  }

  /** The handshake is over: what has come meanwhile is read now, and what comes at once. */
  establish(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const deliver of early) if (this.isOpen) deliver();
  }

  /** Resolves when the other end has answered. */
  ping(): Promise<void> {
    return new Promise((resolve) => {
      this.send("ping", 8, (there) => there.send("ping", 8, () => resolve()));
    });
  }

  /** Closes this end; the other one hears of it if the way is open. */
  destroy(error: Error | null = null): void {
    if (!this.isOpen) return;
    this.#tellReset();
    this.#close(error);
  }

  /** The process of this end is gone and its machine closes what it had open. */
  closeOrphaned(): void {
    if (this.#isOpen) this.#tellReset();
    this.#isOpen = false;
  }

  #tellReset(): void {
    // Not on a stream's pipe: a reset overtakes what is under way.
    new Pipe(this.#road.scheduler, this.#road.way).send(OVERHEAD_BYTES, () => {
      const there = this.#other as Link;
      if (there.isOpen) there.#close(connectionLost(this.self));
    });
  }

  #close(error: Error | null): void {
    this.#isOpen = false;
    for (const pipe of this.#pipes.values()) pipe.close();
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener(error);
  }

  #pipe(stream: string): Pipe {
    const pipe = this.#pipes.get(stream) ?? new Pipe(this.#road.scheduler, this.#road.way);
    this.#pipes.set(stream, pipe);
    return pipe;
  }
}

export function connectionLost(peer: PeerId): GstoreError {
  return new GstoreError("CONNECTION_LOST", "The connection to the peer was lost.", {
    peer,
    retryable: true,
  });
}
