import {
  type Clock,
  type EntryId,
  HELD_RECEIPTS_HOPS_MAX,
  HELD_RECEIPTS_RELAYED_AT_ONCE_MAX,
  isGstoreError,
  MEMBERS_MAX,
  type PeerId,
  type PeerNetwork,
  PURGED_HOP_TIMEOUT_MS,
} from "@gstore/core";
import { isPurgeReceipt, type NodeIdentity, signPurgeReceipt } from "@gstore/crypto";
import { decodePurgedAnswer, encodePurged, type Purged, type PurgeReceipt } from "@gstore/p2p";
import type { Purges } from "../collection/purges.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import { pause } from "../pause.ts";

export interface PurgeReceiptsOptions {
  readonly identity: NodeIdentity;
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly purges: Pick<Purges, "carryOut">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A member that has not carried a purge out yet is asked again after so long (ms). */
const ASK_AGAIN_MS = 1000;
/** An answer may take as long as it takes to rewrite a pack or two (ms). */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Members' own words that they have carried out a purge. Those that are not connected are asked through those that are, as
 * for receipts of copies. docs/spec/messages.md.
 */
export class PurgeReceipts {
  readonly #options: PurgeReceiptsOptions;
  /** Purges are carried out for who asks one after the other: each may take a while. */
  #turn: Promise<unknown> = Promise.resolve();
  #relayed = 0;

  constructor(options: PurgeReceiptsOptions) {
    this.#options = options;
  }

  /** This node's receipt, once it has carried the purge out, and those of members behind it. */
  async answer(from: PeerId, question: Purged): Promise<PurgeReceipt[]> {
    const own = this.#own(question.version);
    if (question.hops === 1 || this.#relayed >= HELD_RECEIPTS_RELAYED_AT_ONCE_MAX) return await own;
    this.#relayed++;
    try {
      const behind = this.#askBehind(
        { ...question, hops: question.hops - 1 },
        new Set([...question.skip, from]),
      );
      return (await Promise.all([own, behind])).flat().slice(0, MEMBERS_MAX);
    } finally {
      this.#relayed--;
    }
  }

  /** Asks all other members, and goes on until each has signed or the signal fires. Resolves with those that have. */
  async collect(version: EntryId, signal: AbortSignal): Promise<Set<PeerId>> {
    const { clock, members, network } = this.#options;
    const signed = new Set<PeerId>([network.self]);
    const missing = (): PeerId[] => members.all().flatMap(({ peer }) => (signed.has(peer) ? [] : [peer]));
    const over = new AbortController();
    const done = AbortSignal.any([signal, over.signal]);
    const goOn = async (ask: (missing: readonly PeerId[]) => Promise<PurgeReceipt[]>): Promise<void> => {
      while (missing().length > 0 && !done.aborted) {
        for (const { member } of await ask(missing())) signed.add(member);
        if (missing().length > 0) await pause(clock, ASK_AGAIN_MS, done).catch(() => {});
      }
      over.abort();
    };
    // Apart, so that no member's receipt waits for what lies behind it.
    await Promise.all([
      goOn(async (left) => {
        const near = this.#connected().filter((peer) => left.includes(peer));
        const question = { version, skip: [], hops: 1 };
        return (await Promise.all(near.map((peer) => this.#ask(peer, question, done)))).flat();
      }),
      goOn(async (left) => {
        const near = this.#connected();
        if (left.every((peer) => near.includes(peer))) return [];
        return await this.#askBehind({ version, skip: [], hops: HELD_RECEIPTS_HOPS_MAX }, new Set(), done);
      }),
    ]);
    signed.delete(network.self);
    return signed;
  }

  async #own(version: EntryId): Promise<PurgeReceipt[]> {
    const { identity, members, network, purges } = this.#options;
    const carried = this.#turn.then(() => purges.carryOut(version));
    this.#turn = carried.catch(() => {});
    if (!(await carried)?.isCarriedOut) return [];
    const signature = signPurgeReceipt(identity, { networkId: members.state.networkId, version });
    return [{ member: network.self, signature }];
  }

  /** Asks the connected members that are not to be skipped. */
  async #askBehind(
    question: Purged,
    skip: ReadonlySet<PeerId>,
    signal?: AbortSignal,
  ): Promise<PurgeReceipt[]> {
    const connected = this.#connected();
    const skipThere = [...new Set([...skip, this.#options.network.self, ...connected])].slice(0, MEMBERS_MAX);
    const asked = connected.filter((peer) => !skip.has(peer));
    const answers = asked.map((peer) => this.#ask(peer, { ...question, skip: skipThere }, signal));
    return (await Promise.all(answers)).flat();
  }

  /** What a member answers, as far as it is signed. Who fails answers nothing. */
  async #ask(peer: PeerId, question: Purged, signal?: AbortSignal): Promise<PurgeReceipt[]> {
    const { logger, members, network } = this.#options;
    const { version, hops } = question;
    const timeoutMs = Math.max(hops === 1 ? ANSWER_TIMEOUT_MS : 0, PURGED_HOP_TIMEOUT_MS * hops);
    try {
      const options = { timeoutMs, ...(signal && { signal }) };
      const receipts = decodePurgedAnswer(
        await network.request(peer, "entries", encodePurged(question), options),
      );
      const statement = { networkId: members.state.networkId, version };
      return receipts.filter(
        ({ member, signature }) =>
          members.get(member) !== undefined && isPurgeReceipt(signature, member, statement),
      );
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      logger.debug({ peer, code: error.code }, "a member gave no receipt of a purge");
      return [];
    }
  }

  #connected(): PeerId[] {
    const { members, network } = this.#options;
    const peers = network.peers().map(({ peer }) => peer);
    return peers.filter((peer) => members.get(peer) !== undefined);
  }
}
