import { CLOCK_DRIFT_MAX_MS, type Clock, isGstoreError, type PeerId, type PeerNetwork } from "@gstore/core";
import { decodeTellTime, decodeTellTimeAnswer, encodeTellTime, encodeTellTimeAnswer } from "@gstore/p2p";
import type { Members } from "../membership/members.ts";

export interface PeerClocksOptions {
  readonly network: Pick<PeerNetwork, "self" | "peers" | "request">;
  readonly members: Pick<Members, "get">;
  readonly clock: Clock;
}

/** A member whose clock is not this node's. */
export interface ClockApart {
  readonly peer: PeerId;
  /** What this node's clock is ahead of it by (ms); negative where it is behind. */
  readonly aheadMs: number;
}

interface Measured {
  readonly aheadMs: number;
  /** What this node's wall and monotonic clock were apart by: where that changes, the wall clock was set, and this is void. */
  readonly apartMs: number;
}

/** Who answers later (ms) than this is not listened to: an answer is right to half of the time that it took. */
const ASKED_FOR_MS = 10_000;

/**
 * What the members' clocks say. What is destroyed by age waits while they do not bear this node's out. A member that lies
 * about its clock can make a node wait, where no more members bear it out than not; and can make none destroy anything.
 */
export class PeerClocks {
  readonly #options: PeerClocksOptions;
  /** At most as many as there are members: only these are asked. What a member said when it was there last counts on. */
  readonly #measured = new Map<PeerId, Measured>();

  constructor(options: PeerClocksOptions) {
    this.#options = options;
  }

  answer(message: Uint8Array): Uint8Array {
    decodeTellTime(message);
    return encodeTellTimeAnswer(Math.max(0, Math.floor(this.#options.clock.now())));
  }

  /** Asks all connected members. Never rejects. */
  async askAll(): Promise<void> {
    await Promise.all(this.#options.network.peers().map(({ peer }) => this.ask(peer)));
  }

  /** Who does not answer, or does not know the question, leaves what is known of it as it is. Never rejects. */
  async ask(peer: PeerId): Promise<void> {
    const { network, members, clock } = this.#options;
    for (const known of this.#measured.keys())
      if (members.get(known) === undefined) this.#measured.delete(known);
    if (members.get(peer) === undefined) return;
    try {
      const sent = { wallMs: clock.now(), ms: clock.monotonic() };
      const answer = await network.request(peer, "membership", encodeTellTime(), { timeoutMs: ASKED_FOR_MS });
      const theirsMs = decodeTellTimeAnswer(answer);
      const tookMs = clock.monotonic() - sent.ms;
      if (tookMs > ASKED_FOR_MS) return;
      const apartMs = sent.wallMs - sent.ms;
      this.#measured.set(peer, { aheadMs: sent.wallMs + tookMs / 2 - theirsMs, apartMs });
    } catch (error) {
      if (!isGstoreError(error)) throw error;
    }
  }

  /** Members whose clocks are more than a few minutes from this node's, as far as they told. */
  apart(): ClockApart[] {
    return this.#valid().filter(({ aheadMs }) => Math.abs(aheadMs) > CLOCK_DRIFT_MAX_MS);
  }

  /** Whether more clocks bear this node's out, its own included, than do not. */
  isBorneOut(): boolean {
    const apart = this.apart().length;
    return 1 + this.#valid().length - apart > apart;
  }

  #valid(): ClockApart[] {
    const { clock, members } = this.#options;
    const apartMs = clock.now() - clock.monotonic();
    return [...this.#measured]
      .filter(([peer]) => members.get(peer) !== undefined)
      .filter(([, known]) => Math.abs(known.apartMs - apartMs) <= CLOCK_DRIFT_MAX_MS)
      .map(([peer, { aheadMs }]) => ({ peer, aheadMs: Math.round(aheadMs) }));
  }
}
