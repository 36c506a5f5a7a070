import type { Clock } from "@gstore/core";
import { PEER_WARNINGS_MAX, PEER_WARNINGS_PERIOD_MS } from "./limits.ts";
import type { PeerNetworkLogger } from "./logger.ts";

/**
 * The same logger, to which one peer's doings (`fields.peer`) write at most `PEER_WARNINGS_MAX` warnings in a period: more
 * are counted, and the count is written at its end. Other lines pass. Memory is that of the peers of one period.
 */
export function limitPeerWarnings(logger: PeerNetworkLogger, clock: Clock): PeerNetworkLogger {
  const counts = new Map<unknown, number>();
  const isAllowed = (peer: unknown): boolean => {
    const count = (counts.get(peer) ?? 0) + 1;
    counts.set(peer, count);
    if (count === 1) clock.after(PEER_WARNINGS_PERIOD_MS, () => end(peer));
    return count <= PEER_WARNINGS_MAX;
  };
  const end = (peer: unknown): void => {
    const leftOut = (counts.get(peer) ?? 0) - PEER_WARNINGS_MAX;
    counts.delete(peer);
    if (leftOut > 0) logger.warn({ peer, leftOut }, "more warnings about a peer were left out");
  };
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => {
      const peer = "peer" in fields ? fields.peer : undefined;
      if (peer === undefined || isAllowed(peer)) logger.warn(fields, message);
    },
  };
}
