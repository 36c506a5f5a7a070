import type { Clock, Random } from "@gstore/core";
import {
  UPNP_CLOSE_TIMEOUT_MS,
  UPNP_DELAY_MS,
  UPNP_LEASE_SECONDS,
  UPNP_LOOK_MS,
  UPNP_OTHER_PORTS_MAX,
  UPNP_RETRY_MS,
  UPNP_SEARCHED_MAX,
} from "../limits.ts";
import type { PeerNetworkLogger } from "../logger.ts";
import { findRouters, type RouterSearch } from "./find-routers.ts";
import { type Forwarding, Router } from "./router.ts";

/** Ports that nothing is registered for. */
const [OTHER_PORTS_FROM, OTHER_PORTS] = [49_152, 16_384];

export interface LocalPlace {
  /** An address of this machine on a local network. */
  readonly host: string;
  readonly port: number;
}

interface Current extends Forwarding {
  readonly router: Router;
}

export interface PortForwarderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  /** Where the node listens on local networks. */
  places(): readonly LocalPlace[];
  /** Whether a port is to be forwarded where none is. */
  isNeeded(): boolean;
  /** Another port is forwarded now, or none. */
  changed(): void;
  /** See {@link RouterSearch}. */
  readonly searchAt?: RouterSearch["to"];
}

/**
 * Has the router forward a port to the node (UPnP): looked for when others can't dial the node, renewed, and given back when it
 * stops. Quiet where there is no such router.
 */
export class PortForwarder {
  readonly #options: PortForwarderOptions;
  readonly #stopping = new AbortController();
  #current: Current | null = null;
  #cancel: (() => void) | null = null;
  #looking: Promise<void> = Promise.resolve();
  /** When (ms, monotonic) it is to be renewed, or a router looked for again. */
  #dueMs = 0;
  #lastPlaces = "";

  constructor(options: PortForwarderOptions) {
    this.#options = options;
    this.#lookIn(UPNP_DELAY_MS);
  }

  /** The port that the router forwards; null for none. */
  get port(): number | null {
    return this.#current?.externalPort ?? null;
  }

  /** Gives the port back, within a second or two. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancel?.();
    await this.#looking;
    const current = this.#current;
    this.#current = null;
    if (current !== null) await this.#remove(current);
  }

  #lookIn(delayMs: number): void {
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#looking = this.#look();
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { clock, places, isNeeded, logger } = this.#options;
    const now = places().slice(0, UPNP_SEARCHED_MAX);
    const text = JSON.stringify(now);
    const hasMoved = text !== this.#lastPlaces;
    const isDue = hasMoved || clock.monotonic() >= this.#dueMs;
    this.#lastPlaces = text;
    try {
      if (isDue && this.#current !== null) await this.#renew(now);
      if (isDue && this.#current === null && isNeeded()) {
        await this.#search(now);
        this.#dueMs = clock.monotonic() + (this.#current === null ? UPNP_RETRY_MS : RENEW_MS);
      }
    } catch (error) {
      logger.debug({ error: String(error) }, "no port is forwarded");
    }
    if (!this.#stopping.signal.aborted) this.#lookIn(UPNP_LOOK_MS);
  }

  async #renew(places: readonly LocalPlace[]): Promise<void> {
    const { clock, changed, logger } = this.#options;
    const current = this.#current;
    if (current === null) return;
    const { internalHost: host, internalPort: port, router } = current;
    const isHere = places.some((place) => place.host === host && place.port === port);
    try {
      const access = this.#access(host);
      if (isHere && (await router.forward(current, { ...access, leaseSeconds: UPNP_LEASE_SECONDS }))) {
        this.#dueMs = clock.monotonic() + RENEW_MS;
        return;
      }
    } catch (error) {
      logger.debug({ error: String(error) }, "a forwarded port could not be renewed");
    }
    // Where the node is stopping the router may have heard it all the same: it is told to end it.
    if (this.#stopping.signal.aborted) return;
    this.#current = null;
    changed();
  }

  async #search(places: readonly LocalPlace[]): Promise<void> {
    const { clock, searchAt: to, logger, changed } = this.#options;
    for (const place of places) {
      const { signal } = this.#stopping;
      for (const location of await findRouters({ clock, signal, to, from: place.host })) {
        const access = this.#access(place.host);
        try {
          this.#current = await this.#ask(await Router.at(location, access), place);
        } catch (error) {
          logger.debug({ router: location.host, error: String(error) }, "a router forwards nothing");
        }
        if (this.#current === null) continue;
        const { externalPort } = this.#current;
        logger.info({ router: location.host, port: externalPort }, "the router forwards a port");
        changed();
        return;
      }
    }
  }

  /** The node's own port, or another one where that is somebody else's. */
  async #ask(router: Router, { host, port }: LocalPlace): Promise<Current | null> {
    const { random } = this.#options;
    const access = this.#access(host);
    const others = Array.from(
      { length: UPNP_OTHER_PORTS_MAX },
      () => OTHER_PORTS_FROM + random.below(OTHER_PORTS),
    );
    for (const externalPort of [port, ...others]) {
      const forwarding = { externalPort, internalHost: host, internalPort: port };
      if (await router.forward(forwarding, { ...access, leaseSeconds: UPNP_LEASE_SECONDS }))
        return { ...forwarding, router };
    }
    return null;
  }

  async #remove({ router, externalPort, internalHost: from }: Current): Promise<void> {
    const { clock, logger } = this.#options;
    const limit = new AbortController();
    const cancel = clock.after(UPNP_CLOSE_TIMEOUT_MS, () => limit.abort());
    try {
      await router.remove(externalPort, { clock, from, signal: limit.signal });
    } catch (error) {
      logger.debug({ error: String(error) }, "a forwarded port was not given back; its lease ends by itself");
    } finally {
      cancel();
    }
  }

  #access(from: string): { readonly clock: Clock; readonly from: string; readonly signal: AbortSignal } {
    return { clock: this.#options.clock, from, signal: this.#stopping.signal };
  }
}

/** At half of a lease: one that fails may be made again before the port is gone. */
const RENEW_MS = (UPNP_LEASE_SECONDS * 1000) / 2;
