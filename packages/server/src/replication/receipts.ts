import {
  type Clock,
  type EntryId,
  type EntryStore,
  HELD_RECEIPTS_HOP_TIMEOUT_MS,
  HELD_RECEIPTS_HOPS_MAX,
  HELD_RECEIPTS_MAX,
  HELD_RECEIPTS_RELAYED_AT_ONCE_MAX,
  HELD_RECEIPTS_VERSIONS_MAX,
  MEMBERS_MAX,
  type PeerId,
  type PeerNetwork,
  type Random,
} from "@gstore/core";
import { type HeldReceipt, isHeldReceipt, type NodeIdentity, signHeldReceipt } from "@gstore/crypto";
import { decodeHeldReceiptsAnswer, encodeHeldReceipts, type HeldReceipts } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import { heldFor } from "./held-for.ts";
import type { HeldVersions } from "./held-versions.ts";

export interface ReceiptsOptions {
  readonly identity: NodeIdentity;
  readonly network: PeerNetwork;
  readonly entries: EntryStore;
  readonly members: Members;
  readonly held: HeldVersions;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A member has signed that it holds these versions. */
  readonly heldBy: (versions: readonly EntryId[], holder: PeerId) => void;
}

const NONCE_BYTES = 16;
/** A question is asked first after so long (ms), then after twice as long each time: most copies are told of before. */
const ASK_DELAY_MS = { first: 1000, most: 8000 };

/**
 * Receipts from members that this node has no connection to, through those that it has one to: each holder signs for
 * itself and for this one question, so nobody can claim a copy in another's name. docs/spec/messages.md.
 */
export class Receipts {
  readonly #options: ReceiptsOptions;
  #isAsking = false;
  #relayed = 0;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /** Asks around, again and again, as long as somebody waits for holders and there are members out of sight. */
  askWhileAwaited(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askLater(ASK_DELAY_MS.first);
  }

  /** Answers a member's question: with this node's own receipt, and with what those behind it answer. */
  async answer(from: PeerId, question: HeldReceipts): Promise<HeldReceipt[]> {
    const own = await this.#ownReceipt(from, question);
    const isRelayed = question.hops > 1 && this.#relayed < HELD_RECEIPTS_RELAYED_AT_ONCE_MAX;
    if (!isRelayed) return own;
    this.#relayed++;
    try {
      const skip = new Set([...question.skip, from]);
      return [...own, ...(await this.#ask({ ...question, hops: question.hops - 1 }, skip))].slice(
        0,
        HELD_RECEIPTS_MAX,
      );
    } finally {
      this.#relayed--;
    }
  }

  /**
   * Asks around once about at most `HELD_RECEIPTS_VERSIONS_MAX` versions: who signed, for this question, that it holds which
   * of them. A holder may be named more than once. Who does not answer in time is passed over.
   */
  async ask(
    versions: readonly EntryId[],
    options: { readonly besides?: ReadonlySet<PeerId>; readonly signal?: AbortSignal } = {},
  ): Promise<Pick<HeldReceipt, "holder" | "versions">[]> {
    const { members, random } = this.#options;
    const nonce = random.bytes(NONCE_BYTES);
    const question = { nonce, versions, skip: [], hops: HELD_RECEIPTS_HOPS_MAX };
    const { networkId } = members.state;
    const receipts = await this.#ask(question, options.besides ?? new Set(), options.signal);
    const valid = receipts.filter(
      (receipt) => members.get(receipt.holder) !== undefined && isHeldReceipt(receipt, { networkId, nonce }),
    );
    return valid.map(({ holder, versions: held }) => ({
      holder,
      versions: held.filter((version) => versions.includes(version)),
    }));
  }

  #askLater(delayMs: number): void {
    const { clock, held, logger } = this.#options;
    clock.after(delayMs, () => {
      const versions = held.awaited().slice(0, HELD_RECEIPTS_VERSIONS_MAX);
      if (versions.length === 0) {
        this.#isAsking = false;
        return;
      }
      this.#askAround(versions)
        .catch((error: unknown) => logger.debug({ error: String(error) }, "asking for receipts failed"))
        .finally(() => this.#askLater(Math.min(delayMs * 2, ASK_DELAY_MS.most)));
    });
  }

  async #askAround(versions: readonly EntryId[]): Promise<void> {
    const { network, members, heldBy } = this.#options;
    const connected = this.#connected();
    if (members.all().every(({ peer }) => peer === network.self || connected.includes(peer))) return;
    for (const { holder, versions: held } of await this.ask(versions)) heldBy(held, holder);
  }

  /** Asks the connected members that are not to be skipped. Who fails answers nothing. */
  async #ask(
    question: HeldReceipts,
    skip: ReadonlySet<PeerId>,
    signal?: AbortSignal,
  ): Promise<HeldReceipt[]> {
    const { network, logger } = this.#options;
    const connected = this.#connected();
    const skipThere = [...new Set([...skip, network.self, ...connected])].slice(0, MEMBERS_MAX);
    const message = encodeHeldReceipts({ ...question, skip: skipThere });
    const options = { timeoutMs: HELD_RECEIPTS_HOP_TIMEOUT_MS * question.hops, ...(signal && { signal }) };
    const asked = connected
      .filter((peer) => !skip.has(peer))
      .map(async (peer): Promise<HeldReceipt[]> => {
        try {
          return decodeHeldReceiptsAnswer(await network.request(peer, "entries", message, options));
        } catch (error) {
          if (signal?.aborted) throw error;
          logger.debug({ peer, error: String(error) }, "a peer gave no receipts");
          return [];
        }
      });
    return (await Promise.all(asked)).flat();
  }

  /** Of the versions asked for those that are whole here and that the asker may hold too. */
  async #ownReceipt(from: PeerId, { nonce, versions }: HeldReceipts): Promise<HeldReceipt[]> {
    const { entries, members, identity } = this.#options;
    const held = await heldFor({ entries, members }, from, versions);
    if (held.length === 0) return [];
    return [signHeldReceipt(identity, { networkId: members.state.networkId, nonce }, held)];
  }

  #connected(): PeerId[] {
    const { network, members } = this.#options;
    const peers = network.peers().map(({ peer }) => peer);
    return peers.filter((peer) => members.get(peer) !== undefined);
  }
}
