import {
  ENTRIES_PER_MESSAGE_MAX,
  type Entry,
  type EntryId,
  isGstoreError,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import { decodeHoldsVersionsAnswer, encodeHoldsVersions } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";

export interface HolderSurveyOptions {
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly logger: Logger;
}

/** Asks connected members which versions they hold with all their blobs, synced. */
export class HolderSurvey {
  readonly #options: HolderSurveyOptions;

  constructor(options: HolderSurveyOptions) {
    this.#options = options;
  }

  /** Which of these versions a member says that it holds. It is asked only for those that it may hold. Rejects where it fails. */
  async heldBy(
    peer: PeerId,
    versions: readonly Entry[],
    options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
  ): Promise<Set<EntryId>> {
    const { network, members } = this.#options;
    const asked = versions.filter(({ body }) => members.mayHold(peer, body.space)).map(({ id }) => id);
    const held = new Set<EntryId>();
    for (let at = 0; at < asked.length; at += ENTRIES_PER_MESSAGE_MAX) {
      const some = new Set(asked.slice(at, at + ENTRIES_PER_MESSAGE_MAX));
      const answer = await network.request(peer, "entries", encodeHoldsVersions([...some]), options);
      for (const version of decodeHoldsVersionsAnswer(answer)) if (some.has(version)) held.add(version);
    }
    return held;
  }

  /**
   * The other members that hold each of these versions: all that are connected are asked, one after the other, until each
   * version has `enough`. Who does not answer counts for nothing.
   */
  async holders(
    versions: readonly Entry[],
    options: { readonly enough: number; readonly signal?: AbortSignal },
  ): Promise<Map<EntryId, PeerId[]>> {
    const { network, members, logger } = this.#options;
    const holders = new Map(versions.map(({ id }) => [id, [] as PeerId[]]));
    for (const { peer } of network.peers()) {
      const open = versions.filter(({ id }) => (holders.get(id) as PeerId[]).length < options.enough);
      if (open.length === 0) break;
      if (members.get(peer) === undefined) continue;
      try {
        for (const version of await this.heldBy(peer, open, options)) holders.get(version)?.push(peer);
      } catch (error) {
        if (options.signal?.aborted || !isGstoreError(error)) throw error;
        logger.debug({ peer, code: error.code }, "a peer could not be asked what it holds");
      }
    }
    return holders;
  }
}
