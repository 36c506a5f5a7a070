import type { EntryRecord } from "@gstore/core";
import type { NodeEvents } from "./api.ts";
import type { Logger } from "./logger.ts";
import type { Spaces } from "./membership/spaces.ts";

/** Tells listeners what happened. A listener that throws harms nobody else. */
export class NodeEventHub {
  readonly #listeners = new Map<keyof NodeEvents, Set<(value: never) => void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Gives a function that ends the listening. */
  on<E extends keyof NodeEvents>(event: E, listener: (value: NodeEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<E extends keyof NodeEvents>(event: E, value: NodeEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as (value: NodeEvents[E]) => void)(value);
      } catch (error) {
        this.#logger.error({ event, error: String(error) }, "a listener failed");
      }
    }
  }
}

/** What listeners are told of a version that became visible. Its key was read by the keys of its space, so that this is known. */
export function changeOf(key: string, { entry }: EntryRecord, spaces: Spaces): NodeEvents["change"] {
  const { op, dot, space } = entry.body;
  return { space: spaces.get(space)?.name ?? "", key, version: entry.id, op, author: dot.author };
}
