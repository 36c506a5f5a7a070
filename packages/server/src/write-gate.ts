import { abortedError, GstoreError } from "@gstore/core";

/** Lets writes in, until it is closed: a node that leaves must know all that it has to hand over. */
export class WriteGate {
  #inside = 0;
  #isClosed = false;
  #emptied: () => void = () => {};

  /** Lets a write in; gives the function that is to be called once when it is over. Throws `REQUEST_REFUSED` while closed. */
  enter(): () => void {
    if (this.#isClosed) {
      throw new GstoreError("REQUEST_REFUSED", "This node is leaving its network and stores nothing more.");
    }
    this.#inside++;
    return () => {
      this.#inside--;
      if (this.#inside === 0) this.#emptied();
    };
  }

  /**
   * Lets nothing more in, and resolves when all that was inside is over. When the signal fires it is open again. Rejects
   * with `TOO_BUSY` where it is closed already.
   */
  async close(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedError(signal);
    if (this.#isClosed) throw new GstoreError("TOO_BUSY", "This node is leaving its network already.");
    this.#isClosed = true;
    if (this.#inside === 0) return;
    let onAbort = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        this.#emptied = resolve;
        onAbort = () => reject(abortedError(signal));
        signal.addEventListener("abort", onAbort, { once: true });
      });
    } catch (error) {
      this.open();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#emptied = () => {};
    }
  }

  open(): void {
    this.#isClosed = false;
  }
}
