import {
  type BlobStore,
  type BulkChannel,
  type Clock,
  type ConnectedPeer,
  type Digest,
  ENTRIES_PER_MESSAGE_MAX,
  type Entry,
  type EntryId,
  type EntryStore,
  type PeerId,
  type PeerNetwork,
  PUSH_WINDOW_BYTES,
  type Random,
  type SpaceId,
  TRANSFER_WINDOW_BYTES,
} from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { decodeHoldsVersionsAnswer, encodeHeld, encodeHoldsVersions, limitPeerWarnings } from "@gstore/p2p";
import { ByteWindow } from "../byte-window.ts";
import { type BlobLeases, endLeases } from "../collection/blob-leases.ts";
import type { History } from "../collection/history.ts";
import type { PeerClocks } from "../collection/peer-clocks.ts";
import type { PurgeGuard } from "../collection/purge-guard.ts";
import type { AddressExchange } from "../discovery/address-exchange.ts";
import type { HybridClock } from "../hybrid-clock.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { Pins } from "../pins/pins.ts";
import type { FullPeers } from "../placement/full-peers.ts";
import type { Placement } from "../placement/placement.ts";
import type { Room } from "../placement/room.ts";
import { Leases } from "../repair/leases.ts";
import { PossessionProver } from "../repair/possession-prover.ts";
import { Announcer } from "./announcer.ts";
import { BlobFetcher } from "./blob-fetcher.ts";
import { BlobPush, type InlineBlob } from "./blob-push.ts";
import { CatchUp } from "./catch-up.ts";
import { EntryIntake, type EntryIntakeOptions } from "./entry-intake.ts";
import { HeldVersions } from "./held-versions.ts";
import { PeerRequests } from "./peer-requests.ts";
import { PeerSync } from "./peer-sync.ts";
import type { PurgeReceipts } from "./purge-receipts.ts";
import { askInPlaceOf } from "./push-targets.ts";
import { Receipts } from "./receipts.ts";
import { serveBulk } from "./serve-bulk.ts";

export interface ReplicationOptions {
  readonly identity: NodeIdentity;
  readonly random: Random;
  readonly network: PeerNetwork;
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly addresses: AddressExchange;
  readonly clocks: PeerClocks;
  readonly members: Members;
  readonly placement: Placement;
  readonly history: History;
  readonly purgeReceipts: PurgeReceipts;
  readonly purgeGuard: PurgeGuard;
  readonly fullPeers: FullPeers;
  readonly room: Room;
  readonly pins: Pins;
  readonly hybridClock: HybridClock;
  readonly blobLeases: BlobLeases;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Entries by others became known here. */
  readonly arrived: (fresh: readonly Entry[]) => Promise<void>;
  /** Everything that a peer knew was pulled. */
  readonly synced: (peer: PeerId) => void;
  readonly heldChanged: (version: EntryId, holder: PeerId) => void;
  /** A blob proved damaged here. */
  readonly damaged: (digest: Digest) => void;
  readonly olderSelf: EntryIntakeOptions["olderSelf"];
}

/** The newest entry of each author that came in the last so many milliseconds is passed on to the other peers together. */
const PASS_ON_DELAY_MS = 200;
/** A sync that failed while the peer stays connected is tried again after this long (ms). */
const SYNC_RETRY_MS = 2000;

/** What a node does with its peers: tells them, asks them, serves them. Puts and gets use its parts. */
export class Replication {
  readonly held: HeldVersions;
  readonly fetcher: BlobFetcher;
  readonly catchUp: CatchUp;
  readonly sync: PeerSync;
  readonly leases: Leases;
  readonly receipts: Receipts;
  /** Bounds the bytes that were pushed to here and are not yet synced. */
  readonly receiving: ByteWindow = new ByteWindow(TRANSFER_WINDOW_BYTES);
  readonly #options: ReplicationOptions;
  readonly #announcer: Announcer;
  readonly #requests: PeerRequests;
  /** By author and incarnation. */
  readonly #passOn = new Map<string, { entry: Entry; from: PeerId }>();
  readonly #pushWindows = new Map<PeerId, ByteWindow>();

  #stopped = false;
  readonly #stopping = new AbortController();

