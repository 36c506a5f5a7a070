import type { ChangeRecord } from "@gstore/gateway/client";
import { useSyncExternalStore } from "react";

type Listener = (change: ChangeRecord) => void;

/** What the node tells as it happens, and whether it can be reached. One connection serves the whole page. */
class ChangeStream {
  #source: EventSource | undefined;
  #isOnline = true;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<Listener>();
  readonly #returns = new Set<() => void>();

  open(): void {
    this.#source ??= this.#connect();
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  readonly watch = (tell: () => void): (() => void) => {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  };
  readonly isOnline = (): boolean => this.#isOnline;

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when the node can be reached again: what happened meanwhile nobody told us. */
  onReturn(tell: () => void): () => void {
    this.#returns.add(tell);
    return () => this.#returns.delete(tell);
  }

  #connect(): EventSource {
    const source = new EventSource("/v1/changes");
    source.addEventListener("change", (event) => {
      const change = JSON.parse((event as MessageEvent<string>).data) as ChangeRecord;
      for (const listener of this.#listeners) listener(change);
    });
    source.addEventListener("open", () => this.#setOnline(true));
    source.addEventListener("error", () => {
      this.#setOnline(false);
      // Closed for good where the answer was an error, such as while the node starts.
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      setTimeout(() => {
        if (this.#source === source) this.#source = this.#connect();
      }, RETRY_MS);
    });
    return source;
  }

  #setOnline(isOnline: boolean): void {
    if (isOnline && !this.#isOnline) for (const tell of this.#returns) tell();
    this.#isOnline = isOnline;
    this.#tell();
  }

  #tell(): void {
    for (const tell of this.#watchers) tell();
  }
}

const RETRY_MS = 3000;

export const changes = new ChangeStream();

export function useOnline(): boolean {
  return useSyncExternalStore(changes.watch, changes.isOnline);
}
