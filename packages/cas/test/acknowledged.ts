import type { Digest, EntryId } from "@gstore/core";
import { expect } from "vitest";
import { openDiskStore } from "../src/index.ts";
import { numberedBytes } from "./numbered-bytes.ts";

/** What a `writer.ts` has said. */
export class Acknowledged {
  readonly #put = new Set<number>();
  readonly #deleted = new Set<number>();
  readonly #entries = new Set<string>();
  #rest = "";

  get size(): number {
    return this.#put.size + this.#deleted.size + this.#entries.size;
  }

  /** The first number that no writer has used yet. */
  get next(): number {
    return Math.max(-1, ...this.#put) + 100;
  }

  /** Takes a piece of a writer's output. */
  take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [what, value = ""] = line.split(" ");
      if (what === "put") this.#put.add(Number(value));
      else if (what === "delete") this.#deleted.add(Number(value));
      else if (what === "entry") this.#entries.add(value);
    }
  }

  /** Opens the store and checks that all of it is there, intact, and nothing that was deleted. */
  async expectIn(dir: string): Promise<void> {
    this.#rest = "";
    const store = await openDiskStore({ dir });
    try {
      const there: Digest[] = [];
      for (const number of this.#put) {
        const { digest, bytes } = numberedBytes(number);
        if (this.#deleted.has(number)) continue;
        // It may have been deleted without the word having come through.
        if (number % 3 === 0 && (await store.blobs.missing([digest])).length > 0) continue;
        expect(Buffer.compare(await store.blobs.get(digest), bytes), `blob ${number}`).toBe(0);
        there.push(digest);
      }
      const gone = [...this.#deleted].map((number) => numberedBytes(number).digest);
      expect((await store.blobs.missing(gone)).length).toBe(gone.length);
      for (const id of this.#entries)
        expect(await store.entries.get(id as EntryId), `entry ${id}`).toBeDefined();
      const report = await store.blobs.verify();
      expect(report.damaged).toEqual([]);
      expect(report.blobs).toBeGreaterThanOrEqual(there.length);
    } finally {
      await store.close();
    }
  }
}
