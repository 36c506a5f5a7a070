import {
  ADDRESS_RECORDS_PER_MESSAGE_MAX,
  type AddressRecord,
  type Clock,
  decodeAddressRecord,
  GstoreError,
  isGstoreError,
  MEMBERS_MAX,
  type NetworkId,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import { isOwnWord } from "@gstore/crypto";
import {
  decodePushAddresses,
  decodeSyncAddresses,
  decodeSyncAddressesAnswer,
  encodePushAddresses,
  encodePushAddressesAnswer,
  encodeSyncAddresses,
  encodeSyncAddressesAnswer,
  type KnownAddressRecord,
  type SyncAddressesAnswer,
} from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { AddressBook } from "./address-book.ts";

/** Why a record was not taken: docs/spec/address-record.md. */
export type RecordRefusal = "malformed" | "foreign" | "outdated" | "stranger" | "forged";

export interface AddressExchangeOptions {
  readonly networkId: NetworkId;
  readonly network: PeerNetwork;
  readonly members: Pick<Members, "get">;
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A member has other addresses than were known. Also called for this node's own record: one that a former run signed. */
  readonly learned: (record: AddressRecord) => void;
}

/** News is passed on together after this long (ms). */
const PASS_ON_DELAY_MS = 1000;
/** Records of who is no member yet that wait for the membership log. */
const WAITING_MAX = 64;

/** Hands members' address records on to each other: all on connecting, news as it comes. */
export class AddressExchange {
  readonly #options: AddressExchangeOptions;
  readonly #refused: Record<RecordRefusal, number> = {
    malformed: 0,
    foreign: 0,
    outdated: 0,
    stranger: 0,
    forged: 0,
  };
  readonly #waiting = new Map<PeerId, AddressRecord>();
  /** News, and who told it; null for this node's own. */
  readonly #news = new Map<PeerId, { readonly record: AddressRecord; readonly from: PeerId | null }>();

  constructor(options: AddressExchangeOptions) {
    this.#options = options;
  }

  /** How many records were refused since the start, by reason. */
  get refused(): Readonly<Record<RecordRefusal, number>> {
    return { ...this.#refused };
  }

  /** Asks a connected member for the records that are lacking here. Rejects where it fails. */
  async pull(peer: PeerId): Promise<void> {
    const { network, book } = this.#options;
    for (let more = true; more; ) {
      const known = book.records().map(({ body }) => ({ peer: body.peer, sequence: body.sequence }));
      const question = encodeSyncAddresses(known.slice(0, MEMBERS_MAX));
      const answer = decodeSyncAddressesAnswer(await network.request(peer, "membership", question));
      const taken = this.#take(peer, answer.records);
      // A peer that says "more" and sends nothing new would go on for ever.
      more = answer.more && taken > 0;
    }
  }

  /** Answers a member's message. Throws what travels to it as an error. */
  answer(from: PeerId, type: "syncAddresses" | "pushAddresses", message: Uint8Array): Uint8Array {
    if (type === "syncAddresses")
      return encodeSyncAddressesAnswer(this.#recordsBesides(decodeSyncAddresses(message)));
    this.#take(from, this.#pushed(message));
    return encodePushAddressesAnswer();
  }

  #pushed(message: Uint8Array): Uint8Array[] {
    try {
      return decodePushAddresses(message);
    } catch (error) {
      this.#refused.malformed++;
      throw error;
    }
  }

  #recordsBesides(known: readonly KnownAddressRecord[]): SyncAddressesAnswer {
    const sequences = new Map(known.map(({ peer, sequence }) => [peer, sequence]));
    const { book, members } = this.#options;
    const lacking = book
      .records()
      .filter(({ body }) => members.get(body.peer) !== undefined)
      .filter(({ body }) => body.sequence > (sequences.get(body.peer) ?? 0));
    return {
      records: lacking.slice(0, ADDRESS_RECORDS_PER_MESSAGE_MAX).map(({ bytes }) => bytes),
      more: lacking.length > ADDRESS_RECORDS_PER_MESSAGE_MAX,
    };
  }

  /** Takes in records that a member sent; gives how many were news. Throws `REQUEST_REFUSED` where one is malformed or forged. */
  #take(from: PeerId, records: readonly Uint8Array[]): number {
    let taken = 0;
    for (const bytes of records) {
      const record = this.#read(bytes);
      const refusal = record === null ? "malformed" : this.#judge(record);
      if (refusal === "known") continue;
      if (refusal !== null) this.#refused[refusal]++;
      if (refusal === "malformed" || refusal === "forged") {
        this.#options.logger.warn(
          { peer: from, refusal },
          "a member sent an address record that does not hold",
        );
        throw new GstoreError("REQUEST_REFUSED", `An address record is ${refusal}.`);
      }
      if (record === null || refusal !== null) continue;
      taken++;
      this.#adopt(record, from);
    }
    return taken;
  }

  /** Takes in what is said to be a member's record, by whomever, where it is news. False, and counted, where it does not hold. */
  offered(peer: PeerId, bytes: Uint8Array): boolean {
    const record = this.#read(bytes);
    const isOther = record !== null && record.body.peer !== peer;
    const refusal = record === null || isOther ? "malformed" : this.#judge(record);
    if (refusal === "known" || refusal === "outdated") return true;
    if (refusal !== null) this.#refused[refusal]++;
    if (record === null || refusal !== null) return false;
    this.#adopt(record, null);
    return true;
  }

  /** Tells all connected members of this node's own record. */
  announce(record: AddressRecord): void {
    this.#passOn(record, null, 0);
  }

  /** The membership log has grown: who was a stranger may be a member. */
  membersChanged(): void {
    for (const [peer, record] of this.#waiting) {
      if (this.#options.members.get(peer) === undefined) continue;
      this.#waiting.delete(peer);
      if (this.#judge(record) === null) this.#adopt(record, null);
    }
  }

  #read(bytes: Uint8Array): AddressRecord | null {
    try {
      return decodeAddressRecord(bytes);
    } catch (error) {
      if (isGstoreError(error)) return null;
      throw error;
    }
  }

  /** What there is against a record; null for nothing. The signature comes last, as it costs most. */
  #judge(record: AddressRecord): Exclude<RecordRefusal, "malformed"> | "known" | null {
    const { networkId, members, book } = this.#options;
    const { network, peer, sequence } = record.body;
    if (network !== networkId) return "foreign";
    const known = book.record(peer);
    if (known !== null && known.body.sequence >= sequence)
      return Buffer.compare(known.bytes, record.bytes) === 0 ? "known" : "outdated";
    if (members.get(peer) !== undefined) return isOwnWord(record) ? null : "forged";
    if ((this.#waiting.get(peer)?.body.sequence ?? 0) >= sequence) return "stranger";
    if (!isOwnWord(record)) return "forged";
    if (this.#waiting.size < WAITING_MAX || this.#waiting.has(peer)) this.#waiting.set(peer, record);
    return "stranger";
  }

  #adopt(record: AddressRecord, from: PeerId | null): void {
    const { book, learned, network } = this.#options;
    // What this node signed itself it signs anew, if it is still so; it is not for others to say.
    if (record.body.peer !== network.self) {
      book.take(record);
      this.#passOn(record, from, PASS_ON_DELAY_MS);
    }
    learned(record);
  }

  #passOn(record: AddressRecord, from: PeerId | null, delayMs: number): void {
    if (this.#news.size === 0) this.#options.clock.after(delayMs, () => this.#push());
    this.#news.set(record.body.peer, { record, from });
  }

  #push(): void {
    const { network, logger, members } = this.#options;
    const news = [...this.#news.values()];
    this.#news.clear();
    for (const { peer } of network.peers()) {
      if (members.get(peer) === undefined) continue;
      const records = news
        .filter(({ record, from }) => from !== peer && record.body.peer !== peer)
        .map(({ record }) => record.bytes);
      for (let at = 0; at < records.length; at += ADDRESS_RECORDS_PER_MESSAGE_MAX) {
        const message = encodePushAddresses(records.slice(at, at + ADDRESS_RECORDS_PER_MESSAGE_MAX));
        network.request(peer, "membership", message).catch((error: unknown) => {
          logger.debug({ peer, error: String(error) }, "a peer could not be told of addresses");
        });
      }
    }
  }
}
