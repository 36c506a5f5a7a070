import type { ServerResponse } from "node:http";
import type { Clock } from "@gstore/core";
import type { Token } from "../tokens/token.ts";

/** Timers hold at most this many milliseconds; a request that runs longer looks again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** What runs by each token: it ends with it. */
export class RunningRequests {
  readonly #clock: Clock;
  readonly #running = new Map<string, Set<ServerResponse>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Cuts the request off when the token expires or is revoked, if it runs by then. */
  add({ id, expiresMs }: Token, response: ServerResponse): void {
    const ofToken = this.#running.get(id) ?? new Set();
    this.#running.set(id, ofToken.add(response));
    let cancel = (): void => {};
    const wait = (): void => {
      if (expiresMs === null) return;
      const leftMs = expiresMs - this.#clock.now();
      if (leftMs <= 0) response.destroy();
      else cancel = this.#clock.after(Math.min(leftMs, TIMER_MS_MAX), wait);
    };
    wait();
    response.once("close", () => {
      cancel();
      ofToken.delete(response);
      if (ofToken.size === 0 && this.#running.get(id) === ofToken) this.#running.delete(id);
    });
  }

  /** Cuts off all that runs by the token of that id. */
  end(id: string): void {
    for (const response of [...(this.#running.get(id) ?? [])]) response.destroy();
  }
}
