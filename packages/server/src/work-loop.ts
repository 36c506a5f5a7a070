/** Does a piece of work again while it is asked for, never twice at once, and never misses a call that came meanwhile. */
export class WorkLoop {
  readonly #work: () => Promise<void>;
  /** The run that was asked for and has not begun: calls join it. */
  #next: Promise<void> | null = null;
  #current: Promise<void> | null = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Asks for the work. Resolves when it was done once from its beginning; rejects with what that run rejects with. */
  run(): Promise<void> {
    this.#next ??= this.#runAfter(this.#current);
    return this.#next;
  }

  /** Resolves when nothing runs and nothing is asked for, whatever came of it. */
  async idle(): Promise<void> {
    for (let left = this.#current ?? this.#next; left !== null; left = this.#current ?? this.#next)
      await left.catch(() => {});
  }

  async #runAfter(before: Promise<void> | null): Promise<void> {
    // A turn later in any case, so that calls made together are served together.
    await before?.catch(() => {});
    this.#current = this.#next;
    this.#next = null;
    try {
      await this.#work();
    } finally {
      this.#current = null;
    }
  }
}
