import type { Duplex } from "node:stream";
import type { Clock } from "@gstore/core";
import type { BulkRates } from "../rate-limit.ts";
import { RelayPace } from "./relay-pace.ts";

export interface JoinOptions {
  readonly clock: Clock;
  /** What is moved counts towards both: it comes in and goes out. */
  readonly rates: BulkRates;
  /** Bytes both ways together, and time (ms), after which both ends are cut off. */
  readonly bytesMax: number;
  readonly timeMaxMs: number;
  /** Called once when both are gone. */
  over(): void;
}

/** Moves bytes between two streams until both have ended, one breaks, or a limit is reached. A slow reader slows the writer. */
export function joinDuplexes(left: Duplex, right: Duplex, options: JoinOptions): void {
  const { clock, rates, bytesMax, timeMaxMs, over } = options;
  let bytes = 0;
  let open = 2;
  const cut = (reason?: Error): void => {
    left.destroy(reason);
    right.destroy(reason);
  };
  const cancel = clock.after(timeMaxMs, () => cut(new Error("relayed for long enough")));
  const count = (moved: number): void => {
    bytes += moved;
    if (bytes > bytesMax) cut(new Error("relayed enough bytes"));
  };
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    const pace = move(from, to, { pace: new RelayPace({ clock, rates }), count });
    from.once("close", () => {
      pace.stop();
      // In order where both ways have ended; whatever else closes one leaves nothing for the other.
      if (!from.readableEnded || !from.writableFinished) cut();
      open--;
      if (open > 0) return;
      cancel();
      over();
    });
  }
}

/** One way: reads no more than the other side takes and the node's limits allow. */
function move(
  from: Duplex,
  to: Duplex,
  { pace, count }: { readonly pace: RelayPace; readonly count: (bytes: number) => void },
): RelayPace {
  let isFull = false;
  const readOrPause = (): void => {
    if (isFull || pace.isWaiting) from.pause();
    else from.resume();
  };
  from.on("data", (chunk: Uint8Array) => {
    count(chunk.length);
    if (from.destroyed || to.destroyed) return;
    isFull = !to.write(chunk);
    pace.moved(chunk.length, readOrPause);
    readOrPause();
  });
  from.once("end", () => to.end());
  to.on("drain", () => {
    isFull = false;
    readOrPause();
  });
  return pace;
}
