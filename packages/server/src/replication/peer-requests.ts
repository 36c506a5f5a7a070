import {
  type BlobStore,
  decodeMembershipRecord,
  type Entry,
  type EntryId,
  type EntryStore,
  GstoreError,
  isGstoreError,
  type MembershipRecord,
  type PeerId,
  type SpaceId,
} from "@gstore/core";
import {
  decodeGetFile,
  decodeGiveEntries,
  decodeHaveBlobs,
  decodeHeld,
  decodeHeldReceipts,
  decodeHoldsVersions,
  decodeLeaseVersions,
  decodeProveBlobs,
  decodePurged,
  decodePushMembers,
  decodeStoreFile,
  decodeSyncEntries,
  decodeSyncMembers,
  encodeGetFileAnswer,
  encodeGiveEntriesAnswer,
  encodeHaveBlobsAnswer,
  encodeHeldAnswer,
  encodeHeldReceiptsAnswer,
  encodeHoldsVersionsAnswer,
  encodeLeaseVersionsAnswer,
  encodeProveBlobsAnswer,
  encodePurgedAnswer,
  encodePushMembersAnswer,
  encodeStoreFileAnswer,
  encodeSyncEntriesAnswer,
  encodeSyncMembersAnswer,
  type MessageType,
  messageType,
  type StoreFile,
  type StoreOutcome,
} from "@gstore/p2p";
import type { BlobLeases } from "../collection/blob-leases.ts";
import type { PeerClocks } from "../collection/peer-clocks.ts";
import type { AddressExchange } from "../discovery/address-exchange.ts";
import type { Members } from "../membership/members.ts";
import type { Room } from "../placement/room.ts";
import type { Leases } from "../repair/leases.ts";
import type { PossessionProver } from "../repair/possession-prover.ts";
import type { CatchUp } from "./catch-up.ts";
import { decodedOrBytes } from "./decoded-or-bytes.ts";
import type { Taken } from "./entry-batch.ts";
import type { EntryIntake } from "./entry-intake.ts";
import { heldFor } from "./held-for.ts";
import type { HeldVersions } from "./held-versions.ts";
import { type InlineBlob, inlineBlobs } from "./inline-blobs.ts";
import { isComplete } from "./local-completeness.ts";
import type { PeerSync } from "./peer-sync.ts";
import type { PurgeReceipts } from "./purge-receipts.ts";
import type { Receipts } from "./receipts.ts";

export interface PeerRequestsOptions {
  readonly blobs: BlobStore;
  readonly blobLeases: BlobLeases;
  readonly entries: EntryStore;
  readonly addresses: Pick<AddressExchange, "answer">;
  readonly clocks: Pick<PeerClocks, "answer">;
  readonly members: Members;
  readonly intake: EntryIntake;
  readonly sync: PeerSync;
  readonly catchUp: CatchUp;
  readonly held: HeldVersions;
  readonly receipts: Receipts;
  readonly purgeReceipts: Pick<PurgeReceipts, "answer">;
  readonly prover: PossessionProver;
  readonly leases: Leases;
  readonly room: Pick<Room, "has">;
  /** New entries came from a peer. */
  readonly arrived: (from: PeerId, fresh: readonly Entry[]) => Promise<void>;
  /** A member says that it holds versions. */
  readonly heldBy: (versions: readonly EntryId[], holder: PeerId) => void;
  /** New versions came whole. */
  readonly heldHere: (versions: readonly EntryId[]) => void;
}

/** Answers the requests of connected members. What a member may not do is refused here, whatever its own node thinks. */
export class PeerRequests {
  readonly #options: PeerRequestsOptions;

  constructor(options: PeerRequestsOptions) {
    this.#options = options;
  }

