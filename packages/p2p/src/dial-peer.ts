import { type Clock, DIAL_TIMEOUT_MS, type PeerId } from "@gstore/core";
import type { Libp2p } from "@libp2p/interface";
import type { PeerAddress } from "./address.ts";
import { dialError, dialTimeoutError } from "./dial-errors.ts";
import { peerOf } from "./request-streams.ts";
import { withTimeout } from "./with-timeout.ts";

/** Dials once, through libp2p, which joins dials of the same peer. Rejects as `PeerNetwork.connect` does. */
export async function dialPeer(
  node: Libp2p,
  address: PeerAddress,
  options: { clock: Clock; signal: AbortSignal | undefined },
): Promise<PeerId> {
  const error = (): Error => dialTimeoutError(address);
  const limit = withTimeout(options.clock, { signal: options.signal, timeoutMs: DIAL_TIMEOUT_MS, error });
  try {
    return peerOf(await node.dial(address.multiaddr, { signal: limit.signal }));
  } catch (cause) {
    if (limit.signal.aborted) throw limit.signal.reason;
    throw dialError(cause instanceof AggregateError ? cause.errors[0] : cause, address);
  } finally {
    limit.clear();
  }
}
