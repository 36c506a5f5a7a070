import { type Clock, GstoreError, PING_TIMEOUT_MS } from "@gstore/core";
import type { PeerConnection } from "./peer-table.ts";
import { withTimeout } from "./with-timeout.ts";

/** The round-trip time (ms) of one ping on a connection. Rejects with `TIMEOUT`, `CONNECTION_LOST` or `ABORTED`. */
export async function pingPeer(
  { ping, link }: PeerConnection,
  options: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const { peer } = link;
  const silent = new GstoreError("TIMEOUT", `${peer} did not answer within ${PING_TIMEOUT_MS} ms.`, {
    peer,
    retryable: true,
  });
  const { clock, signal } = options;
  const limit = withTimeout(clock, { signal, timeoutMs: PING_TIMEOUT_MS, error: () => silent });
  try {
    const given = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(limit.signal.reason as Error);
      if (limit.signal.aborted) giveUp();
      else limit.signal.addEventListener("abort", giveUp, { once: true });
    });
    return Number(await Promise.race([ping(), given]));
  } catch (cause) {
    if (limit.signal.aborted) throw limit.signal.reason;
    throw new GstoreError("CONNECTION_LOST", `The connection to ${peer} was lost.`, {
      peer,
      retryable: true,
      cause,
    });
  } finally {
    limit.clear();
  }
}