  /** Answers one message. Rejects with a coded error, which travels to the peer. */
  async answer(from: PeerId, message: Uint8Array): Promise<Uint8Array> {
    const { entries, members, sync } = this.#options;
    const type = messageType(message);
    await this.#refuseOutsider(from, type);
    switch (type) {
      case "storeFile":
        return encodeStoreFileAnswer(await this.#storeFile(from, decodeStoreFile(message)));
      case "getFile": {
        const { space, keyId } = decodeGetFile(message);
        this.#refuseUnless(members.mayHold(from, space), from, space);
        return encodeGetFileAnswer((await entries.heads(space, keyId)).map(({ entry }) => entry.id));
      }
      case "syncEntries":
        return encodeSyncEntriesAnswer(await sync.entriesFor(decodeSyncEntries(message)));
      case "held":
        this.#options.heldBy(decodeHeld(message), from);
        return encodeHeldAnswer();
      case "holdsVersions":
        return encodeHoldsVersionsAnswer(await this.#heldHere(from, decodeHoldsVersions(message)));
      case "leaseVersions": {
        const heldHere = (versions: readonly EntryId[]) => this.#heldHere(from, versions);
        const granted = await this.#options.leases.answer(decodeLeaseVersions(message), heldHere);
        return encodeLeaseVersionsAnswer(granted);
      }
      case "heldReceipts":
        return encodeHeldReceiptsAnswer(
          await this.#options.receipts.answer(from, decodeHeldReceipts(message)),
        );
      case "purged":
        return encodePurgedAnswer(await this.#options.purgeReceipts.answer(from, decodePurged(message)));
      case "giveEntries":
        return encodeGiveEntriesAnswer(await this.#readable(decodeGiveEntries(message)));
      case "haveBlobs": {
        const { space, digests } = decodeHaveBlobs(message);
        this.#refuseUnless(members.mayHold(from, space), from, space);
        const missing = new Set(await this.#options.blobs.missing(digests, { space }));
        // Who asks leaves out what is here, and writes an entry that names it.
        if (members.mayWrite(from, space))
          for (const digest of digests) if (!missing.has(digest)) this.#options.blobLeases.grant(digest);
        return encodeHaveBlobsAnswer(digests.map((digest) => !missing.has(digest)));
      }
      case "proveBlobs": {
        const asked = decodeProveBlobs(message);
        this.#refuseUnless(members.mayHold(from, asked.space), from, asked.space);
        return encodeProveBlobsAnswer(await this.#options.prover.answer(from, asked));
      }
      case "syncMembers":
        return encodeSyncMembersAnswer(sync.membersFor(decodeSyncMembers(message)));
      case "pushMembers":
        await this.#pushMembers(from, decodePushMembers(message).map(decodeMembershipRecord));
        return encodePushMembersAnswer();
      case "tellTime":
        return this.#options.clocks.answer(message);
      case "syncAddresses":
      case "pushAddresses":
        return this.#options.addresses.answer(from, type, message);
    }
  }

  /** Who has just come may not be known here yet: its log is asked for first, and that it may ask for ours before. */
  async #refuseOutsider(from: PeerId, type: MessageType): Promise<void> {
    const { members, sync } = this.#options;
    if (members.get(from) !== undefined) return;
    const isIntroduction = type === "syncMembers" || type === "pushMembers";
    if (!members.isRemoved(from)) {
      if (isIntroduction) return;
      await sync.pullMembers(from);
      if (members.get(from) !== undefined) return;
    }
    throw new GstoreError("NOT_A_MEMBER", "You are no member of this network, by its log.", { peer: from });
  }

  /** Takes what holds of the records. Honest nodes hand on none that can never count, and are told where there is no room. */
  async #pushMembers(from: PeerId, records: readonly MembershipRecord[]): Promise<void> {
    const { members } = this.#options;
    await members.add(records);
    const refused = records.filter(({ id }) => !members.hasRecord(id)).length;
    if (refused === 0) return;
    const why = "their issuers may not issue them, or there is no room for more that do not count";
    throw new GstoreError("REQUEST_REFUSED", `${refused} membership records were not taken: ${why}.`, {
      peer: from,
    });
  }

  /** Takes announced entries and their small blobs; says which versions are whole here, synced. */
  async #storeFile(from: PeerId, message: StoreFile): Promise<StoreOutcome[]> {
    // What is found here, or comes along, stays until that is written down.
    const hold = this.#options.blobs.hold();
    try {
      return await this.#storeHeldFile(from, message);
    } finally {
      hold.release();
    }
  }

  async #storeHeldFile(from: PeerId, message: StoreFile): Promise<StoreOutcome[]> {
    const { arrived, blobs, catchUp, entries, room } = this.#options;
    const given = message.entries.map(decodedOrBytes);
    const came = this.#inlineBlobs(from, given, message.blobs);
    // The entries are taken all the same.
    const inline = room.has(came.reduce((sum, { bytes }) => sum + bytes.length, 0)) ? came : [];
    const storeBlobs = async () => {
      const stored = inline.map(({ digest, bytes, space }) =>
        blobs.put(digest, bytes, { digestChecked: true, space }),
      );
      await Promise.all(stored);
    };
    const taken = await this.#take(from, given, storeBlobs);
    const hold = new Set(message.hold);
    const outcomes = await Promise.all(taken.map((one, index) => this.#outcomeOf(one, hold.has(index))));
    const known = taken.flatMap(({ entry, isFresh, refusal }, index) =>
      refusal === null ? [{ entry, isFresh, index, outcome: outcomes[index] }] : [],
    );
    const whole = known.filter(({ outcome }) => outcome === "held").map(({ entry }) => entry.id);
    if (whole.length > 0) await entries.markComplete(whole);
    const asked = known.filter(({ index, outcome }) => hold.has(index) && outcome === "accepted");
    for (const { entry, index } of asked) {
      if (room.has(catchUp.promisedBytes + entry.body.storedBytes)) catchUp.ask(entry);
      else outcomes[index] = "full";
    }
    // Awaited, so that what was acknowledged here is read here.
    await arrived(
      from,
      known.filter(({ isFresh }) => isFresh).map(({ entry }) => entry),
    );
    this.#options.heldHere(
      known.filter(({ isFresh, outcome }) => isFresh && outcome === "held").map(({ entry }) => entry.id),
    );
    if (asked.length > 0) catchUp.poke({ all: false });
    return outcomes;
  }

  /** The blobs that came with entries, each of its entry's space. */
  #inlineBlobs(
    from: PeerId,
    given: readonly (Entry | Uint8Array)[],
    blobs: readonly Uint8Array[],
  ): InlineBlob[] {
    if (blobs.length === 0) return [];
    const { members } = this.#options;
    const entries = given.filter((one): one is Entry => !(one instanceof Uint8Array));
    const own = inlineBlobs(entries, blobs);
    const role = members.get(from)?.role;
    const isWriter = role === "admin" || role === "writer";
    if (isWriter && own.every(({ space }) => members.mayWrite(from, space))) return own;
    throw new GstoreError("REQUEST_REFUSED", "Your role does not allow you to store these blobs here.", {
      peer: from,
    });
  }

  async #outcomeOf({ entry, refusal }: Taken, isAsked: boolean): Promise<StoreOutcome> {
    if (refusal !== null) return "refused";
    try {
      // What is left of its blobs is being collected.
      const known = await this.#options.entries.get(entry.id);
      if (known?.expired) return isAsked ? "refused" : "accepted";
      if (known?.dropped && !isAsked) return "accepted";
      return (await isComplete(this.#options.blobs, entry.body)) ? "held" : "accepted";
    } catch (error) {
      // The entry is known all the same; catching up says what is wrong with its blobs.
      if (isGstoreError(error)) return "accepted";
      throw error;
    }
  }

  /** A gap means that something was missed: it is pulled, and then all is here. An unknown author likewise. */
  async #take(
    from: PeerId,
    list: readonly (Entry | Uint8Array)[],
    storeBlobs: () => Promise<void>,
  ): Promise<Taken[]> {
    const { intake, sync } = this.#options;
    const taken = await intake.take(from, list, { storeBlobs });
    const mayChange = ({ refusal }: Taken) => isGstoreError(refusal, "ENTRY_REFUSED", "NOT_A_MEMBER");
    if (!taken.some(mayChange)) return taken;
    await sync.pull(from);
    const again = await intake.take(from, list);
    // What was new the first time is new to those who follow.
    return again.map((one, index) => (taken[index]?.isFresh ? (taken[index] as Taken) : one));
  }

  /** Of what the asker may not hold itself nothing is said. */
  async #heldHere(from: PeerId, versions: readonly EntryId[]): Promise<EntryId[]> {
    const { entries, members } = this.#options;
    return heldFor({ entries, members }, from, versions);
  }

  /** Entries are everybody's, as in a sync; what is damaged here others are asked for. */
  async #readable(versions: readonly EntryId[]): Promise<Uint8Array[]> {
    const { entries } = this.#options;
    const damagedIsNone = (error: unknown): undefined => {
      if (!isGstoreError(error, "STORE_DAMAGED", "STORE_IO")) throw error;
      return undefined;
    };
    const records = await Promise.all(versions.map((version) => entries.get(version).catch(damagedIsNone)));
    return records.flatMap((record) => (record === undefined ? [] : [record.entry.bytes]));
  }

  #refuseUnless(allowed: boolean, peer: PeerId, space: SpaceId): void {
    if (allowed) return;
    throw new GstoreError("REQUEST_REFUSED", `Your role does not allow this in space ${space}.`, { peer });
  }
}
