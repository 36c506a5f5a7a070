import type { Clock } from "@gstore/core";
import type { Room } from "../placement/room.ts";

/** Whether there is room for what there was none for is looked at again after this long (ms), which costs next to nothing. */
const RETRY_MS = 5000;

/** Room for versions that are fetched several at a time, and a look now and then whether there is some again. */
export class RoomWatch {
  readonly #room: Pick<Room, "has">;
  readonly #clock: Clock;
  readonly #hasAgain: () => void;
  #takenBytes = 0;
  /** Of the smallest version for which there was none. */
  #lackedBytes = Number.POSITIVE_INFINITY;
  /** Times that there was none since it was last looked at everything. */
  #lacks = 0;
  #cancel: (() => void) | null = null;

  constructor(
    { room, clock }: { readonly room: Pick<Room, "has">; readonly clock: Clock },
    hasAgain: () => void,
  ) {
    this.#room = room;
    this.#clock = clock;
    this.#hasAgain = hasAgain;
  }

  /** Takes room for so many bytes until that is called which it gives; null where there is none, and then it will be said. */
  take(bytes: number): (() => void) | null {
    if (this.#room.has(this.#takenBytes + bytes)) {
      this.#takenBytes += bytes;
      return () => {
        this.#takenBytes -= bytes;
      };
    }
    this.#lacks++;
    this.#lackedBytes = Math.min(this.#lackedBytes, bytes);
    this.#cancel ??= this.#clock.after(RETRY_MS, () => this.#look());
    return null;
  }

  /** Versions for which there was no room. */
  get lacks(): number {
    return this.#lacks;
  }

  /** Counts anew: everything is looked at again. */
  recount(): void {
    this.#lacks = 0;
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(): void {
    this.#cancel = null;
    if (!this.#room.has(this.#lackedBytes)) {
      this.#cancel = this.#clock.after(RETRY_MS, () => this.#look());
      return;
    }
    this.#lackedBytes = Number.POSITIVE_INFINITY;
    this.#hasAgain();
  }
}
