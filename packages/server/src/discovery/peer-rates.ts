import type { ConnectedPeer, PeerId } from "@gstore/core";

export interface PeerRate {
  readonly sentPerSecond: number;
  readonly receivedPerSecond: number;
}

interface Sample {
  readonly atMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly rate: PeerRate;
}

const NONE: PeerRate = { sentPerSecond: 0, receivedPerSecond: 0 };

/** Bytes per second with each connected member, between the last two times that one looked. */
export class PeerRates {
  #samples = new Map<PeerId, Sample>();

  /** Looks at the counters of all that are connected now. */
  look(peers: readonly ConnectedPeer[], atMs: number): void {
    const before = this.#samples;
    this.#samples = new Map(
      peers.map(({ peer, bytesSent, bytesReceived }) => {
        const rate = rateSince(before.get(peer), { atMs, bytesSent, bytesReceived });
        return [peer, { atMs, bytesSent, bytesReceived, rate }];
      }),
    );
  }

  of(peer: PeerId): PeerRate {
    return this.#samples.get(peer)?.rate ?? NONE;
  }
}

/** A connection that was made anew counts from zero. */
function rateSince(last: Sample | undefined, now: Omit<Sample, "rate">): PeerRate {
  const seconds = last === undefined ? 0 : (now.atMs - last.atMs) / 1000;
  if (last === undefined || seconds <= 0) return NONE;
  const perSecond = (before: number, after: number): number =>
    Math.round((after >= before ? after - before : after) / seconds);
  return {
    sentPerSecond: perSecond(last.bytesSent, now.bytesSent),
    receivedPerSecond: perSecond(last.bytesReceived, now.bytesReceived),
  };
}
