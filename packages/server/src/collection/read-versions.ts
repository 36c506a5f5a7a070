import type { ContentRoot } from "@gstore/core";

/** Reads that are remembered. A stream that its reader neither reads to its end nor cancels stays one of them. */
const READS_MAX = 10_000;

/** Contents that are being read: they stay until that ends, whatever becomes of their versions meanwhile. */
export class ReadVersions {
  readonly #roots = new Set<{ readonly root: ContentRoot }>();

  /** Gives the function that says that the reading has ended. */
  enter(root: ContentRoot): () => void {
    const read = { root };
    this.#roots.add(read);
    for (const oldest of this.#roots) {
      if (this.#roots.size <= READS_MAX) break;
      this.#roots.delete(oldest);
    }
    return () => void this.#roots.delete(read);
  }

  roots(): ContentRoot[] {
    return [...this.#roots].map(({ root }) => root);
  }
}
