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
    this.#lackedBytes = Math.min(this.#lackedBytes, bytes);
    this.#cancel ??= this.#clock.after(RETRY_MS, () => this.#look());
    return null;
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