  constructor(options: ReplicationOptions) {
    // What peers do must not fill the log.
    const quiet = limitPeerWarnings(options.logger, options.clock);
    const logger: Logger = { ...quiet, error: (fields, message) => options.logger.error(fields, message) };
    this.#options = { ...options, logger };
    const { network, blobs, entries, members, clock } = options;
    const { self } = network;
    const { placement, pins, history, purgeGuard, olderSelf } = options;
    this.held = new HeldVersions(clock);
    this.leases = new Leases(clock);
    this.fetcher = new BlobFetcher({ network, members, clock, logger });
    const intake = new EntryIntake({
      ...{ self, entries, members, clock: options.hybridClock, logger, olderSelf, purgeGuard },
    });
    const arrived = (from: PeerId, fresh: readonly Entry[]) => this.#arrived(from, fresh);
    this.sync = new PeerSync({ network, entries, members, intake, arrived });
    const completed = (versions: readonly EntryId[]) => this.#tellHeld(versions);
    this.catchUp = new CatchUp({
      ...{ self, blobs, entries, placement, pins, history, room: options.room, fetcher: this.fetcher },
      ...{ clock, logger, completed },
      likelyHolders: (entry) => this.likelyHolders(entry),
    });
    const heldBy = (versions: readonly EntryId[], holder: PeerId) => this.#heldBy(versions, holder);
    const heldHere = (versions: readonly EntryId[]) => {
      for (const version of versions) options.heldChanged(version, self);
      endLeases(options, versions);
    };
    const refusedFull = (refused: readonly Entry[], peer: PeerId) =>
      askInPlaceOf({ ...options, held: this.held, logger }, this.#announcer, { peer, refused });
    this.#announcer = new Announcer({ network, clock, logger, heldBy, refusedFull });
    const { identity, random } = options;
    this.receipts = new Receipts({
      ...{ identity, network, entries, members, held: this.held, clock, random, logger, heldBy },
    });
    const { sync, catchUp, held, receipts } = this;
    const prover = new PossessionProver({ self, blobs, clock, damaged: options.damaged });
    this.#requests = new PeerRequests({
      ...{ blobs, entries, members, intake, sync, catchUp, held, receipts, prover },
      ...{ addresses: options.addresses, clocks: options.clocks, purgeReceipts: options.purgeReceipts },
      ...{ leases: this.leases, blobLeases: options.blobLeases, room: options.room },
      ...{ arrived, heldBy, heldHere },
    });
  }

  /** As {@link HeldVersions.wait}, and asks for the receipts of members that are not connected meanwhile. */
  waitForHolders(...wait: Parameters<HeldVersions["wait"]>): Promise<boolean> {
    const waited = this.held.wait(...wait);
    this.receipts.askWhileAwaited();
    return waited;
  }

  /** Members that probably have a version's blobs: its author, who should hold it, and who was heard to. */
  likelyHolders({ id, body }: Entry): ReadonlySet<PeerId> {
    const { placement } = this.#options;
    return new Set([body.dot.author, ...placement.holders(body), ...this.held.holders(id)]);
  }

  /** Begins to push a put's blobs to those of `holders` that are connected. */
  beginPush(space: SpaceId, targets: readonly PeerId[], patient: boolean): BlobPush {
    const { network, clock, logger } = this.#options;
    const windowOf = (target: PeerId) => this.pushWindow(target);
    return new BlobPush({ network, clock, logger, space, targets, patient, windowOf });
  }

  /** Bounds the bytes on their way to a member and not yet acknowledged, all puts together. */
  pushWindow(target: PeerId): ByteWindow {
    const window = this.#pushWindows.get(target) ?? new ByteWindow(PUSH_WINDOW_BYTES);
    this.#pushWindows.set(target, window);
    return window;
  }

  /** Tells all connected peers of an entry written here; those of `targets` shall hold it and get `blobs` along. */
  announce(entry: Entry, targets: readonly PeerId[], blobs: readonly InlineBlob[]): void {
    if (entry.body.op === "put") this.#options.heldChanged(entry.id, this.#options.network.self);
    for (const peer of this.#connectedMembers()) {
      const hold = targets.includes(peer);
      this.#announcer.announce(peer, { entry, hold, blobs: hold ? blobs : [] });
    }
  }

  request(from: PeerId, message: Uint8Array): Promise<Uint8Array> {
    return this.#requests.answer(from, message);
  }

  bulk(from: PeerId, channel: BulkChannel): Promise<void> {
    const { blobs, members, room, blobLeases: leases } = this.#options;
    return serveBulk({ blobs, members, leases, room, window: this.receiving }, from, channel);
  }

  /** Syncs with a member that has come. Resolves when that is done, or failed and will be tried again. Never rejects. */
  async connected(connected: ConnectedPeer): Promise<void> {
    const { members, logger, clock } = this.#options;
    const { peer, certificate } = connected;
    try {
      await members.add(certificate);
      await this.sync.pullMembers(peer);
      if (members.get(peer) === undefined) return await this.#expel(peer);
      await this.sync.pullEntries(peer);
      this.#options.synced(peer);
      await this.#askAwaited(peer);
    } catch (error) {
      logger.debug({ peer, error: String(error) }, "a sync with a peer failed");
      // It comes again by itself. Until its log has made it a member there is nothing to keep up with it.
      if (members.get(peer) === undefined) return await this.#expel(peer);
      // It may be the last thing that happens between the two for a long time.
      clock.after(SYNC_RETRY_MS, () => {
        if (!this.#stopped && this.#isConnected(peer)) void this.connected(connected);
      });
    }
    this.held.recheck();
    this.catchUp.poke({ all: true });
  }

  /** A certificate is not all: the log may say that what it stands on does not count. */
  async #expel(peer: PeerId): Promise<void> {
    const { network, logger } = this.#options;
    logger.warn({ peer }, "a peer is no member by the membership log: its connection is closed");
    await network.disconnect(peer);
  }

  disconnected(peer: PeerId): void {
    this.#announcer.forget(peer);
    this.sync.forget(peer);
    this.held.recheck();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.abort();
    this.fetcher.stop();
    await this.catchUp.stop();
  }

  /** Resolves when readers here see the entries. */
  async #arrived(from: PeerId, fresh: readonly Entry[]): Promise<void> {
    if (fresh.length === 0) return;
    this.catchUp.poke({ all: false });
    for (const entry of fresh) {
      if (this.#passOn.size === 0) this.#options.clock.after(PASS_ON_DELAY_MS, () => this.#passOnNewest());
      const { author, incarnation } = entry.body.dot;
      this.#passOn.set(`${author} ${incarnation}`, { entry, from });
    }
    await this.#options.arrived(fresh);
  }

  /** Who lacks what came before an author's newest entry finds the gap and asks for it. */
  #passOnNewest(): void {
    const newest = [...this.#passOn.values()];
    this.#passOn.clear();
    if (this.#stopped) return;
    for (const { entry, from } of newest) {
      for (const peer of this.#connectedMembers()) {
        const knows = peer === from || peer === entry.body.dot.author;
        if (!knows) this.#announcer.announce(peer, { entry, hold: false, blobs: [] });
      }
    }
  }

  /** A peer that has just come may be none yet, and perhaps never will be. */
  #connectedMembers(): PeerId[] {
    const { network, members } = this.#options;
    return network
      .peers()
      .map(({ peer }) => peer)
      .filter((peer) => members.get(peer) !== undefined);
  }

  #isConnected(peer: PeerId): boolean {
    return this.#options.network.peers().some((connected) => connected.peer === peer);
  }

  #heldBy(versions: readonly EntryId[], holder: PeerId): void {
    for (const version of versions)
      if (this.held.add(version, holder)) this.#options.heldChanged(version, holder);
  }

  #tellHeld(versions: readonly EntryId[]): void {
    const { network, logger } = this.#options;
    endLeases(this.#options, versions);
    for (const version of versions) this.#options.heldChanged(version, network.self);
    for (let at = 0; at < versions.length; at += ENTRIES_PER_MESSAGE_MAX) {
      const message = encodeHeld(versions.slice(at, at + ENTRIES_PER_MESSAGE_MAX));
      for (const peer of this.#connectedMembers()) {
        network.request(peer, "entries", message).catch((error: unknown) => {
          logger.debug({ peer, error: String(error) }, "a peer could not be told of held versions");
        });
      }
    }
  }

  /** A peer that was away may have completed what a put here waits for. */
  async #askAwaited(peer: PeerId): Promise<void> {
    const awaited = this.held.awaited().slice(0, ENTRIES_PER_MESSAGE_MAX);
    if (awaited.length === 0) return;
    const answer = await this.#options.network.request(peer, "entries", encodeHoldsVersions(awaited));
    this.#heldBy(decodeHoldsVersionsAnswer(answer), peer);
  }
}
