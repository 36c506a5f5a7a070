import { GstoreError } from "@gstore/core";
import { ARCHIVES_AT_ONCE_MAX } from "./archive-files.ts";

/** Archives that are being sent. */
export class ArchiveSlots {
  #running = 0;

  /** Throws `TOO_BUSY`. Gives what says that it has ended. */
  enter(): () => void {
    if (this.#running >= ARCHIVES_AT_ONCE_MAX) {
      const message = `${ARCHIVES_AT_ONCE_MAX} archives are being sent already.`;
      throw new GstoreError("TOO_BUSY", message, { limit: ARCHIVES_AT_ONCE_MAX, retryable: true });
    }
    this.#running++;
    return () => void this.#running--;
  }
}
