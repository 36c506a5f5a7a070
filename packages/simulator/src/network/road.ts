import type { Scheduler } from "../time/scheduler.ts";
import type { Host } from "./host.ts";
import type { Way } from "./way.ts";

/** The way from one machine to another, and whether the other one runs at all. */
export class Road {
  readonly scheduler: Scheduler;
  readonly way: Way;
  readonly #to: Host;

  constructor(scheduler: Scheduler, way: Way, to: Host) {
    this.scheduler = scheduler;
    this.way = way;
    this.#to = to;
  }

  get isPeerPowered(): boolean {
    return this.#to.isPowered;
  }
}
