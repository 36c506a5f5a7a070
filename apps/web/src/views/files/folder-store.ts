import type { ListRecord } from "@gstore/gateway/client";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { changes } from "../../api/changes.ts";
import { listAll, listPage } from "../../api/keys.ts";
import { childOf, matches, withItem } from "./listing.ts";

/** Keys that a folder or a search shows at most: beyond it the page would hold more than a browser's tab should. */
export const ITEMS_MAX = 200_000;
/** Lines that are looked at again one by one; beyond it the folder is read anew. */
const PATCHES_MAX = 20;
const PATCH_DELAY_MS = 250;

export interface FolderState {
  readonly items: readonly ListRecord[];
  /** False while pages are still to come. */
  readonly isWhole: boolean;
  /** There is more than is shown. */
  readonly isCut: boolean;
  readonly error: unknown;
}

const EMPTY: FolderState = { items: [], isWhole: false, isCut: false, error: null };

/** What is in one folder, or what a search below it finds, kept as it is at the node. */
class FolderStore {
  readonly #space: string;
  readonly #prefix: string;
  readonly #query: string;
  #state: FolderState = EMPTY;
  #reading: AbortController | undefined;
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #watchers = new Set<() => void>();

  constructor({ space, prefix, query }: { space: string; prefix: string; query: string }) {
    this.#space = space;
    this.#prefix = prefix;
    this.#query = query;
  }

  readonly watch = (tell: () => void): (() => void) => {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  };
  readonly state = (): FolderState => this.#state;

  /** Reads it, and follows what changes until the end that it gives is called. */
  follow(): () => void {
    void this.read();
    const ends = [
      changes.onReturn(() => void this.read()),
      changes.onChange(({ space, key }) => {
        if (space === this.#space) this.#note(key);
      }),
    ];
    return () => {
      for (const end of ends) end();
      clearTimeout(this.#timer);
      this.#reading?.abort();
    };
  }

  /** Reads all of it anew; what is shown stays until then, unless nothing is. */
  readonly read = async (): Promise<void> => {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    const isFirst = !this.#state.isWhole;
    const items: ListRecord[] = [];
    let shown = 0;
    if (this.#state.error !== null) this.#set({ ...this.#state, error: null });
    try {
      for await (const page of this.#pages(reading.signal)) {
        items.push(...page);
        if (items.length >= ITEMS_MAX) break;
        // As often as it doubles: what is shown is sorted each time.
        if (!isFirst || items.length < 2 * shown || items.length === 0) continue;
        shown = items.length;
        this.#set({ ...EMPTY, items: [...items] });
      }
      const isCut = items.length >= ITEMS_MAX;
      this.#set({ items, isWhole: true, isCut, error: null });
    } catch (error) {
      if (reading.signal.aborted) return;
      this.#set({ ...this.#state, error });
    }
  };

  async *#pages(signal: AbortSignal): AsyncGenerator<readonly ListRecord[]> {
    const listing = { space: this.#space, prefix: this.#prefix, signal };
    if (this.#query === "") {
      // Nothing else is put under a folder's own name, which a key can't end in.
      yield* listAll({ ...listing, delimiter: "/" });
      return;
    }
    for await (const page of listAll(listing)) {
      yield page.filter(({ key }) => matches(key, this.#prefix, this.#query));
    }
  }

  #note(key: string): void {
    const line = this.#query === "" ? childOf(key, this.#prefix) : key;
    if (line === undefined || !line.startsWith(this.#prefix)) return;
    if (this.#query !== "" && !matches(line, this.#prefix, this.#query)) return;
    this.#changed.add(line);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#patch(), PATCH_DELAY_MS);
  }

  /** Looks again at the lines that changed. */
  async #patch(): Promise<void> {
    const lines = [...this.#changed];
    this.#changed.clear();
    const signal = this.#reading?.signal;
    if (!this.#state.isWhole || lines.length > PATCHES_MAX || signal === undefined) return await this.read();
    try {
      const now = await Promise.all(
        lines.map(async (key) => ({ key, item: await this.#lineOf(key, signal) })),
      );
      let { items } = this.#state;
      for (const { key, item } of now) items = withItem(items, key, item);
      this.#set({ ...this.#state, items });
    } catch (error) {
      if (!signal.aborted) this.#set({ ...this.#state, error });
    }
  }

  async #lineOf(key: string, signal: AbortSignal): Promise<ListRecord | null> {
    const [first] = (await listPage({ space: this.#space, prefix: key, signal }, { limit: 1 })).items;
    if (first === undefined) return null;
    if (key.endsWith("/")) return { kind: "folder", key };
    return first.key === key ? first : null;
  }

  #set(state: FolderState): void {
    this.#state = state;
    for (const tell of this.#watchers) tell();
  }
}

/** The folder as it is, live. */
export function useFolder(
  space: string,
  prefix: string,
  query: string,
): FolderState & { readonly read: () => Promise<void> } {
  const store = useMemo(() => new FolderStore({ space, prefix, query }), [space, prefix, query]);
  useEffect(() => store.follow(), [store]);
  const state = useSyncExternalStore(store.watch, store.state);
  return { ...state, read: store.read };
}
