import type { Scheduler } from "../time/scheduler.ts";
import type { Way } from "./way.ts";

interface Sent {
  readonly arrivesAt: number;
  readonly deliver: () => void;
}

/** One direction of one stream: what is sent arrives in order, and independently of other streams on the same way. */
export class Pipe {
  readonly #scheduler: Scheduler;
  readonly #way: Way;
  readonly #queue: Sent[] = [];
  #lastArrival = 0;
  #isClosed = false;
  #isWaiting = false;

  constructor(scheduler: Scheduler, way: Way) {
    this.#scheduler = scheduler;
    this.#way = way;
  }

  send(bytes: number, deliver: () => void): void {
    if (this.#isClosed) return;
    const { now } = this.#scheduler;
    this.#lastArrival = Math.max(this.#lastArrival, now + this.#way.delayOf(bytes));
    this.#queue.push({ arrivesAt: this.#lastArrival, deliver });
    this.#scheduler.schedule(this.#lastArrival - now, () => this.#flush());
  }

  /** What is under way is lost. */
  close(): void {
    this.#isClosed = true;
    this.#queue.length = 0;
  }

  #flush(): void {
    if (this.#way.isBlocked) {
      if (!this.#isWaiting) this.#way.whenOpen(() => this.#resume());
      this.#isWaiting = true;
      return;
    }
    const { now } = this.#scheduler;
    for (let first = this.#queue[0]; first !== undefined && first.arrivesAt <= now; first = this.#queue[0]) {
      this.#queue.shift();
      first.deliver();
    }
  }

  #resume(): void {
    this.#isWaiting = false;
    this.#flush();
  }
}
