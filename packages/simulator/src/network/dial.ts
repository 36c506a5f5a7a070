import { abortedError, type Clock, DIAL_TIMEOUT_MS, GstoreError, type PeerId } from "@gstore/core";
import { type Internet, unreachable } from "./internet.ts";
import { HANDSHAKE, Link } from "./link.ts";
import { Pipe } from "./pipe.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";

/** Bytes of TCP's, TLS's and our handshake, about. */
const HANDSHAKE_BYTES = 2000;

/**
 * Dials a node: a round trip to find out that it is there, another in which both sides show and check certificates. The
 * listening side has the connection first. Rejects with `PEER_UNREACHABLE`, or what either side has against the other.
 */
export function dial(options: {
  readonly internet: Internet;
  readonly clock: Clock;
  readonly from: SimulatedNetwork;
  readonly to: PeerId;
  readonly signal?: AbortSignal;
}): Promise<void> {
  const { internet, clock, from, to, signal } = options;
  if (signal?.aborted) return Promise.reject(abortedError(signal));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isSettled = false;
  let here: Link | null = null;
  const settle = (error: Error | null): void => {
    if (isSettled) return;
    isSettled = true;
    cancel();
    signal?.removeEventListener("abort", abort);
    if (error === null) {
      resolve();
    } else {
      here?.destroy(error);
      reject(error);
    }
  };
  const abort = (): void => settle(abortedError(signal as AbortSignal));
  const cancel = clock.after(DIAL_TIMEOUT_MS, () => settle(unreachable(to)));
  signal?.addEventListener("abort", abort, { once: true });

  knock(internet, from, to, (network) => {
    if (isSettled || from.life.isOver) return;
    if (network === null) return settle(unreachable(to));
    const ends = joined(internet, from, network);
    here = ends.here;
    here.onClose(() => settle(unreachable(to)));
    here.send(HANDSHAKE, HANDSHAKE_BYTES, (there) => {
      const refusal = refusalOf(() => network.handlers.admit(from.self, from.certificate));
      if (refusal === null) network.add(there, from.certificate);
      there.send(HANDSHAKE, HANDSHAKE_BYTES, (back) => {
        if (isSettled) return;
        const ours = refusal ?? refusalOf(() => from.handlers.admit(to, network.certificate));
        if (ours === null) from.add(back, network.certificate);
        settle(ours);
      });
    });
  });
  return promise;
}

/** Finds out which process listens at a machine; null where none does. Nothing comes back from a machine without power. */
function knock(
  internet: Internet,
  from: SimulatedNetwork,
  to: PeerId,
  answered: (network: SimulatedNetwork | null) => void,
): void {
  const host = internet.host(to);
  new Pipe(internet.scheduler, internet.way(from.self, to)).send(60, () => {
    if (!host.isPowered) return;
    const { network } = host;
    new Pipe(internet.scheduler, internet.way(to, from.self)).send(60, () => answered(network));
  });
}

function joined(
  internet: Internet,
  from: SimulatedNetwork,
  network: SimulatedNetwork,
): { here: Link; there: Link } {
  const [self, peer] = [from.self, network.self];
  return Link.join(
    { self, life: from.life, address: internet.host(self).address },
    { self: peer, life: network.life, address: internet.host(peer).address },
    { there: internet.road(self, peer), back: internet.road(peer, self) },
  );
}

function refusalOf(admit: () => void): Error | null {
  try {
    admit();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new GstoreError("HANDSHAKE_FAILED", String(error));
  }
}
