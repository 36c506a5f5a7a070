/** Does a piece of work again while it is asked for, never twice at once, and never misses a call that came meanwhile. */
export class WorkLoop {
  readonly #work: () => Promise<void>;
  #asked = false;
  #running: Promise<void> | null = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Asks for the work. Resolves when it was done at least once from its beginning; rejects with what it rejects with. */
  run(): Promise<void> {
    this.#asked = true;
    this.#running ??= this.#loop();
    return this.#running;
  }

  /** Resolves when nothing runs, whatever came of it. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running.catch(() => {});
  }

  async #loop(): Promise<void> {
    try {
      // A turn later, so that calls made together are served together.
      await null;
      while (this.#asked) {
        this.#asked = false;
        await this.#work();
      }
    } finally {
      this.#running = null;
    }
  }
}
