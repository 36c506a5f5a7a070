import type { Duplex } from "node:stream";
import type { Clock } from "@gstore/core";

export interface JoinOptions {
  readonly clock: Clock;
  /** Bytes both ways together, and time (ms), after which both ends are cut off. */
  readonly bytesMax: number;
  readonly timeMaxMs: number;
  /** Called once when both are gone. */
  over(): void;
}

/** Moves bytes between two streams until both have ended, one breaks, or a limit is reached. A slow reader slows the writer. */
export function joinDuplexes(left: Duplex, right: Duplex, options: JoinOptions): void {
  const { clock, bytesMax, timeMaxMs, over } = options;
  let bytes = 0;
  let open = 2;
  const cut = (reason?: Error): void => {
    left.destroy(reason);
    right.destroy(reason);
  };
  const cancel = clock.after(timeMaxMs, () => cut(new Error("relayed for long enough")));
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes > bytesMax) cut(new Error("relayed enough bytes"));
  };
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.on("data", count);
    from.pipe(to);
    from.once("close", () => {
      // In order where both ways have ended; whatever else closes one leaves nothing for the other.
      if (!from.readableEnded || !from.writableFinished) cut();
      open--;
      if (open > 0) return;
      cancel();
      over();
    });
  }
}
