import { type Clock, type EntryId, isGstoreError, type PeerId, type PeerNetwork } from "@gstore/core";
import { isPurgeReceipt, type NodeIdentity, signPurgeReceipt } from "@gstore/crypto";
import { decodePurgedAnswer, encodePurged } from "@gstore/p2p";
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

/** Members' own words that they have carried out a purge. docs/spec/messages.md. */
export class PurgeReceipts {
  readonly #options: PurgeReceiptsOptions;
  /** Purges are carried out for who asks one after the other: each may take a while. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PurgeReceiptsOptions) {
    this.#options = options;
  }

  /** This node's signature, once it has carried the purge out; null where it has not. */
  async answer(version: EntryId): Promise<Uint8Array | null> {
    const { identity, members, purges } = this.#options;
    const carried = this.#turn.then(() => purges.carryOut(version));
    this.#turn = carried.catch(() => {});
    if (!(await carried)?.isCarriedOut) return null;
    return signPurgeReceipt(identity, { networkId: members.state.networkId, version });
  }

  /** Asks all other members, and goes on until each has signed or the signal fires. Resolves with those that have. */
  async collect(version: EntryId, signal: AbortSignal): Promise<Set<PeerId>> {
    const { clock, members, network } = this.#options;
    const signed = new Set<PeerId>();
    const missing = (): PeerId[] =>
      members.all().flatMap(({ peer }) => (peer === network.self || signed.has(peer) ? [] : [peer]));
    while (missing().length > 0 && !signal.aborted) {
      const connected = new Set(network.peers().map(({ peer }) => peer));
      const asked = missing().filter((peer) => connected.has(peer));
      const ask = async (peer: PeerId): Promise<void> => {
        if (await this.#hasSigned(peer, version, signal)) signed.add(peer);
      };
      await Promise.all(asked.map(ask));
      if (missing().length > 0) await pause(clock, ASK_AGAIN_MS, signal).catch(() => {});
    }
    return signed;
  }

  async #hasSigned(peer: PeerId, version: EntryId, signal: AbortSignal): Promise<boolean> {
    const { logger, members, network } = this.#options;
    try {
      const options = { signal, timeoutMs: ANSWER_TIMEOUT_MS };
      const signature = decodePurgedAnswer(
        await network.request(peer, "entries", encodePurged(version), options),
      );
      const statement = { networkId: members.state.networkId, version };
      return signature !== null && isPurgeReceipt(signature, peer, statement);
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      logger.debug({ peer, code: error.code }, "a member gave no receipt of a purge");
      return false;
    }
  }
}
